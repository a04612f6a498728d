package train

import (
	"errors"
	"fmt"
	"slices"

	"braid"
)

// Callback has functions that Fit calls during training, one at a time. Any field may be nil. An
// error ends training, and Fit returns it. ErrStop ends training as if the plan ended there,
// without an error.
type Callback struct {
	// Check checks the callback's settings before anything else. The history has the names of the
	// run's figures, but no epochs. After an error of it no other function is called.
	Check func(*History) error

	Start func(Start) error // before the first epoch
	Step  func(Step) error  // after each step, while the workers wait

	// Gradients is called after each epoch and its evaluation, before all Epoch, with the gradients of
	// the epoch's last update. They are in the order of the model's weights, without frozen ones, and
	// take memory for two copies of the weights. A run that is resumed between that update and the
	// evaluation leaves out the epoch.
	Gradients func(epoch int, list []Gradient) error

	Epoch func(Epoch) error // after each epoch and its evaluation
	// after a checkpoint was written, failed to be written, or was found damaged
	Saved    func(Saved) error
	Restored func(Restored) error // after training went back because of a number that is not finite
	End      func(*History) error // at the end, also after an error

	// Keep returns an epoch, from 1, whose checkpoint a resumed run needs, or 0. It depends on the
	// history alone.
	Keep func(*History) (epoch int)
}

// Start describes a training run.
type Start struct {
	Model  *braid.Model
	Epochs int
	Steps  int      // of each epoch
	Names  []string // of an epoch's figures, in order

	Resumed    string // path of the checkpoint that the run continues from; "": a new run
	From, Step int    // complete epochs of that checkpoint, and steps of the next epoch

	// History has the epochs so far, now and whenever a callback's function is called. Callbacks only
	// read it.
	History *History

	// ended reports whether training has ended by itself: after the last epoch, or by ErrStop.
	ended func() bool

	// weights returns the numbers of each weight, row-major, at the end of an earlier epoch.
	weights func(epoch int) ([][]float32, error)
}

// Step is the position within an epoch after a step.
type Step struct {
	Epoch, Epochs int // from 1
	Step, Steps   int // from 1

	figures func() []float64
}

// Figures returns the epoch's training figures so far, in the order of Start.Names.
func (s Step) Figures() []float64 { return s.figures() }

// ErrStop ends training early: Fit then returns the history so far and no error.
var ErrStop = errors.New("stopped by a callback")

// onlyStops reports whether err is ErrStop, or wraps only ErrStop.
func onlyStops(err error) bool {
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(e.Unwrap(), func(err error) bool { return !onlyStops(err) })
	case interface{ Unwrap() error }:
		return onlyStops(e.Unwrap())
	}
	return err == ErrStop
}

// ErrNotFinite is the error of a training in which a loss, a gradient or a weight became NaN or
// infinite.
var ErrNotFinite = errors.New("training cannot continue; a smaller learning rate may help")

var errStopped = errors.New("stopped")

// Interrupted is the error of a training that ended before its plan did.
type Interrupted struct {
	Epoch, Epochs int // the current epoch, from 1
	Step, Steps   int // completed steps of it
	Cause         error
}

// Error returns the position in training, and the cause.
func (e *Interrupted) Error() string {
	return fmt.Sprintf("train: stopped in epoch %d of %d after step %d of %d: %v", e.Epoch, e.Epochs,
		e.Step, e.Steps, e.Cause)
}

// Unwrap returns the cause.
func (e *Interrupted) Unwrap() error { return e.Cause }
