package optim

import (
	"cmp"
	"fmt"
	"math"

	"braid/internal/kernel"
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
	Rate    float64  `json:"rate"`             // learning rate; 0 means 0.001
	Beta1   *float64 `json:"beta1,omitzero"`   // decay of the first moment; nil means 0.9
	Beta2   *float64 `json:"beta2,omitzero"`   // decay of the second moment; nil means 0.999
	Epsilon float64  `json:"epsilon,omitzero"` // 0 means 1e-7

	// Lazy skips the rows of an embedding that a batch does not name, and their moments. The bias
	// corrections use the global step. Without Lazy all rows are updated in every step, as in Keras.
	Lazy bool `json:"lazy,omitzero"`
}

// Kind is "adam".
func (Adam) Kind() string { return "adam" }

// withDefaults returns the configuration with the defaults filled in.
func (o Adam) withDefaults() Adam {
	o.Rate, o.Epsilon = cmp.Or(o.Rate, 1e-3), cmp.Or(o.Epsilon, 1e-7)
	if o.Beta1 == nil {
		o.Beta1 = &beta1
	}
	if o.Beta2 == nil {
		o.Beta2 = &beta2
	}
	return o
}

// The default decays, as in the paper. They must not be written to.
var beta1, beta2 = 0.9, 0.999

// Check requires Rate and Epsilon above 0, and decays from 0 up to, not including, 1.
func (o Adam) Check() error {
	o = o.withDefaults()
	for _, f := range []struct {
		name  string
		value float64
	}{{"Rate", o.Rate}, {"Epsilon", o.Epsilon}} {
		if !(f.value > 0 && f.value < math.Inf(1)) {
			return fmt.Errorf("Adam: %s = %v, want a finite number above 0", f.name, f.value)
		}
	}
	for _, f := range []struct {
		name  string
		value float64
	}{{"Beta1", *o.Beta1}, {"Beta2", *o.Beta2}} {
		if !(f.value >= 0 && f.value < 1) {
			return fmt.Errorf("Adam: %s = %v, want 0 or more, and below 1", f.name, f.value)
		}
	}
	return nil
}

// Scaled returns o with factor times its rate.
func (o Adam) Scaled(factor float64) Optimizer {
	o.Rate = o.withDefaults().Rate * factor
	return o
}

// IsLazy reports whether o.Lazy is set.
func (o Adam) IsLazy() bool { return o.Lazy }

// Slots is 2: the moments m and v.
func (Adam) Slots() int { return 2 }

// At returns both decays, 1 minus each, the corrected rate, and epsilon.
func (o Adam) At(step int) Step {
	o = o.withDefaults()
	t, beta1, beta2 := float64(step), *o.Beta1, *o.Beta2
	rate := o.Rate * math.Sqrt(1-math.Pow(beta2, t)) / (1 - math.Pow(beta1, t))
	return Step{
		float32(beta1), float32(1 - beta1), float32(beta2), float32(1 - beta2),
		float32(rate), float32(o.Epsilon),
	}
}

// Update updates the weights and both moments.
func (Adam) Update(s Step, p Block) {
	block := kernel.AdamBlock{
		Rows: p.Rows, Width: p.Weights.Width, W: p.Weights.Data, WRow: p.Weights.Stride,
		G: p.Gradient.Data, GRow: p.Gradient.Stride, M: p.Slots[0].Data, V: p.Slots[1].Data,
	}
	kernel.Default().Adam(block, kernel.AdamStep{
		Beta1: s[0], Rest1: s[1], Beta2: s[2], Rest2: s[3], Rate: s[4], Epsilon: s[5],
	})
}
