package optim

import (
	"cmp"

	"braid/tensor"
)

// Adagrad divides the gradient by the root of the sum of all its squares: Duchi, Hazan and Singer,
// 2011.
//
//	a = a + g², which starts at Initial
//	w = w - rate g / sqrt(a + Epsilon)
type Adagrad struct {
	Rate     float64  `json:"rate,omitzero"`     // learning rate; 0 means 1e-3
	Schedule Schedule `json:"schedule,omitzero"` // of the rate; nil: it is constant
	Initial  *float64 `json:"initial,omitzero"`  // accumulator at the start; nil means 0.1
	Epsilon  float64  `json:"epsilon,omitzero"`  // 0 means 1e-7

	WeightDecay Decay `json:"weight_decay,omitzero"`
	Lazy        bool  `json:"lazy,omitzero"` // see Adam
}

func (o Adagrad) settings() settings {
	return settings{"Adagrad", o.Rate, 1e-3, o.Schedule, o.WeightDecay}
}

// Kind is "adagrad".
func (Adagrad) Kind() string { return "adagrad" }

// Check requires Initial from 0 and Epsilon above 0.
func (o Adagrad) Check() error {
	return o.settings().check(atLeast32("Initial", or(o.Initial, 0.1)),
		above32("Epsilon", cmp.Or(o.Epsilon, epsilon)))
}

// Scaled returns o with factor times its rate.
func (o Adagrad) Scaled(factor float64) Optimizer {
	o.Rate, o.Schedule = o.settings().scaled(factor)
	return o
}

// WithSchedule returns o with a schedule.
func (o Adagrad) WithSchedule(s Schedule) Optimizer {
	o.Schedule = s
	return o
}

// LearningRate returns the rate of a step, counted from 1.
func (o Adagrad) LearningRate(step int) float64 { return o.settings().at(step) }

// Decays reports whether a weight decays.
func (o Adagrad) Decays(name string, shape tensor.Shape) bool {
	return o.settings().decay.Applies(name, shape)
}

// DecayExceptions returns o.WeightDecay.Except.
func (o Adagrad) DecayExceptions() []string { return o.WeightDecay.Except }

// IsLazy reports whether o.Lazy is set.
func (o Adagrad) IsLazy() bool { return o.Lazy }

// Slots is 1: a without Initial.
func (o Adagrad) Slots() int { return 1 }

// At returns the rate, and Initial plus epsilon.
func (o Adagrad) At(step int) Step {
	rate, s := o.settings().decayed(step)
	s[0], s[1] = float32(rate), float32(or(o.Initial, 0.1)+cmp.Or(o.Epsilon, epsilon))
	return s
}

// Update updates the weights and a.
func (Adagrad) Update(s Step, p Block) {
	decay(s, p)
	rate, initial := s[0], s[1]
	for r := range p.Rows {
		w, g, a := p.Weights.Row(r), p.Gradient.Row(r), p.Slots[0].Row(r)
		w, a = w[:len(g)], a[:len(g)]
		for i, d := range g {
			a[i] = flush(a[i] + float32(d*d))
			w[i] -= float32(rate*d) / root(a[i]+initial)
		}
	}
}
