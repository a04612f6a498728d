package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"braid"
	"braid/data"
	"braid/digitqa"
	"braid/train"
)

// experiment is a model, the data it is trained on, and the plan of its training.
type experiment struct {
	*dataset
	plan     train.Plan
	model    *braid.Model
	metadata trainingMetadata
}

// prepare loads the data and builds the model.
func (f trainFlags) prepare(
	ctx context.Context, s streams, plan train.Plan,
) (*experiment, error) {
	d, err := loadDataset(ctx, s, f.Data)
	if err != nil {
		return nil, err
	}
	if f.Validate {
		plan.Validate = d.test
	}
	model, err := digitqa.Network(d.height, d.width).Build(f.Seed)
	if err != nil {
		return nil, err
	}
	metadata, err := newTrainingMetadata(model, plan, d.train.Rows())
	return &experiment{d, plan, model, metadata}, err
}

// fitFunc is train.Fit or train.Resume.
type fitFunc func(context.Context, *braid.Model, *data.Table, train.Plan) (*train.History, error)

// train trains with fit and saves the results in the run's folder.
func (f trainFlags) train(
	ctx context.Context, s streams, e *experiment, r *run, c config, fit fitFunc,
) error {
	began := time.Now()
	f.printStart(s, e.model, c, r.folder)
	e.plan.Checkpoint = &train.Checkpoint{
		Dir: r.checkpoints(), Every: f.Every, Keep: f.Keep, Best: f.Best,
	}
	e.plan.Callbacks = append(e.plan.Callbacks, f.callbacks(s)...)
	history, failed := fit(ctx, e.model, e.dataset.train, e.plan)
	if history == nil {
		return failed
	}
	file, err := modelFile(e.model, e.metadata, history, e.dataset)
	if err == nil {
		err = r.save(file, history)
	}
	f.printEnd(s, history, r.folder, time.Since(began))
	var stopped *train.Interrupted
	if errors.As(failed, &stopped) && !errors.Is(failed, train.ErrNotFinite) { // which would recur
		failed = fmt.Errorf("%w\ngo on with: braid train --resume %s", failed, r.folder)
	}
	return errors.Join(failed, err)
}
