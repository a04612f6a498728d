package optim

import (
	"errors"
	"math"

	"braid/tensor"
)

// SGD is gradient descent, optionally with momentum:
//
//	m = Momentum m - rate g
//	w = w + m, or with Nesterov w + Momentum m - rate g
//
// Nesterov's momentum has the form of Sutskever, Martens, Dahl and Hinton, 2013.
type SGD struct {
	Rate     float64  `json:"rate,omitzero"`     // learning rate; 0 means 0.01
	Schedule Schedule `json:"schedule,omitzero"` // of the rate; nil: it is constant
	Momentum float64  `json:"momentum,omitzero"` // share of the step before; 0 means none
	Nesterov bool     `json:"nesterov,omitzero"` // the gradient after the momentum

	WeightDecay Decay `json:"weight_decay,omitzero"`
	Lazy        bool  `json:"lazy,omitzero"` // see Adam
}

func (o SGD) settings() settings {
	return settings{"SGD", o.Rate, 0.01, o.Schedule, o.WeightDecay}
}

// Kind is "sgd".
func (SGD) Kind() string { return "sgd" }

// Check requires a momentum from 0 up to, not including, 1, and above 0 with Nesterov.
func (o SGD) Check() error {
	var nesterov error
	if o.Nesterov && o.Momentum == 0 {
		nesterov = errors.New("Nesterov needs a Momentum above 0")
	}
	return o.settings().check(fraction("Momentum", o.Momentum), nesterov)
}

// Scaled returns o with factor times its rate.
func (o SGD) Scaled(factor float64) Optimizer {
	o.Rate, o.Schedule = o.settings().scaled(factor)
	return o
}

// WithSchedule returns o with a schedule.
func (o SGD) WithSchedule(s Schedule) Optimizer {
	o.Schedule = s
	return o
}

// LearningRate returns the rate of a step, counted from 1.
func (o SGD) LearningRate(step int) float64 { return o.settings().at(step) }

// Decays reports whether a weight decays.
func (o SGD) Decays(name string, shape tensor.Shape) bool {
	return o.settings().decay.Applies(name, shape)
}

// DecayExceptions returns o.WeightDecay.Except.
func (o SGD) DecayExceptions() []string { return o.WeightDecay.Except }

// IsLazy reports whether o.Lazy is set.
func (o SGD) IsLazy() bool { return o.Lazy }

// Slots is 1 with momentum: m.
func (o SGD) Slots() int { return min(1, int(math.Ceil(o.Momentum))) }

// At returns the rate and the momentum.
func (o SGD) At(step int) Step {
	rate, s := o.settings().decayed(step)
	s[0], s[1] = float32(rate), float32(o.Momentum)
	return s
}

// Update updates the weights and m.
func (o SGD) Update(s Step, p Block) {
	decay(s, p)
	rate, momentum := s[0], s[1]
	for r := range p.Rows {
		w, g := p.Weights.Row(r), p.Gradient.Row(r)
		w = w[:len(g)]
		if len(p.Slots) == 0 {
			for i, d := range g {
				w[i] -= float32(rate * d)
			}
			continue
		}
		m := p.Slots[0].Row(r)[:len(g)]
		for i, d := range g {
			d = float32(rate * d)
			m[i] = flush(float32(momentum*m[i]) - d)
			if o.Nesterov {
				w[i] += float32(momentum*m[i]) - d
			} else {
				w[i] += m[i]
			}
		}
	}
}
