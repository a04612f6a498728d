package train

import (
	"context"
	"errors"
	"slices"
	"time"

	"braid/internal/random"
)

// train runs the steps that are left of an epoch.
func (f *fit) train(epoch int) error {
	if f.at.whole() {
		f.loop.reset()
	}
	f.shuffle(epoch)
	l := f.loop
	f.failed, f.pauses = nil, slices.ContainsFunc(f.plan.Callbacks, func(c Callback) bool { return c.Step != nil })
	first := f.at.Steps
	err := l.crew.Run(func(worker int) {
		for step := first; step < f.steps; step++ {
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
	if f.due {
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
