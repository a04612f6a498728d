package train

import (
	"context"
	"errors"
	"slices"
	"time"

	"braid/internal/random"
)

// epoch trains the steps that are left of an epoch, and evaluates.
func (f *fit) epoch() error {
	began, epoch := time.Now(), f.at.Epochs+1
	updates := f.at.Steps < f.steps // else the epoch's last update was before the run was resumed
	err := f.train(epoch)
	done := f.at.Steps
	stopped := func(cause error) error {
		return &Interrupted{Epoch: epoch, Epochs: f.plan.Epochs, Step: done, Steps: f.steps, Cause: cause}
	}
	if err == nil {
		err = f.checkWeights(epoch)
	}
	if err != nil {
		return stopped(err)
	}
	e := Epoch{Number: epoch, Train: time.Since(began), Values: f.runner.figures(),
		Conflicts: f.runner.passes.takeConflicts()}
	if f.validation != nil {
		began = time.Now()
		var values []float64
		err := f.averaged(func() (err error) {
			stop := func() bool { return f.ctx.Err() != nil }
			values, err = f.evaluator.evaluate(f.validation, stop)
			return err
		})
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
	f.runner.reset()
	if err := f.setRate(); err != nil {
		return stopped(err)
	}
	if f.plan.Restore {
		f.keepRestorePoint()
	}
	f.checkpoint()
	failed := errors.Join(f.reportSaved(), f.averaged(func() (failed error) {
		if updates {
			failed = f.reportGradients(epoch)
		}
		for _, c := range f.plan.Callbacks {
			if c.Epoch != nil {
				failed = errors.Join(failed, c.Epoch(e))
			}
		}
		return failed
	}))
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
	if f.at.atEpochEnd() {
		f.runner.reset()
	}
	f.shuffle(epoch)
	f.recount()
	run := f.runner
	f.failed, f.notifies = nil, slices.ContainsFunc(f.plan.Callbacks, func(c Callback) bool {
		return c.Step != nil
	})
	first := f.at.Steps
	err := run.crew.Run(func(worker int) {
		for step := first; step < f.steps; step++ {
			if !run.step(worker, f.training, f.examples(step), f.examples(step+1),
				(epoch-1)*f.steps+step+1, f.turn(epoch, step)) {
				return
			}
			if worker == 0 {
				f.at.Steps = step + 1
				f.checkStop()
			}
			if !run.crew.Meet(worker) || run.badGradient.Load() {
				return
			}
			if f.due || f.notifies {
				if worker == 0 {
					f.notify(epoch)
				}
				if !run.crew.Meet(worker) {
					return
				}
			}
			if f.failed != nil {
				return
			}
		}
	})
	if err != nil {
		f.partlyUpdated = true
		return errors.Join(err, f.failed)
	}
	if run.badLoss.Load() || run.badGradient.Load() {
		return errors.Join(f.nonFiniteError(epoch), f.failed)
	}
	return f.failed
}

// examples returns the examples of a step; none after the last step.
func (f *fit) examples(step int) []int32 {
	n := len(f.order)
	return f.order[min(step*f.batch, n):min((step+1)*f.batch, n)]
}

// checkStop sets failed if training must stop after the step, and due if the state must be saved.
// Worker 0 calls it before the workers meet, so that all of them see both.
func (f *fit) checkStop() {
	f.failed = f.cancelled()
	f.due = f.saver != nil && f.saver.Every > 0 && time.Since(f.savedTime) >= f.saver.Every &&
		f.saver.idle()
}

// notify calls the callbacks' Step, and saves the state if due, while the other workers wait.
func (f *fit) notify(epoch int) {
	s := Step{
		Epoch: epoch, Epochs: f.plan.Epochs, Step: f.at.Steps, Steps: f.steps,
		figures: f.runner.figures,
	}
	for _, c := range f.plan.Callbacks {
		if c.Step != nil {
			f.failed = errors.Join(f.failed, c.Step(s))
		}
	}
	if f.due {
		f.checkpoint()
	}
	f.failed = errors.Join(f.failed, f.reportSaved())
	if f.failed == nil { // a callback may have cancelled ctx
		f.failed = f.cancelled()
	}
}

// cancelled returns the cause of a done context, unless the epoch is complete.
func (f *fit) cancelled() error {
	if f.ctx.Err() == nil || f.at.Steps == f.steps {
		return nil
	}
	return context.Cause(f.ctx)
}

// shuffle sets the order of the examples of an epoch.
func (f *fit) shuffle(epoch int) {
	if f.plan.NoShuffle {
		for i := range f.order {
			f.order[i] = int32(i)
		}
		return
	}
	random.New(f.plan.Seed, "shuffle", uint64(epoch)).Permutation(f.order)
}
