package optim

import (
	"cmp"
	"math"

	"braid/tensor"
)

// Nadam is Adam with Nesterov's momentum: Dozat, 2016, with Keras' schedule of the momentum.
//
//	u(t) = Beta1 (1 - 0.5*0.96^t), U(t) = u(1) u(2) ... u(t)
//	m = Beta1 m + (1-Beta1) g
//	v = Beta2 v + (1-Beta2) g²
//	ahead = u(t+1) m / (1 - U(t+1)) + (1-u(t)) g / (1 - U(t))
//	w = w - rate ahead / (sqrt(v / (1-Beta2^t)) + Epsilon)
type Nadam struct {
	Rate     float64  `json:"rate,omitzero"`     // learning rate; 0 means 1e-3
	Schedule Schedule `json:"schedule,omitzero"` // of the rate; nil: it is constant
	Beta1    *float64 `json:"beta1,omitzero"`    // decay of m; nil means 0.9
	Beta2    *float64 `json:"beta2,omitzero"`    // decay of v; nil means 0.999
	Epsilon  float64  `json:"epsilon,omitzero"`  // 0 means 1e-7

	WeightDecay Decay `json:"weight_decay,omitzero"`
	Lazy        bool  `json:"lazy,omitzero"` // see Adam
}

func (o Nadam) settings() settings {
	return settings{"Nadam", o.Rate, 1e-3, o.Schedule, o.WeightDecay}
}

// Kind is "nadam".
func (Nadam) Kind() string { return "nadam" }

// Check requires decays from 0 up to, not including, 1, and Epsilon above 0.
func (o Nadam) Check() error {
	return o.settings().check(fraction("Beta1", or(o.Beta1, 0.9)),
		fraction("Beta2", or(o.Beta2, 0.999)), above32("Epsilon", cmp.Or(o.Epsilon, epsilon)))
}

// Scaled returns o with factor times its rate.
func (o Nadam) Scaled(factor float64) Optimizer {
	o.Rate, o.Schedule = o.settings().scaled(factor)
	return o
}

// WithSchedule returns o with a schedule.
func (o Nadam) WithSchedule(s Schedule) Optimizer {
	o.Schedule = s
	return o
}

// LearningRate returns the rate of a step, counted from 1.
func (o Nadam) LearningRate(step int) float64 { return o.settings().at(step) }

// Decays reports whether a weight decays.
func (o Nadam) Decays(name string, shape tensor.Shape) bool {
	return o.settings().decay.Applies(name, shape)
}

// DecayExceptions returns o.WeightDecay.Except.
func (o Nadam) DecayExceptions() []string { return o.WeightDecay.Except }

// IsLazy reports whether o.Lazy is set.
func (o Nadam) IsLazy() bool { return o.Lazy }

// Slots is 2: m and v.
func (o Nadam) Slots() int { return 2 }

// At returns both decays, 1 minus each, the rates of m and g, the correction of v, and epsilon.
func (o Nadam) At(step int) Step {
	rate, s := o.settings().decayed(step)
	beta1, beta2 := or(o.Beta1, 0.9), or(o.Beta2, 0.999)
	momentum := func(t int) float64 { // not fused with a difference
		return float64(beta1 * (1 - float64(0.5*math.Pow(0.96, float64(t)))))
	}
	now, next := momentum(step), momentum(step+1)
	product := math.Pow(beta1, float64(step))
	power := 1.0
	for range min(step, 1000) { // beyond, the factors are 1
		power *= 0.96
		product *= 1 - float64(0.5*power)
	}
	s[0], s[1] = float32(beta1), float32(1-beta1)
	s[2], s[3] = float32(beta2), float32(1-beta2)
	s[4] = float32(rate * next / (1 - float64(product*next)))
	s[5] = float32(rate * (1 - now) / (1 - product))
	s[6] = float32(1 / (1 - math.Pow(beta2, float64(step))))
	s[7] = float32(cmp.Or(o.Epsilon, epsilon))
	return s
}

// Update updates the weights and both moments.
func (Nadam) Update(s Step, p Block) {
	decay(s, p)
	for r := range p.Rows {
		w, g := p.Weights.Row(r), p.Gradient.Row(r)
		m, v := p.Slots[0].Row(r), p.Slots[1].Row(r)
		w, m, v = w[:len(g)], m[:len(g)], v[:len(g)]
		for i, d := range g {
			m[i] = flush(float32(s[0]*m[i]) + float32(s[1]*d))
			v[i] = flush(float32(s[2]*v[i]) + float32(s[3]*float32(d*d)))
			ahead := float32(s[4]*m[i]) + float32(s[5]*d)
			w[i] -= ahead / (root(v[i]*s[6]) + s[7])
		}
	}
}
