package train

import (
	"errors"
	"fmt"
	"math"

	"braid/optim"
)

// maxRestores is the number of times that a run may be restored.
const maxRestores = 3

// Restored describes a run that went back to the end of an epoch with a smaller learning rate.
type Restored struct {
	Epochs   int     // completed epochs of the restored state
	Factor   float64 // of the learning rate from now on
	Restores int     // so far
	Cause    error
}

// restore goes back to the end of the last epoch and halves the learning rate. It does not use the
// newest checkpoint: which one that is depends on the clock.
func (f *fit) restore(cause error) error {
	var bad *NotFinite
	if !errors.As(cause, &bad) || !f.plan.Restore || f.halvings >= maxRestores || f.failed != nil {
		return cause
	}
	if f.restorePoint == nil {
		return fmt.Errorf("%w\nThere is no completed epoch to go back to", cause)
	}
	halvings := f.halvings + 1
	f.put(f.restorePoint)
	f.halvings, f.partlyUpdated = halvings, false
	f.restorePoint.halvings = halvings
	if err := f.setRate(); err != nil {
		return errors.Join(cause, err)
	}
	if f.saver != nil {
		// A file that cannot be deleted does no harm: a run that resumes from it meets the same error.
		f.saver.deleteAfter(f.at)
	}
	f.checkpoint()
	r := Restored{Epochs: f.at.Epochs, Factor: math.Pow(0.5, float64(halvings)), Restores: halvings,
		Cause: cause}
	for _, c := range f.plan.Callbacks {
		if c.Restored != nil {
			if err := c.Restored(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// setRate sets the runner's optimizer: the plan's with its rate halved f.halvings times, and
// lowered by the plateau.
func (f *fit) setRate() error {
	optimizer := f.plan.Optimizer
	if factor := math.Pow(0.5, float64(f.halvings)) * f.plateauScale(); factor != 1 {
		scaled, ok := optimizer.(optim.Scaled)
		if !ok {
			return fmt.Errorf("the optimizer %s has no rate to lower", optimizer.Kind())
		}
		optimizer = scaled.Scaled(factor)
	}
	f.runner.optimizer = optimizer
	return nil
}
