// Package optim holds the optimizers: how weights move against their gradient.
package optim

import "braid/tensor"

// Optimizer is an optimizer's configuration. Anyone may write one.
type Optimizer interface {
	// Kind is the optimizer's name, as configurations have it.
	Kind() string
	// Check tests the configuration.
	Check() error
	// Slots is how many numbers are kept beside each weight from step to step, all zero at first.
	Slots() int
	// At gives the numbers that are the same for all weights in a step; steps count from 1.
	At(step int) Step
	// Update moves weights by their gradient, element by element. It may run on different weights
	// in different goroutines at once.
	Update(s Step, p Part)
}

// Scaled is an optimizer whose learning rate can be changed.
type Scaled interface {
	// Scaled is the optimizer with factor times its rate.
	Scaled(factor float64) Optimizer
}

// Lazy is an optimizer that may leave rows of a weight alone in a step in which they have no gradient, such as
// those of an embedding that the batch does not name.
type Lazy interface {
	// IsLazy reports whether it does.
	IsLazy() bool
}

// Part is a block of weights, their gradient, and the slots beside them: Rows rows of one width. The
// slots' rows lie as far apart as the weights'.
type Part struct {
	Rows     int
	Weights  tensor.Rows[float32]
	Gradient tensor.Rows[float32]
	Slots    []tensor.Rows[float32]
}

// Step is up to eight numbers of a step.
type Step [8]float32
