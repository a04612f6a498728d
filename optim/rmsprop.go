package optim

import (
	"cmp"

	"braid/tensor"
)

// RMSprop divides the gradient by a moving root mean square: Hinton, Srivastava and Swersky, 2012,
// with Keras' epsilon under the root.
//
//	v = Rho v + (1-Rho) g²
//	step = rate g / sqrt(v + Epsilon)
//	w = w - step, or with momentum m = Momentum m + step, w = w - m
//
// With Centered v is reduced by the square of a moving mean of g: Graves, 2013.
type RMSprop struct {
	Rate     float64  `json:"rate,omitzero"`     // learning rate; 0 means 1e-3
	Schedule Schedule `json:"schedule,omitzero"` // of the rate; nil: it is constant
	Rho      *float64 `json:"rho,omitzero"`      // decay of v; nil means 0.9
	Momentum float64  `json:"momentum,omitzero"` // 0 means none
	Epsilon  float64  `json:"epsilon,omitzero"`  // 0 means 1e-7
	Centered bool     `json:"centered,omitzero"` // v less the square of the mean gradient

	WeightDecay Decay `json:"weight_decay,omitzero"`
	Lazy        bool  `json:"lazy,omitzero"` // see Adam
}

func (o RMSprop) settings() settings {
	return settings{"RMSprop", o.Rate, 1e-3, o.Schedule, o.WeightDecay}
}

// Kind is "rmsprop".
func (RMSprop) Kind() string { return "rmsprop" }

// Check requires decays from 0 up to, not including, 1, and Epsilon above 0.
func (o RMSprop) Check() error {
	return o.settings().check(fraction("Rho", or(o.Rho, 0.9)), fraction("Momentum", o.Momentum),
		above32("Epsilon", cmp.Or(o.Epsilon, epsilon)))
}

// Scaled returns o with factor times its rate.
func (o RMSprop) Scaled(factor float64) Optimizer {
	o.Rate, o.Schedule = o.settings().scaled(factor)
	return o
}

// WithSchedule returns o with a schedule.
func (o RMSprop) WithSchedule(s Schedule) Optimizer {
	o.Schedule = s
	return o
}

// LearningRate returns the rate of a step, counted from 1.
func (o RMSprop) LearningRate(step int) float64 { return o.settings().at(step) }

// Decays reports whether a weight decays.
func (o RMSprop) Decays(name string, shape tensor.Shape) bool {
	return o.settings().decay.Applies(name, shape)
}

// DecayExceptions returns o.WeightDecay.Except.
func (o RMSprop) DecayExceptions() []string { return o.WeightDecay.Except }

// IsLazy reports whether o.Lazy is set.
func (o RMSprop) IsLazy() bool { return o.Lazy }

// Slots is 1 for v, 1 for the mean of g if centered, and 1 for m with momentum.
func (o RMSprop) Slots() int {
	slots := 1
	if o.Centered {
		slots++
	}
	if o.Momentum > 0 {
		slots++
	}
	return slots
}

// At returns the rate, Rho, 1 - Rho, the momentum and epsilon.
func (o RMSprop) At(step int) Step {
	rate, s := o.settings().decayed(step)
	rho := or(o.Rho, 0.9)
	s[0], s[1], s[2], s[3] = float32(rate), float32(rho), float32(1-rho), float32(o.Momentum)
	s[4] = float32(cmp.Or(o.Epsilon, epsilon))
	return s
}

// Update updates the weights and their slots.
func (o RMSprop) Update(s Step, p Block) {
	decay(s, p)
	rate, rho, rest, momentum, eps := s[0], s[1], s[2], s[3], s[4]
	for r := range p.Rows {
		w, g, v := p.Weights.Row(r), p.Gradient.Row(r), p.Slots[0].Row(r)
		w, v = w[:len(g)], v[:len(g)]
		var mean, m []float32
		if o.Centered {
			mean = p.Slots[1].Row(r)
		}
		if o.Momentum > 0 {
			m = p.Slots[len(p.Slots)-1].Row(r)
		}
		for i, d := range g {
			v[i] = flush(float32(rho*v[i]) + float32(rest*float32(d*d)))
			variance := v[i]
			if mean != nil {
				mean[i] = flush(float32(rho*mean[i]) + float32(rest*d))
				if variance -= float32(mean[i] * mean[i]); variance < 0 { // by rounding
					variance = 0
				}
			}
			change := float32(rate*d) / root(variance+eps)
			if m != nil {
				m[i] = flush(float32(momentum*m[i]) + change)
				change = m[i]
			}
			w[i] -= change
		}
	}
}
