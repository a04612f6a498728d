package optim

import (
	"cmp"
	"math"

	"braid/internal/kernel"
	"braid/tensor"
)

// Adam is adaptive moment estimation: Kingma and Ba, 2015. Epsilon is added as in Keras (the
// paper's "epsilon hat"):
//
//	m = Beta1 m + (1-Beta1) g
//	v = Beta2 v + (1-Beta2) g²
//	w = w - Rate sqrt(1-Beta2^t) / (1-Beta1^t) * m / (sqrt(v) + Epsilon)
//
// PyTorch adds Epsilon after the second bias correction, which gives other weights.
type Adam struct {
	Rate     float64  `json:"rate"`              // learning rate; 0 means 0.001
	Schedule Schedule `json:"schedule,omitzero"` // of the rate; nil: it is constant
	Beta1    *float64 `json:"beta1,omitzero"`    // decay of the first moment; nil means 0.9
	Beta2    *float64 `json:"beta2,omitzero"`    // decay of the second moment; nil means 0.999
	Epsilon  float64  `json:"epsilon,omitzero"`  // 0 means 1e-7

	// AMSGrad replaces v in the last line by the largest v so far: Reddi, Kale and Kumar, 2018.
	AMSGrad bool `json:"amsgrad,omitzero"`

	WeightDecay Decay `json:"weight_decay,omitzero"`

	// Lazy skips the rows of an embedding that a batch does not name, with their moments, their decay
	// and the gradient of their L1 and L2. The bias corrections use the global step. Without Lazy all
	// rows are updated in every step, as in Keras.
	Lazy bool `json:"lazy,omitzero"`
}

// epsilon is the default of Epsilon.
const epsilon = 1e-7

func (o Adam) settings() settings {
	return settings{"Adam", o.Rate, 1e-3, o.Schedule, o.WeightDecay}
}

// Kind is "adam".
func (Adam) Kind() string { return "adam" }

// Check requires Rate and Epsilon above 0, and decays from 0 up to, not including, 1.
func (o Adam) Check() error { return o.settings().check(o.checks()...) }

// checks returns the errors of the fields that only Adam has.
func (o Adam) checks() []error {
	return []error{
		above32("Epsilon", cmp.Or(o.Epsilon, epsilon)),
		fraction("Beta1", or(o.Beta1, 0.9)), fraction("Beta2", or(o.Beta2, 0.999)),
	}
}

// Scaled returns o with factor times its rate.
func (o Adam) Scaled(factor float64) Optimizer {
	o.Rate, o.Schedule = o.settings().scaled(factor)
	return o
}

// WithSchedule returns o with a schedule.
func (o Adam) WithSchedule(s Schedule) Optimizer {
	o.Schedule = s
	return o
}

// LearningRate returns the rate of a step, counted from 1.
func (o Adam) LearningRate(step int) float64 { return o.settings().at(step) }

// Decays reports whether a weight decays.
func (o Adam) Decays(name string, shape tensor.Shape) bool {
	return o.settings().decay.Applies(name, shape)
}

// DecayExceptions returns o.WeightDecay.Except.
func (o Adam) DecayExceptions() []string { return o.WeightDecay.Except }

// IsLazy reports whether o.Lazy is set.
func (o Adam) IsLazy() bool { return o.Lazy }

// Slots is 2, for the moments m and v, and with AMSGrad 1 more for the largest v.
func (o Adam) Slots() int {
	if o.AMSGrad {
		return 3
	}
	return 2
}

// At returns both decays, 1 minus each, the corrected rate, and epsilon.
func (o Adam) At(step int) Step {
	rate, s := o.settings().decayed(step)
	t, beta1, beta2 := float64(step), or(o.Beta1, 0.9), or(o.Beta2, 0.999)
	rate = rate * math.Sqrt(1-math.Pow(beta2, t)) / (1 - math.Pow(beta1, t))
	s[0], s[1] = float32(beta1), float32(1-beta1)
	s[2], s[3] = float32(beta2), float32(1-beta2)
	s[4], s[5] = float32(rate), float32(cmp.Or(o.Epsilon, epsilon))
	return s
}

// Update updates the weights and their slots.
func (o Adam) Update(s Step, p Block) {
	decay(s, p)
	if o.AMSGrad {
		amsgrad(s, p)
		return
	}
	block := kernel.AdamBlock{
		Rows: p.Rows, Width: p.Weights.Width, W: p.Weights.Data, WRow: p.Weights.Stride,
		G: p.Gradient.Data, GRow: p.Gradient.Stride, M: p.Slots[0].Data, V: p.Slots[1].Data,
	}
	kernel.Default().Adam(block, kernel.AdamStep{
		Beta1: s[0], Rest1: s[1], Beta2: s[2], Rest2: s[3], Rate: s[4], Epsilon: s[5],
	})
}

func amsgrad(s Step, p Block) {
	for r := range p.Rows {
		w, g := p.Weights.Row(r), p.Gradient.Row(r)
		m, v, largest := p.Slots[0].Row(r), p.Slots[1].Row(r), p.Slots[2].Row(r)
		w, m, v, largest = w[:len(g)], m[:len(g)], v[:len(g)], largest[:len(g)] // no bounds checks
		for i, d := range g {
			m[i] = flush(float32(s[0]*m[i]) + float32(s[1]*d))
			v[i] = flush(float32(s[2]*v[i]) + float32(s[3]*float32(d*d)))
			if v[i] > largest[i] {
				largest[i] = v[i]
			}
			w[i] -= float32(s[4]*m[i]) / (root(largest[i]) + s[5])
		}
	}
}
