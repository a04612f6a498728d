package optim

import (
	"cmp"
	"math"

	"braid/tensor"
)

// Adamax is Adam with the infinity norm in place of the second moment: Kingma and Ba, 2015,
// section 7.1.
//
//	m = Beta1 m + (1-Beta1) g
//	u = max(Beta2 u, |g|)
//	w = w - rate / (1-Beta1^t) * m / (u + Epsilon)
type Adamax struct {
	Rate     float64  `json:"rate,omitzero"`     // learning rate; 0 means 1e-3
	Schedule Schedule `json:"schedule,omitzero"` // of the rate; nil: it is constant
	Beta1    *float64 `json:"beta1,omitzero"`    // decay of m; nil means 0.9
	Beta2    *float64 `json:"beta2,omitzero"`    // decay of u; nil means 0.999
	Epsilon  float64  `json:"epsilon,omitzero"`  // 0 means 1e-7

	WeightDecay Decay `json:"weight_decay,omitzero"`
	Lazy        bool  `json:"lazy,omitzero"` // see Adam
}

func (o Adamax) settings() settings {
	return settings{"Adamax", o.Rate, 1e-3, o.Schedule, o.WeightDecay}
}

// Kind is "adamax".
func (Adamax) Kind() string { return "adamax" }

// Check requires decays from 0 up to, not including, 1, and Epsilon above 0.
func (o Adamax) Check() error {
	return o.settings().check(fraction("Beta1", or(o.Beta1, 0.9)),
		fraction("Beta2", or(o.Beta2, 0.999)), above32("Epsilon", cmp.Or(o.Epsilon, epsilon)))
}

// Scaled returns o with factor times its rate.
func (o Adamax) Scaled(factor float64) Optimizer {
	o.Rate, o.Schedule = o.settings().scaled(factor)
	return o
}

// WithSchedule returns o with a schedule.
func (o Adamax) WithSchedule(s Schedule) Optimizer {
	o.Schedule = s
	return o
}

// LearningRate returns the rate of a step, counted from 1.
func (o Adamax) LearningRate(step int) float64 { return o.settings().at(step) }

// Decays reports whether a weight decays.
func (o Adamax) Decays(name string, shape tensor.Shape) bool {
	return o.settings().decay.Applies(name, shape)
}

// DecayExceptions returns o.WeightDecay.Except.
func (o Adamax) DecayExceptions() []string { return o.WeightDecay.Except }

// IsLazy reports whether o.Lazy is set.
func (o Adamax) IsLazy() bool { return o.Lazy }

// Slots is 2: m and u.
func (o Adamax) Slots() int { return 2 }

// At returns Beta1, 1 - Beta1, Beta2, the corrected rate, and epsilon.
func (o Adamax) At(step int) Step {
	rate, s := o.settings().decayed(step)
	beta1 := or(o.Beta1, 0.9)
	s[0], s[1], s[2] = float32(beta1), float32(1-beta1), float32(or(o.Beta2, 0.999))
	s[3] = float32(rate / (1 - math.Pow(beta1, float64(step))))
	s[4] = float32(cmp.Or(o.Epsilon, epsilon))
	return s
}

// Update updates the weights, m and u.
func (Adamax) Update(s Step, p Block) {
	decay(s, p)
	beta1, rest, beta2, rate, eps := s[0], s[1], s[2], s[3], s[4]
	for r := range p.Rows {
		w, g := p.Weights.Row(r), p.Gradient.Row(r)
		m, u := p.Slots[0].Row(r), p.Slots[1].Row(r)
		w, m, u = w[:len(g)], m[:len(g)], u[:len(g)]
		for i, d := range g {
			m[i] = flush(float32(beta1*m[i]) + float32(rest*d))
			u[i] = flush(max(float32(beta2*u[i]), float32(math.Abs(float64(d)))))
			w[i] -= float32(rate*m[i]) / (u[i] + eps)
		}
	}
}
