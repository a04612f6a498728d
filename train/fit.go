package train

import (
	"context"
	"errors"
	"fmt"
	"time"

	"braid"
	"braid/data"
	"braid/internal/random"
)

// Fit trains a model on a table and returns what it measured in each epoch. The same model, table,
// plan and seed give the same weights, bit for bit, with any number of workers.
//
// When ctx is done, the step at hand is finished. Then, and when a loss is no longer finite or a
// callback asks to stop, Fit returns the history so far with an *Interrupted that says how far it
// got. The model keeps its last good weights.
func Fit(ctx context.Context, m *braid.Model, table *data.Table, plan Plan) (*History, error) {
	plan, err := plan.full(m)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	batch := min(plan.Batch, table.Rows())
	l, err := newLoop(m, plan, batch, braid.Training)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	f := &fit{
		model: m, loop: l, plan: plan, ctx: ctx, history: &History{Names: figureNames(l.heads)},
		order: make([]int32, table.Rows()), steps: (table.Rows() + batch - 1) / batch, batch: batch,
	}
	if f.source, err = bindTable(m, l.heads, table); err != nil {
		return nil, fmt.Errorf("train: training data: %w", err)
	}
	if plan.Validate != nil {
		if f.validate, err = bindTable(m, l.heads, plan.Validate); err != nil {
			return nil, fmt.Errorf("train: validation data: %w", err)
		}
		if f.evaluator, err = newLoop(m, plan, min(evaluationRows, plan.Validate.Rows()), braid.Evaluating); err != nil {
			return nil, fmt.Errorf("train: %w", err)
		}
		for _, name := range f.history.Names {
			f.history.Names = append(f.history.Names, "val_"+name)
		}
		if err := checkFigures(f.history.Names); err != nil {
			return nil, fmt.Errorf("train: %w", err)
		}
	}
	return f.history, f.run()
}

// fit is one call of Fit.
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
	failed    error // what stops the loop, set by worker 0
}

// run trains epoch after epoch.
func (f *fit) run() error {
	start := Start{Model: f.model, Epochs: f.plan.Epochs, Steps: f.steps, Names: f.history.Names}
	for _, c := range f.plan.Callbacks {
		if c.Start != nil {
			if err := c.Start(start); err != nil {
				return &Interrupted{Epoch: 1, Epochs: f.plan.Epochs, Steps: f.steps, Cause: err}
			}
		}
	}
	var err error
	for epoch := 1; epoch <= f.plan.Epochs && err == nil; epoch++ {
		err = f.epoch(epoch)
	}
	for _, c := range f.plan.Callbacks {
		if c.End != nil {
			err = errors.Join(err, c.End(f.history))
		}
	}
	return err
}

// epoch trains on every example once and evaluates.
func (f *fit) epoch(epoch int) error {
	began := time.Now()
	done, err := f.train(epoch)
	stopped := func(cause error) error {
		return &Interrupted{Epoch: epoch, Epochs: f.plan.Epochs, Step: done, Steps: f.steps, Cause: cause}
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
	for _, c := range f.plan.Callbacks {
		if c.Epoch == nil {
			continue
		}
		if err := c.Epoch(e); err != nil {
			return stopped(err)
		}
	}
	if err := f.ctx.Err(); err != nil && epoch < f.plan.Epochs {
		return stopped(context.Cause(f.ctx))
	}
	return nil
}

// train runs an epoch's steps and returns how many were done.
func (f *fit) train(epoch int) (done int, err error) {
	l := f.loop
	l.reset()
	f.shuffle(epoch)
	f.failed = nil
	err = l.crew.Run(func(worker int) {
		for step := range f.steps {
			order, next := f.examples(step), f.examples(step+1)
			if !l.step(worker, f.source, order, next, (epoch-1)*f.steps+step+1) {
				if worker == 0 && l.bad.Load() {
					head, value := l.notFinite(len(order))
					f.failed = fmt.Errorf("head %q: loss is %v in step %d: %w", head, value, step+1, ErrNotFinite)
				}
				return
			}
			if worker == 0 {
				done = step + 1
				f.afterStep(epoch, done)
			}
			if !l.crew.Meet(worker) || f.failed != nil {
				return
			}
		}
	})
	return done, errors.Join(err, f.failed)
}

// examples is what a step of the epoch trains on; none after the last step.
func (f *fit) examples(step int) []int32 {
	n := len(f.order)
	return f.order[min(step*f.batch, n):min((step+1)*f.batch, n)]
}

// afterStep tells the callbacks and looks whether to stop. Worker 0 calls it before the others may
// go on, so that failed is seen by all.
func (f *fit) afterStep(epoch, step int) {
	examples := min(step*f.batch, len(f.order))
	for _, c := range f.plan.Callbacks {
		if c.Step == nil {
			continue
		}
		s := Step{Epoch: epoch, Epochs: f.plan.Epochs, Step: step, Steps: f.steps, figures: f.loop.figures, examples: examples}
		if err := c.Step(s); err != nil {
			f.failed = err
		}
	}
	if f.ctx.Err() != nil && step < f.steps {
		f.failed = context.Cause(f.ctx)
	}
}

// shuffle orders the examples for an epoch.
func (f *fit) shuffle(epoch int) {
	if f.plan.NoShuffle {
		for i := range f.order {
			f.order[i] = int32(i)
		}
		return
	}
	random.New(f.plan.Seed, "shuffle", uint64(epoch)).Permutation(f.order)
}
