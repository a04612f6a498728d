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

// Fit trains a model on a table and returns what it measured in each epoch. The same model, table,
// plan and seed give the same weights, bit for bit, with any number of workers.
//
// When ctx is done, the step at hand is finished. Then, and when a loss or a gradient is no longer finite
// or a callback fails, Fit returns the history so far with an *Interrupted that says how far it got. The
// model keeps its last good weights; only after a gradient that is not finite, which is an error that says
// so, some have moved already. A callback that returns ErrStop ends training early, which is no error.
func Fit(ctx context.Context, m *braid.Model, table *data.Table, plan Plan) (*History, error) {
	return begin(ctx, m, table, plan, false)
}

// begin starts a run, or goes on with one.
func begin(ctx context.Context, m *braid.Model, table *data.Table, plan Plan, resume bool) (*History, error) {
	f, err := newFit(ctx, m, table, plan)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	if f.plan.Checkpoint != nil {
		if err := f.claim(table, resume); err != nil {
			return nil, fmt.Errorf("train: %w", err)
		}
	}
	return f.history, f.run()
}

// fit is one call of Fit or Resume.
type fit struct {
	model     *braid.Model
	loop      *loop
	evaluator *loop // of the validation data
	plan      Plan
	ctx       context.Context
	source    *source
	validate  *source
	history   *History
	order     []int32
	steps     int // an epoch
	batch     int

	at       position
	halvings int   // of the learning rate
	torn     bool  // a step ended halfway: the weights are none that a run passes through
	pauses   bool  // callbacks are told of steps
	due      bool  // a checkpoint, after this step
	failed   error // what stops the loop, set by worker 0

	saver     *saver // nil: no checkpoints
	settings  settings
	resumed   string    // the checkpoint that the run goes on from
	savedAt   position  // what the last checkpoint is of
	savedTime time.Time // when it was copied
	lastWhole *snapshot // of the last whole epoch, where the plan may restore it
}

func newFit(ctx context.Context, m *braid.Model, table *data.Table, plan Plan) (*fit, error) {
	plan, err := plan.full(m)
	if err != nil {
		return nil, err
	}
	batch := min(plan.Batch, table.Rows())
	l, source, err := newTrainer(m, plan, batch, func(l *loop) (*source, error) {
		s, err := bindTable(m, l.heads, table)
		if err != nil {
			err = fmt.Errorf("training data: %w", err)
		}
		return s, err
	})
	if err != nil {
		return nil, err
	}
	f := &fit{
		model: m, loop: l, source: source, plan: plan, ctx: ctx, history: &History{Names: figureNames(l.heads)},
		order: make([]int32, table.Rows()), steps: (table.Rows() + batch - 1) / batch, batch: batch,
	}
	if _, ok := plan.Optimizer.(optim.Scaled); plan.Restore && !ok {
		return nil, fmt.Errorf("Restore halves the learning rate, which the optimizer %s does not let it", plan.Optimizer.Kind())
	}
	if plan.Validate == nil {
		return f, nil
	}
	if f.validate, err = bindTable(m, l.heads, plan.Validate); err != nil {
		return nil, fmt.Errorf("validation data: %w", err)
	}
	if f.evaluator, err = newLoop(m, plan, min(evaluationRows, plan.Validate.Rows()), engine.Evaluate); err != nil {
		return nil, err
	}
	for _, name := range f.history.Names {
		f.history.Names = append(f.history.Names, "val_"+name)
	}
	return f, checkFigures(f.history.Names)
}

// claim takes the folder of the checkpoints, and goes on from the newest.
func (f *fit) claim(table *data.Table, resume bool) error {
	c, err := f.plan.Checkpoint.full(f.history.Names)
	if err != nil {
		return err
	}
	if f.settings, err = f.describe(table); err != nil {
		return err
	}
	if f.saver, err = newSaver(c, f); err != nil {
		return err
	}
	switch {
	case resume:
		err = f.goOn()
	case len(f.saver.kept) > 0:
		err = fmt.Errorf("%s holds checkpoints: Resume goes on from them, or name another folder", c.Dir)
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

// run trains epoch after epoch.
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
	if f.saver != nil {
		if !f.torn && f.at != f.savedAt {
			f.checkpoint()
		}
		f.saver.close()
		err = errors.Join(err, f.news(), f.saver.err())
	}
	for _, c := range f.plan.Callbacks {
		if c.End != nil {
			err = errors.Join(err, c.End(f.history))
		}
	}
	return err
}

// start tells what begins, and keeps what a first epoch may have to go back to.
func (f *fit) start() error {
	if f.plan.Restore && f.at.whole() {
		f.keepWhole()
		if f.resumed == "" {
			f.checkpoint()
		}
	}
	start := Start{
		Model: f.model, Epochs: f.plan.Epochs, Steps: f.steps, Names: f.history.Names,
		Resumed: f.resumed, From: f.at.Epochs, Step: f.at.Steps,
	}
	for _, c := range f.plan.Callbacks {
		if c.Start != nil {
			if err := c.Start(start); err != nil {
				return &Interrupted{Epoch: f.at.Epochs + 1, Epochs: f.plan.Epochs, Step: f.at.Steps, Steps: f.steps, Cause: err}
			}
		}
	}
	return f.news()
}

// keepWhole keeps a copy of the state at an epoch's end.
func (f *fit) keepWhole() {
	if f.lastWhole == nil {
		f.lastWhole = &snapshot{}
	}
	f.take(f.lastWhole)
}

// checkpoint has the state saved, unless a weight is not finite: nothing goes on from there.
func (f *fit) checkpoint() {
	if f.saver == nil || f.loop.spoilt() != "" {
		return
	}
	snap := f.saver.snapshot()
	f.take(snap)
	snap.best = f.at.Epochs > 0 && f.at.whole() && f.history.best(f.saver.Best, f.saver.Mode) == f.at.Epochs
	f.saver.save(snap)
	f.savedAt, f.savedTime = f.at, time.Now()
}

// news tells the callbacks of checkpoints.
func (f *fit) news() error {
	if f.saver == nil {
		return nil
	}
	var failed []error
	for _, saved := range f.saver.tell() {
		for _, c := range f.plan.Callbacks {
			if c.Saved != nil {
				failed = append(failed, c.Saved(saved))
			}
		}
	}
	return errors.Join(failed...)
}

// epoch trains on every example once, or on those that a checkpoint left, and evaluates.
func (f *fit) epoch() error {
	began, epoch := time.Now(), f.at.Epochs+1
	err := f.train(epoch)
	done := f.at.Steps
	stopped := func(cause error) error {
		return &Interrupted{Epoch: epoch, Epochs: f.plan.Epochs, Step: done, Steps: f.steps, Cause: cause}
	}
	if err == nil {
		err = f.sound(epoch)
	}
	if err != nil {
		return stopped(err)
	}
	e := Epoch{Number: epoch, Train: time.Since(began), Values: f.loop.figures(f.source.rows)}
	if f.validate != nil {
		began = time.Now()
		values, err := f.evaluator.evaluate(f.validate, func() bool { return f.ctx.Err() != nil })
		if err != nil {
			if errors.Is(err, errStopped) {
				err = context.Cause(f.ctx)
			}
			return stopped(err)
		}
		e.Evaluate, e.Values = time.Since(began), append(e.Values, values...)
	}
	f.history.Epochs = append(f.history.Epochs, e)
	f.at = position{Epochs: epoch}
	f.loop.reset()
	if f.plan.Restore {
		f.keepWhole()
	}
	f.checkpoint()
	failed := f.news()
	for _, c := range f.plan.Callbacks {
		if c.Epoch != nil {
			failed = errors.Join(failed, c.Epoch(e))
		}
	}
	if failed != nil {
		return stopped(failed)
	}
	if err := f.ctx.Err(); err != nil && epoch < f.plan.Epochs {
		return stopped(context.Cause(f.ctx))
	}
	return nil
}
