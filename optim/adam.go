package optim

import (
	"fmt"
	"math"

	"braid/internal/kernel"
)

// Adam is adaptive moment estimation: Kingma and Ba, 2015. Epsilon stands where Keras has it (the
// paper's "epsilon hat"):
//
//	m = Beta1 m + (1-Beta1) g
//	v = Beta2 v + (1-Beta2) g²
//	w = w - Rate sqrt(1-Beta2^t) / (1-Beta1^t) * m / (sqrt(v) + Epsilon)
//
// PyTorch adds it after the second bias correction and ends with other weights.
type Adam struct {
	Rate    float64 // learning rate; 0 means 0.001
	Beta1   float64 `json:",omitzero"` // decay of the first moment; 0 means 0.9
	Beta2   float64 `json:",omitzero"` // decay of the second moment; 0 means 0.999
	Epsilon float64 `json:",omitzero"` // 0 means 1e-7
}

// Kind is "adam".
func (Adam) Kind() string { return "adam" }

// full is the configuration with the defaults filled in.
func (o Adam) full() Adam {
	for _, f := range []struct {
		field *float64
		value float64
	}{{&o.Rate, 1e-3}, {&o.Beta1, 0.9}, {&o.Beta2, 0.999}, {&o.Epsilon, 1e-7}} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	return o
}

// Check wants a rate and epsilon above 0 and decays from 0 up to below 1.
func (o Adam) Check() error {
	o = o.full()
	for _, f := range []struct {
		name         string
		value, below float64
	}{{"Rate", o.Rate, math.Inf(1)}, {"Beta1", o.Beta1, 1}, {"Beta2", o.Beta2, 1}, {"Epsilon", o.Epsilon, math.Inf(1)}} {
		if !(f.value > 0 && f.value < f.below) {
			return fmt.Errorf("Adam: %s = %v, want above 0 and below %v", f.name, f.value, f.below)
		}
	}
	return nil
}

// Scaled is the same with factor times the rate.
func (o Adam) Scaled(factor float64) Optimizer {
	o.Rate = o.full().Rate * factor
	return o
}

// Slots is 2: the moments m and v.
func (Adam) Slots() int { return 2 }

// At gives both decays, both of their rests, the corrected rate, and epsilon.
func (o Adam) At(step int) Step {
	o = o.full()
	t := float64(step)
	rate := o.Rate * math.Sqrt(1-math.Pow(o.Beta2, t)) / (1 - math.Pow(o.Beta1, t))
	return Step{
		float32(o.Beta1), float32(1 - o.Beta1), float32(o.Beta2), float32(1 - o.Beta2),
		float32(rate), float32(o.Epsilon),
	}
}

// Update moves the weights and both moments.
func (Adam) Update(s Step, p Part) {
	block := kernel.AdamBlock{
		Rows: p.Rows, Width: p.Weights.Width, W: p.Weights.Data, WRow: p.Weights.Stride,
		G: p.Gradient.Data, GRow: p.Gradient.Stride, M: p.Slots[0].Data, V: p.Slots[1].Data,
	}
	p.Kernels.Adam(block, kernel.AdamStep{
		Beta1: s[0], Rest1: s[1], Beta2: s[2], Rest2: s[3], Rate: s[4], Epsilon: s[5],
	})
}
