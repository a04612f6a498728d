package optim_test

import (
	"math"
	"strings"
	"testing"

	"braid/internal/kernel"
	"braid/optim"
	"braid/tensor"
)

// Three steps against the formula in float64, with Keras' place for epsilon. The gradients are so
// small that PyTorch's place would give another result.
func TestAdam(t *testing.T) {
	o := optim.Adam{Rate: 0.01}
	w := tensor.Rows[float32]{Data: []float32{1, -2, 0.5}, Width: 3, Stride: 3}
	slots := []tensor.Rows[float32]{tensor.NewRows[float32](1, 3), tensor.NewRows[float32](1, 3)}
	var m, v [3]float64
	want := []float64{1, -2, 0.5}
	for step := 1; step <= 3; step++ {
		g := []float32{1e-7 * float32(step), -3, float32(step) - 2.5}
		o.Update(o.At(step), optim.Part{Rows: 1, Weights: w, Gradient: tensor.Rows[float32]{Data: g, Width: 3, Stride: 3}, Slots: slots, Kernels: kernel.Default()})
		for i := range want {
			m[i] += (float64(g[i]) - m[i]) * 0.1
			v[i] += (float64(g[i])*float64(g[i]) - v[i]) * 0.001
			rate := 0.01 * math.Sqrt(1-math.Pow(0.999, float64(step))) / (1 - math.Pow(0.9, float64(step)))
			want[i] -= rate * m[i] / (math.Sqrt(v[i]) + 1e-7)
			if math.Abs(float64(w.Data[i])-want[i]) > 1e-6 {
				t.Errorf("step %d: weight %d is %v, want %v", step, i, w.Data[i], want[i])
			}
		}
	}
}

func TestAdamMistakes(t *testing.T) {
	for want, o := range map[string]optim.Adam{
		"Rate = -1": {Rate: -1}, "Rate = NaN": {Rate: math.NaN()}, "Rate = +Inf": {Rate: math.Inf(1)},
		"Beta1 = 1": {Beta1: 1}, "Beta2 = 2": {Beta2: 2}, "Epsilon = -1": {Epsilon: -1},
	} {
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
	if err := (optim.Adam{}).Check(); err != nil {
		t.Error(err)
	}
}
