package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"braid"
	"braid/data"
	"braid/train"
)

// digitTraining is a model of the default experiment, its data, and the plan of its training.
type digitTraining struct {
	*dataset
	plan     train.Plan
	model    *braid.Model
	metadata trainingMetadata
}

// prepare loads the data, builds the network and plans its training.
func (f trainFlags) prepare(
	ctx context.Context, s streams, n network, heads train.Heads,
) (*digitTraining, error) {
	d, err := loadDataset(ctx, s, f.Data, n)
	if err != nil {
		return nil, err
	}
	model, err := n.build(d.height, d.width, f.Seed)
	if err != nil {
		return nil, err
	}
	plan := n.plan(f.options, d.train.Rows())
	plan.Heads, plan.Workers, plan.Restore = heads, f.workers, f.OnNaN == "restore"
	if f.Validate {
		plan.Validate = d.validation
	}
	metadata, err := newTrainingMetadata(model, plan, d.train.Rows())
	return &digitTraining{d, plan, model, metadata}, err
}

// fitFunc is train.Fit or train.Resume.
type fitFunc func(context.Context, *braid.Model, *data.Table, train.Plan) (*train.History, error)

// train trains with fit and saves the results in the run's folder.
func (f trainFlags) train(
	ctx context.Context, s streams, e *digitTraining, r *run, c config, fit fitFunc,
) error {
	began := time.Now()
	f.printStart(s, e.model, c, r.folder)
	e.plan.Checkpoint = &train.Checkpoint{
		Dir: r.checkpoints(), Every: f.Every, Keep: f.Keep, Best: f.Best,
	}
	e.plan.Callbacks = append(e.plan.Callbacks, f.callbacks(s, train.KerasLog(s.out))...)
	history, failed := fit(ctx, e.model, e.dataset.train, e.plan)
	if history == nil {
		return failed
	}
	file, err := modelFile(e.model, e.metadata, history, e.dataset)
	if err == nil {
		err = r.save(file, history)
	}
	f.printEnd(s, e, history, r.folder, time.Since(began))
	var stopped *train.Interrupted
	if errors.As(failed, &stopped) && !errors.Is(failed, train.ErrNotFinite) { // which would recur
		failed = fmt.Errorf("%w\ngo on with: braid train --resume %s", failed, r.folder)
	}
	return errors.Join(failed, err)
}
