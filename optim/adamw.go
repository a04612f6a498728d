package optim

import (
	"cmp"

	"braid/tensor"
)

// AdamW is Adam with decoupled weight decay by default: Loshchilov and Hutter, 2019. A
// WeightDecay.Rate of 0 means 0.004, as in Keras.
type AdamW Adam

// adam returns the equivalent Adam.
func (o AdamW) adam() Adam {
	o.WeightDecay.Rate = cmp.Or(o.WeightDecay.Rate, 0.004)
	return Adam(o)
}

func (o AdamW) settings() settings {
	s := o.adam().settings()
	s.name = "AdamW"
	return s
}

// Kind is "adamw".
func (AdamW) Kind() string { return "adamw" }

// Check requires what Adam requires.
func (o AdamW) Check() error { return o.settings().check(o.adam().checks()...) }

// Scaled returns o with factor times its rate.
func (o AdamW) Scaled(factor float64) Optimizer {
	o.Rate, o.Schedule = o.settings().scaled(factor)
	return o
}

// WithSchedule returns o with a schedule.
func (o AdamW) WithSchedule(s Schedule) Optimizer {
	o.Schedule = s
	return o
}

// LearningRate returns the rate of a step, counted from 1.
func (o AdamW) LearningRate(step int) float64 { return o.settings().at(step) }

// Decays reports whether a weight decays.
func (o AdamW) Decays(name string, shape tensor.Shape) bool {
	return o.settings().decay.Applies(name, shape)
}

// DecayExceptions returns o.WeightDecay.Except.
func (o AdamW) DecayExceptions() []string { return o.WeightDecay.Except }

// IsLazy reports whether o.Lazy is set.
func (o AdamW) IsLazy() bool { return o.Lazy }

// Slots is that of Adam.
func (o AdamW) Slots() int { return o.adam().Slots() }

// At returns the numbers of Adam.
func (o AdamW) At(step int) Step { return o.adam().At(step) }

// Update updates the weights and their slots.
func (o AdamW) Update(s Step, p Block) { o.adam().Update(s, p) }
