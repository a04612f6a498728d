package optim_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"braid/optim"
	"braid/tensor"
)

// TestAdam compares three steps with the formula in float64, with epsilon added as in Keras. The
// gradients are so small that PyTorch's order would give another result.
func TestAdam(t *testing.T) {
	testAdam(t, optim.Adam{Rate: 0.01}, 0.9, 0.999)
	testAdam(t, optim.Adam{Rate: 0.01, Beta1: new(0.0)}, 0, 0.999)
	testAdam(t, optim.Adam{Rate: 0.01, Beta1: new(0.7), Beta2: new(0.0)}, 0.7, 0)
}

func testAdam(t *testing.T, o optim.Adam, beta1, beta2 float64) {
	t.Helper()
	w := tensor.Rows[float32]{Data: []float32{1, -2, 0.5}, Width: 3, Stride: 3}
	slots := []tensor.Rows[float32]{tensor.NewRows[float32](1, 3), tensor.NewRows[float32](1, 3)}
	var m, v [3]float64
	want := []float64{1, -2, 0.5}
	for step := 1; step <= 3; step++ {
		g := []float32{1e-7 * float32(step), -3, float32(step) - 2.5}
		o.Update(o.At(step), optim.Block{Rows: 1, Weights: w,
			Gradient: tensor.Rows[float32]{Data: g, Width: 3, Stride: 3}, Slots: slots})
		for i := range want {
			m[i] += (float64(g[i]) - m[i]) * (1 - beta1)
			v[i] += (float64(g[i])*float64(g[i]) - v[i]) * (1 - beta2)
			rate := 0.01 * math.Sqrt(1-math.Pow(beta2, float64(step))) / (1 - math.Pow(beta1, float64(step)))
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
		"Beta1 = 1": {Beta1: new(1.0)}, "Beta2 = 2": {Beta2: new(2.0)},
		"Beta1 = -0.1": {Beta1: new(-0.1)}, "Beta2 = NaN": {Beta2: new(math.NaN())},
		"Epsilon = -1": {Epsilon: -1},
	} {
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
	if err := (optim.Adam{}).Check(); err != nil {
		t.Error(err)
	}
}

// A decay of 0 is written and read back as 0, not as the default.
func TestDecode(t *testing.T) {
	for config, want := range map[string]optim.Step{
		`{}`:          optim.Adam{}.At(3),
		`{"Beta1":0}`: optim.Adam{Beta1: new(0.0)}.At(3),
		`{"Rate":0.5,"Beta1":0.25,"Beta2":0.5,"Epsilon":2}`: optim.Adam{Rate: 0.5, Beta1: new(0.25),
			Beta2: new(0.5), Epsilon: 2}.At(3),
	} {
		o, err := optim.Decode("adam", []byte(config))
		if err != nil || o.At(3) != want {
			t.Errorf("%s gives %v (%v), want %v", config, o, err, want)
			continue
		}
		again, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := optim.Decode("adam", again); err != nil || back.At(3) != want {
			t.Errorf("%s is written as %s, which gives %v (%v)", config, again, back, err)
		}
	}
	if _, err := optim.Decode("adam", []byte(`{"Beta":0.5}`)); err == nil ||
		!strings.Contains(err.Error(), `unknown field "Beta"`) {
		t.Errorf("error is %v", err)
	}
	if _, err := optim.Decode("adm", nil); err == nil ||
		!strings.Contains(err.Error(), `did you mean "adam"?`) {
		t.Errorf("error is %v", err)
	}
}
