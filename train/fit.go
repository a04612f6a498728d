package train

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"braid"
	"braid/data"
	"braid/internal/random"
	"braid/optim"
)

// Fit trains a model on a table and returns what it measured in each epoch. The same model, table,
// plan and seed give the same weights, bit for bit, with any number of workers.
//
// When ctx is done, the step at hand is finished. Then, and when a loss or a gradient is no longer finite or
// a callback asks to stop, Fit returns the history so far with an *Interrupted that says how far it got. The
// model keeps its last good weights; only after a gradient that is not finite, which is an error that says
// so, some have moved already.
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
	pace      *pace
	loop      *loop // that runs
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
	p, err := newPace(m, plan, batch)
	if err != nil {
		return nil, err
	}
	l := p.loops[0]
	f := &fit{
		model: m, loop: l, pace: p, plan: plan, ctx: ctx, history: &History{Names: figureNames(l.heads)},
		order: make([]int32, table.Rows()), steps: (table.Rows() + batch - 1) / batch, batch: batch,
	}
	if f.source, err = bindTable(m, l.heads, table); err != nil {
		return nil, fmt.Errorf("training data: %w", err)
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
	if f.evaluator, err = newLoop(m, plan, min(evaluationRows, plan.Validate.Rows()), braid.Evaluating, nil); err != nil {
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

// checkpoint has the state saved.
func (f *fit) checkpoint() {
	if f.saver == nil {
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

// train runs the steps that are left of an epoch.
func (f *fit) train(epoch int) error {
	if f.at.whole() {
		f.loop.reset()
	}
	f.shuffle(epoch)
	for f.at.Steps < f.steps {
		l, steps := f.pace.next(f.steps - f.at.Steps)
		if l != f.loop {
			l.reset()
			l.setSums(f.loop.sums(nil))
			f.loop = l
		}
		began := time.Now()
		if err := f.stride(epoch, f.at.Steps+steps); err != nil {
			return err
		}
		f.pace.ran(steps, time.Since(began))
	}
	return nil
}

// stride runs the steps up to one.
func (f *fit) stride(epoch, end int) error {
	l := f.loop
	f.failed, f.pauses = nil, slices.ContainsFunc(f.plan.Callbacks, func(c Callback) bool { return c.Step != nil })
	first := f.at.Steps
	err := l.crew.Run(func(worker int) {
		for step := first; step < end; step++ {
			if !l.step(worker, f.source, f.examples(step), f.examples(step+1), (epoch-1)*f.steps+step+1) {
				return
			}
			if worker == 0 {
				f.at.Steps = step + 1
				f.look()
			}
			if !l.crew.Meet(worker) || l.torn.Load() {
				return
			}
			if f.due || f.pauses {
				if worker == 0 {
					f.pause(epoch)
				}
				if !l.crew.Meet(worker) {
					return
				}
			}
			if f.failed != nil {
				return
			}
		}
	})
	if err != nil {
		f.torn = true
		return errors.Join(err, f.failed)
	}
	if l.bad.Load() || l.torn.Load() {
		return errors.Join(f.notFinite(epoch), f.failed)
	}
	return f.failed
}

// sound is an error where the last update of an epoch spoilt a weight: within an epoch, the next loss shows it.
func (f *fit) sound(epoch int) error {
	name := f.loop.spoilt()
	if name == "" {
		return nil
	}
	f.torn = true
	order := f.examples(f.at.Steps - 1)
	return &NotFinite{Epoch: epoch, Step: f.at.Steps, Weight: name, Moved: true, Largest: f.loop.largest(f.source, order)}
}

// notFinite tells of numbers that went bad in the step that the loop has just ended, or ended before its
// second half.
func (f *fit) notFinite(epoch int) error {
	l := f.loop
	e := &NotFinite{Epoch: epoch, Weight: l.badWeight()}
	if e.Weight != "" {
		f.torn = true
		f.at.Steps-- // it moved weights that it should not have
	}
	order := f.examples(f.at.Steps)
	e.Step = f.at.Steps + 1
	if e.Weight == "" {
		e.Head, e.Value = l.notFinite(len(order))
	}
	e.Largest = l.largest(f.source, order)
	return e
}

// examples is what a step of the epoch trains on; none after the last step.
func (f *fit) examples(step int) []int32 {
	n := len(f.order)
	return f.order[min(step*f.batch, n):min((step+1)*f.batch, n)]
}

// look looks whether to stop after the step, or to save it. Worker 0 calls it before the others may go on, so
// that failed and due are seen by all.
func (f *fit) look() {
	f.failed = f.cancelled()
	f.due = f.saver != nil && f.saver.Every > 0 && time.Since(f.savedTime) >= f.saver.Every && f.saver.idle()
}

// pause tells callbacks of the step, and saves it, while the other workers wait.
func (f *fit) pause(epoch int) {
	s := Step{
		Epoch: epoch, Epochs: f.plan.Epochs, Step: f.at.Steps, Steps: f.steps,
		figures: f.loop.figures, examples: min(f.at.Steps*f.batch, len(f.order)),
	}
	for _, c := range f.plan.Callbacks {
		if c.Step != nil {
			f.failed = errors.Join(f.failed, c.Step(s))
		}
	}
	if f.due && f.loop.spoilt() == "" {
		f.checkpoint()
	}
	f.failed = errors.Join(f.failed, f.news())
	if f.failed == nil { // a callback may have cancelled
		f.failed = f.cancelled()
	}
}

// cancelled is why the context is done, if it is, and the epoch is not.
func (f *fit) cancelled() error {
	if f.ctx.Err() == nil || f.at.Steps == f.steps {
		return nil
	}
	return context.Cause(f.ctx)
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
