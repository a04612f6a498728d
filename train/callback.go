package train

import (
	"errors"
	"fmt"
	"slices"

	"braid"
)

// Callback is told how training goes. Fields may be nil. They are called one at a time. An error
// stops training, and Fit returns it; ErrStop stops it as if the plan ended there.
type Callback struct {
	Start    func(Start) error    // before the first epoch
	Step     func(Step) error     // after each step, between the workers' work
	Epoch    func(Epoch) error    // after each epoch and its evaluation
	Saved    func(Saved) error    // some time after a checkpoint was written, or failed to be, or was found damaged
	Restored func(Restored) error // after training went back for numbers that are not finite
	End      func(*History) error // at the end, however it came
}

// Start tells what is about to be trained.
type Start struct {
	Model  *braid.Model
	Epochs int
	Steps  int      // an epoch
	Names  []string // of an epoch's figures, in order

	Resumed    string // the checkpoint that the run goes on from; "" where it begins
	From, Step int    // whole epochs, and steps of the next, that it has there
}

// Step tells how far an epoch has come.
type Step struct {
	Epoch, Epochs int // from 1
	Step, Steps   int // from 1

	figures  func(examples int) []float64
	examples int
}

// Figures is the epoch's training figures so far, in the order of Start.Names.
func (s Step) Figures() []float64 { return s.figures(s.examples) }

// ErrStop ends training without a fault: Fit then returns the history so far and no error.
var ErrStop = errors.New("stopped by a callback")

// onlyStops reports whether err is ErrStop, or wraps nothing else.
func onlyStops(err error) bool {
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(e.Unwrap(), func(err error) bool { return !onlyStops(err) })
	case interface{ Unwrap() error }:
		return onlyStops(e.Unwrap())
	}
	return err == ErrStop
}

// ErrNotFinite is why training stops when a loss, a gradient or a weight becomes NaN or infinite.
var ErrNotFinite = errors.New("training cannot go on from there; a smaller learning rate may help")

var errStopped = errors.New("stopped")

// Interrupted is the error of a training that ended before its plan.
type Interrupted struct {
	Epoch, Epochs int // the epoch at hand, from 1
	Step, Steps   int // steps done in it
	Cause         error
}

// Error says how far training got, and why it ended.
func (e *Interrupted) Error() string {
	return fmt.Sprintf("train: stopped in epoch %d of %d after step %d of %d: %v", e.Epoch, e.Epochs, e.Step, e.Steps, e.Cause)
}

// Unwrap gives the cause.
func (e *Interrupted) Unwrap() error { return e.Cause }
