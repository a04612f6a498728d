// Package optim has the optimizers, which update weights from their gradients, and schedules of
// their learning rate.
package optim

import "braid/tensor"

// Optimizer is the configuration of an optimizer. Any package may define one. The interfaces below
// are optional.
type Optimizer interface {
	// Kind is the optimizer's name in configurations.
	Kind() string
	// Check returns an error for a configuration that cannot be used.
	Check() error
	// Slots is the number of values that the optimizer keeps for each weight from step to step, all
	// zero at first.
	Slots() int
	// At returns the numbers that are the same for all weights in a step. Steps count from 1: they are
	// the updates since the start of the run.
	At(step int) Step
	// Update updates weights from their gradient, element by element. Goroutines may call it at once
	// for different weights.
	Update(s Step, b Block)
}

// Scaled is an optimizer whose learning rate can be changed.
type Scaled interface {
	// Scaled returns the optimizer with factor times its rate.
	Scaled(factor float64) Optimizer
}

// Rated is an optimizer with a learning rate.
type Rated interface {
	// LearningRate returns the rate of a step, counted from 1.
	LearningRate(step int) float64
}

// Scheduled is an optimizer whose learning rate can have a schedule, such as Adam.
type Scheduled interface {
	// WithSchedule returns the optimizer with a schedule.
	WithSchedule(s Schedule) Optimizer
}

// Lazy is an optimizer that can skip rows of a weight in a step in which they have no gradient,
// such as rows of an embedding that the batch does not name.
type Lazy interface {
	// IsLazy reports whether the optimizer skips such rows.
	IsLazy() bool
}

// Decaying is an optimizer with weight decay.
type Decaying interface {
	// Decays reports whether a weight decays: its name, such as "trunk.kernel", and its shape.
	Decays(name string, shape tensor.Shape) bool
}

// Excepting is a Decaying optimizer that leaves out some weights by their names.
type Excepting interface {
	// DecayExceptions returns words: weights whose name contains one of them do not decay. Training
	// refuses a word that no name contains.
	DecayExceptions() []string
}

// Block is a rectangle of weights, their gradient and their slots, each of Rows rows of one width.
// The slots have the stride of the weights.
type Block struct {
	Rows     int
	Weights  tensor.Rows[float32]
	Gradient tensor.Rows[float32]
	Slots    []tensor.Rows[float32]
	Decay    bool // the weights decay: what Decaying reports
}

// Step has up to ten numbers of a step.
type Step [10]float32
