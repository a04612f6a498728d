package optim

import (
	"math"

	"braid/tensor"
)

// Lion moves each weight by the rate in the direction of a momentum's sign: Chen et al., "Symbolic
// discovery of optimization algorithms", 2023. It wants a rate three to ten times lower than Adam.
//
//	w = w - rate sign(Beta1 m + (1-Beta1) g)
//	m = Beta2 m + (1-Beta2) g
type Lion struct {
	Rate     float64  `json:"rate,omitzero"`     // learning rate; 0 means 1e-3
	Schedule Schedule `json:"schedule,omitzero"` // of the rate; nil: it is constant
	Beta1    *float64 `json:"beta1,omitzero"`    // share of m in the direction; nil means 0.9
	Beta2    *float64 `json:"beta2,omitzero"`    // decay of m; nil means 0.99

	WeightDecay Decay `json:"weight_decay,omitzero"`
	Lazy        bool  `json:"lazy,omitzero"` // see Adam
}

func (o Lion) settings() settings {
	return settings{"Lion", o.Rate, 1e-3, o.Schedule, o.WeightDecay}
}

// Kind is "lion".
func (Lion) Kind() string { return "lion" }

// Check requires decays from 0 up to, not including, 1.
func (o Lion) Check() error {
	return o.settings().check(fraction("Beta1", or(o.Beta1, 0.9)),
		fraction("Beta2", or(o.Beta2, 0.99)))
}

// Scaled returns o with factor times its rate.
func (o Lion) Scaled(factor float64) Optimizer {
	o.Rate, o.Schedule = o.settings().scaled(factor)
	return o
}

// WithSchedule returns o with a schedule.
func (o Lion) WithSchedule(s Schedule) Optimizer {
	o.Schedule = s
	return o
}

// LearningRate returns the rate of a step, counted from 1.
func (o Lion) LearningRate(step int) float64 { return o.settings().at(step) }

// Decays reports whether a weight decays.
func (o Lion) Decays(name string, shape tensor.Shape) bool {
	return o.settings().decay.Applies(name, shape)
}

// DecayExceptions returns o.WeightDecay.Except.
func (o Lion) DecayExceptions() []string { return o.WeightDecay.Except }

// IsLazy reports whether o.Lazy is set.
func (o Lion) IsLazy() bool { return o.Lazy }

// Slots is 1: m.
func (o Lion) Slots() int { return 1 }

// At returns the rate, both decays and 1 minus each.
func (o Lion) At(step int) Step {
	rate, s := o.settings().decayed(step)
	beta1, beta2 := or(o.Beta1, 0.9), or(o.Beta2, 0.99)
	s[0], s[1], s[2] = float32(rate), float32(beta1), float32(1-beta1)
	s[3], s[4] = float32(beta2), float32(1-beta2)
	return s
}

// Update updates the weights and m.
func (Lion) Update(s Step, p Block) {
	decay(s, p)
	rate := s[0]
	for r := range p.Rows {
		w, g, m := p.Weights.Row(r), p.Gradient.Row(r), p.Slots[0].Row(r)
		w, m = w[:len(g)], m[:len(g)]
		for i, d := range g {
			c := float32(s[1]*m[i]) + float32(s[2]*d)
			if c != 0 && !math.IsNaN(float64(c)) {
				w[i] -= withSign(rate, c)
			}
			m[i] = flush(float32(s[3]*m[i]) + float32(s[4]*d))
		}
	}
}

// withSign returns size, which is not negative, with the sign of x. It has no branch, which could
// not be predicted.
func withSign(size, x float32) float32 {
	return math.Float32frombits(math.Float32bits(size) | math.Float32bits(x)&(1<<31))
}
