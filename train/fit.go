package train

import (
	"context"
	"errors"
	"fmt"
	"time"

	"braid"
	"braid/data"
	"braid/internal/engine"
	"braid/optim"
)

// Fit trains a model on a table and returns the figures of each epoch. The same model, table, plan
// and seed give the same weights, bit for bit, with any number of workers.
//
// If ctx is done, Fit finishes the current step. It then returns the history so far and an
// *Interrupted with the position, as it does after a loss or a gradient that is not finite and
// after an error of a callback. The model keeps its last good weights. The exception is a gradient
// that is not finite: some weights may already have been updated, unless plan.Gather is set or
// implied by Clip or Accumulate. A callback that returns ErrStop ends training early without an
// error.
func Fit(ctx context.Context, m *braid.Model, table *data.Table, plan Plan) (*History, error) {
	return begin(ctx, m, table, plan, false)
}

// begin starts a run, or resumes one.
func begin(
	ctx context.Context, m *braid.Model, table *data.Table, plan Plan, resume bool,
) (*History, error) {
	f, err := newFit(ctx, m, table, plan)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	if f.plan.Checkpoint != nil {
		if err := f.openCheckpoints(table, resume); err != nil {
			return nil, fmt.Errorf("train: %w", err)
		}
	}
	return f.history, f.run()
}

// fit is the state of one call of Fit or Resume.
type fit struct {
	model      *braid.Model
	runner     *runner
	evaluator  *runner // of the validation data
	plan       Plan
	ctx        context.Context
	training   *dataset
	validation *dataset
	history    *History
	order      []int32
	steps      int // of each epoch
	batch      int

	at            position
	halvings      int   // of the learning rate
	partlyUpdated bool  // a step stopped after updating some weights: the state must not be saved
	notifies      bool  // some callback has a Step function
	due           bool  // a checkpoint is due after this step
	failed        error // the error that stops the epoch, set by worker 0
	ended         bool  // training has ended by itself: after the last epoch, or by ErrStop

	saver        *saver // nil: no checkpoints
	fingerprint  fingerprint
	resumed      string    // path of the checkpoint that the run continues from
	savedAt      position  // position of the last checkpoint
	savedTime    time.Time // when its state was copied
	restorePoint *snapshot // state at the end of the last epoch, if plan.Restore is set
}

func newFit(ctx context.Context, m *braid.Model, table *data.Table, plan Plan) (*fit, error) {
	if err := notNil(m, table); err != nil {
		return nil, err
	}
	plan, err := plan.withDefaults(m)
	if err != nil {
		return nil, err
	}
	batch := min(plan.Batch, table.Rows())
	run, training, err := newTrainingRunner(m, plan, batch, func(run *runner) (*dataset, error) {
		ds, err := newDataset(m, run.heads, table)
		if err != nil {
			return nil, fmt.Errorf("training data: %w", err)
		}
		return ds, ds.bindAugment(m, plan, batch, run.crew.Workers())
	})
	if err != nil {
		return nil, err
	}
	run.use(training)
	if err := run.bindFactors(plan, training); err != nil {
		return nil, err
	}
	f := &fit{
		model: m, runner: run, training: training, plan: plan, ctx: ctx,
		history: &History{Names: figureNames(run.heads), ascending: ascending(run.heads)},
		order:   make([]int32, table.Rows()), steps: (table.Rows() + batch - 1) / batch, batch: batch,
	}
	if plan.DropLast {
		f.steps = table.Rows() / batch
	}
	if _, ok := plan.Optimizer.(optim.Scaled); plan.Restore && !ok {
		return nil, fmt.Errorf("Restore halves the learning rate, but the optimizer %s has no method "+
			"Scaled", plan.Optimizer.Kind())
	}
	if plan.Validate == nil {
		return f, f.check()
	}
	if f.validation, err = newDataset(m, run.heads, plan.Validate); err != nil {
		return nil, fmt.Errorf("validation data: %w", err)
	}
	batch = min(evaluationRows, plan.Validate.Rows())
	if f.evaluator, err = newRunner(m, plan, batch, engine.Evaluate); err != nil {
		return nil, err
	}
	for _, name := range f.history.Names {
		f.history.Names = append(f.history.Names, "val_"+name)
	}
	f.history.ascending = append(f.history.ascending, f.history.ascending...)
	if err := checkFigures(f.history.Names); err != nil {
		return nil, err
	}
	return f, f.check()
}

// notNil returns an error if the model or the table of a call is nil, or the model was not built.
func notNil(m *braid.Model, table *data.Table) error {
	switch {
	case m == nil:
		return errors.New("the model is nil, want one that Graph.Build returned without an error")
	case m.Network() == nil:
		return errors.New("the model is empty, want one that Graph.Build returned")
	case table == nil:
		return errors.New("the table is nil, want one that data.NewTable returned without an error")
	}
	return nil
}

// check checks what depends on the names of the figures: the plan's Plateau, and the settings of
// its callbacks.
func (f *fit) check() error {
	if err := f.bindPlateau(); err != nil {
		return err
	}
	for _, c := range f.plan.Callbacks {
		if c.Check != nil {
			if err := c.Check(f.history); err != nil {
				return err
			}
		}
	}
	return nil
}

// bindPlateau checks the plan's Plateau against the names of the figures.
func (f *fit) bindPlateau() error {
	if f.plan.Plateau == nil {
		return nil
	}
	p, err := f.plan.Plateau.withDefaults(f.history, f.plan.Optimizer)
	f.plan.Plateau = &p
	return err
}

// openCheckpoints locks the folder of the checkpoints and, with resume, reads the newest.
func (f *fit) openCheckpoints(table *data.Table, resume bool) error {
	c, err := f.plan.Checkpoint.withDefaults(f.history.Names)
	if err != nil {
		return err
	}
	if f.fingerprint, err = f.describeRun(table); err != nil {
		return err
	}
	if f.saver, err = newSaver(c, f); err != nil {
		return err
	}
	switch {
	case resume:
		err = f.resume()
	case len(f.saver.kept) > 0:
		err = fmt.Errorf("%s holds checkpoints: Resume continues from them, or choose another folder",
			c.Dir)
	}
	if err == nil {
		err = f.setRate()
	}
	if err != nil {
		f.saver.unlock()
		return fmt.Errorf("checkpoints: %w", err)
	}
	f.savedAt, f.savedTime = f.at, time.Now()
	return nil
}

// run trains the epochs that are left.
func (f *fit) run() error {
	if f.saver != nil {
		go f.saver.run()
		defer f.saver.close() // also where a callback panics
	}
	err := f.start()
	for err == nil && f.at.Epochs < f.plan.Epochs {
		if err = f.epoch(); err != nil {
			err = f.restore(err)
		}
	}
	if onlyStops(err) {
		err = nil
	}
	f.ended = err == nil
	if f.saver != nil {
		if !f.partlyUpdated && f.at != f.savedAt {
			f.checkpoint()
		}
		f.saver.close()
		err = errors.Join(err, f.reportSaved(), f.saver.err())
	}
	f.runner.swapAverages() // the model keeps the averages
	for _, c := range f.plan.Callbacks {
		if c.End != nil {
			err = errors.Join(err, c.End(f.history))
		}
	}
	return err
}

// start calls the callbacks' Start and keeps the state that the first epoch may be restored to.
func (f *fit) start() error {
	start := Start{
		Model: f.model, Epochs: f.plan.Epochs, Steps: f.steps, Names: f.history.Names,
		Resumed: f.resumed, From: f.at.Epochs, Step: f.at.Steps, History: f.history,
		ended: func() bool { return f.ended }, weights: f.weightsAfter,
	}
	for _, c := range f.plan.Callbacks {
		if c.Start != nil {
			if err := c.Start(start); err != nil {
				return &Interrupted{Epoch: f.at.Epochs + 1, Epochs: f.plan.Epochs, Step: f.at.Steps,
					Steps: f.steps, Cause: err}
			}
		}
	}
	if f.plan.Restore && f.at.atEpochEnd() { // not before a callback may have refused the run
		f.keepRestorePoint()
		if f.resumed == "" {
			f.checkpoint()
		}
	}
	return f.reportSaved()
}

// keepRestorePoint copies the state at the end of an epoch.
func (f *fit) keepRestorePoint() {
	if f.restorePoint == nil {
		f.restorePoint = &snapshot{}
	}
	f.take(f.restorePoint)
}

// checkpoint queues the state to be saved, unless a weight is not finite: no run can continue from
// that.
func (f *fit) checkpoint() {
	if f.saver == nil || f.runner.nonFiniteWeight() != "" {
		return
	}
	snap := f.saver.snapshot()
	f.take(snap)
	best := f.history.best(f.saver.Best, f.saver.Mode)
	snap.best = f.at.Epochs > 0 && f.at.atEpochEnd() && best == f.at.Epochs
	snap.keep = append(snap.keep[:0], best)
	for _, c := range f.plan.Callbacks {
		if c.Keep != nil {
			snap.keep = append(snap.keep, c.Keep(f.history))
		}
	}
	f.saver.save(snap)
	f.savedAt, f.savedTime = f.at, time.Now()
}

// reportSaved calls the callbacks' Saved for new events of the saver.
func (f *fit) reportSaved() error {
	if f.saver == nil {
		return nil
	}
	var failed []error
	for _, saved := range f.saver.takeEvents() {
		for _, c := range f.plan.Callbacks {
			if c.Saved != nil {
				failed = append(failed, c.Saved(saved))
			}
		}
	}
	return errors.Join(failed...)
}
