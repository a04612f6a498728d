package optim

import (
	"cmp"

	"braid/tensor"
)

// Adadelta divides the gradient by a moving root mean square, and multiplies it by that of its own
// steps: Zeiler, 2012. The paper's rate is 1.
//
//	a = Rho a + (1-Rho) g²
//	d = -sqrt(x + Epsilon) / sqrt(a + Epsilon) g
//	x = Rho x + (1-Rho) d²
//	w = w + rate d
type Adadelta struct {
	Rate     float64  `json:"rate,omitzero"`     // learning rate; 0 means 1e-3
	Schedule Schedule `json:"schedule,omitzero"` // of the rate; nil: it is constant
	Rho      *float64 `json:"rho,omitzero"`      // decay of a and x; nil means 0.95
	Epsilon  float64  `json:"epsilon,omitzero"`  // 0 means 1e-7

	WeightDecay Decay `json:"weight_decay,omitzero"`
	Lazy        bool  `json:"lazy,omitzero"` // see Adam
}

func (o Adadelta) settings() settings {
	return settings{"Adadelta", o.Rate, 1e-3, o.Schedule, o.WeightDecay}
}

// Kind is "adadelta".
func (Adadelta) Kind() string { return "adadelta" }

// Check requires Rho from 0 up to, not including, 1, and Epsilon above 0.
func (o Adadelta) Check() error {
	return o.settings().check(fraction("Rho", or(o.Rho, 0.95)),
		above32("Epsilon", cmp.Or(o.Epsilon, epsilon)))
}

// Scaled returns o with factor times its rate.
func (o Adadelta) Scaled(factor float64) Optimizer {
	o.Rate, o.Schedule = o.settings().scaled(factor)
	return o
}

// WithSchedule returns o with a schedule.
func (o Adadelta) WithSchedule(s Schedule) Optimizer {
	o.Schedule = s
	return o
}

// LearningRate returns the rate of a step, counted from 1.
func (o Adadelta) LearningRate(step int) float64 { return o.settings().at(step) }

// Decays reports whether a weight decays.
func (o Adadelta) Decays(name string, shape tensor.Shape) bool {
	return o.settings().decay.Applies(name, shape)
}

// DecayExceptions returns o.WeightDecay.Except.
func (o Adadelta) DecayExceptions() []string { return o.WeightDecay.Except }

// IsLazy reports whether o.Lazy is set.
func (o Adadelta) IsLazy() bool { return o.Lazy }

// Slots is 2: a and x.
func (o Adadelta) Slots() int { return 2 }

// At returns the rate, Rho, 1 - Rho and epsilon.
func (o Adadelta) At(step int) Step {
	rate, s := o.settings().decayed(step)
	rho := or(o.Rho, 0.95)
	s[0], s[1], s[2] = float32(rate), float32(rho), float32(1-rho)
	s[3] = float32(cmp.Or(o.Epsilon, epsilon))
	return s
}

// Update updates the weights, a and x.
func (Adadelta) Update(s Step, p Block) {
	decay(s, p)
	rate, rho, rest, eps := s[0], s[1], s[2], s[3]
	for r := range p.Rows {
		w, g := p.Weights.Row(r), p.Gradient.Row(r)
		a, x := p.Slots[0].Row(r), p.Slots[1].Row(r)
		w, a, x = w[:len(g)], a[:len(g)], x[:len(g)]
		for i, d := range g {
			a[i] = flush(float32(rho*a[i]) + float32(rest*float32(d*d)))
			d = root((x[i]+eps)/(a[i]+eps)) * d
			x[i] = flush(float32(rho*x[i]) + float32(rest*float32(d*d)))
			w[i] -= float32(rate * d)
		}
	}
}
