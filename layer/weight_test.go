package layer_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/layer"
	"braid/tensor"
)

// TestWeightInit compares the distribution of a kernel [40, 90], whose fans differ, with each
// initializer's formula.
func TestWeightInit(t *testing.T) {
	const in, out = 40.0, 90.0
	glorot := math.Sqrt(2 / (in + out))
	for _, c := range []struct {
		weight           layer.Weight
		deviation, limit float64 // limit: of the magnitude; 0: none
	}{
		{layer.Weight{}, glorot, glorot * math.Sqrt(3)},
		{layer.Weight{Init: layer.Uniform}, 0.05 / math.Sqrt(3), 0.05},
		{layer.Weight{Init: layer.Uniform, Value: 2}, 2 / math.Sqrt(3), 2},
		{layer.Weight{Init: layer.Normal}, 0.05, 0},
		{layer.Weight{Init: layer.Normal, Value: 3}, 3, 0},
		{layer.Weight{Init: layer.TruncNormal, Value: 3}, 3 * 0.8796, 6},
		{layer.Weight{Init: layer.GlorotUniform}, glorot, glorot * math.Sqrt(3)},
		{layer.Weight{Init: layer.GlorotNormal}, glorot, 2 * glorot / 0.8796},
		{layer.Weight{Init: layer.HeUniform}, math.Sqrt(2 / in), math.Sqrt(6 / in)},
		{layer.Weight{Init: layer.HeNormal}, math.Sqrt(2 / in), 2 * math.Sqrt(2/in) / 0.8796},
		{layer.Weight{Init: layer.LecunUniform}, math.Sqrt(1 / in), math.Sqrt(3 / in)},
		{layer.Weight{Init: layer.LecunNormal}, math.Sqrt(1 / in), 2 * math.Sqrt(1/in) / 0.8796},
		{layer.Weight{Init: layer.Orthogonal}, math.Sqrt(1 / out), 1},
		{layer.Weight{Init: layer.Orthogonal, Value: 5}, 5 * math.Sqrt(1/out), 5},
	} {
		values := started(t, layer.Dense{Units: out, Kernel: c.weight}, in, "h.kernel")
		var squares, largest float64
		for _, v := range values {
			squares += float64(v) * float64(v)
			largest = max(largest, math.Abs(float64(v)))
		}
		deviation := math.Sqrt(squares / float64(len(values)))
		if math.Abs(deviation/c.deviation-1) > 0.04 { // 4 standard errors of 3,600 numbers
			t.Errorf("%v: standard deviation %.4f, want %.4f", c.weight, deviation, c.deviation)
		}
		if c.limit > 0 && (largest > c.limit*1.0001 || largest < 0.3*c.limit) {
			t.Errorf("%v: largest magnitude %.4f, want nearly %.4f", c.weight, largest, c.limit)
		}
	}
	bias := started(t, layer.Dense{Units: 3, Bias: layer.Weight{Init: layer.Constant, Value: -0.5}},
		2, "h.bias")
	if !slices.Equal(bias, []float32{-0.5, -0.5, -0.5}) {
		t.Errorf("the bias starts at %v, want -0.5", bias)
	}
}

// started returns the first numbers of a weight of a layer over an input of some width.
func started(t *testing.T, l braid.Layer, width int, weight string) []float32 {
	t.Helper()
	g := braid.NewGraph("starts")
	g.Head("h", l, g.Input("x", tensor.Float32, width))
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	w, err := m.Weight(weight)
	if err != nil {
		t.Fatal(err)
	}
	return w.Values()
}

func TestWeightJSON(t *testing.T) {
	want := layer.Dense{Units: 2, Kernel: layer.Weight{Init: layer.TruncNormal, Value: 0.1}}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	const wanted = `{"units":2,"kernel":{"init":"truncated_normal","value":0.1}}`
	if string(text) != wanted {
		t.Errorf("got %s, want %s", text, wanted)
	}
	if got, err := layer.Decode("Dense", text); err != nil || got != braid.Layer(want) {
		t.Errorf("decoded %v and %v, want %v", got, err, want)
	}
	bad := []byte(`{"units":2,"kernel":{"init":"he_norml"}}`)
	_, err = layer.Decode("Dense", bad)
	if err == nil || !strings.Contains(err.Error(), "he_normal") {
		t.Errorf("error %v, want one that names he_normal", err)
	}
}

// A weight has the regularization of its field, also beside an initializer, and the same first
// values as without.
func TestWeightRegularization(t *testing.T) {
	plain := layer.Dense{Units: 2, Kernel: layer.Weight{Init: layer.HeNormal}}
	l := plain
	l.Kernel.L1, l.Kernel.L2, l.Bias.MaxNorm = 0.5, 0.25, 2
	for name, want := range map[string]braid.Regularization{
		"h.kernel": {L1: 0.5, L2: 0.25}, "h.bias": {MaxNorm: 2},
	} {
		g := braid.NewGraph("regularized")
		g.Head("h", l, g.Input("x", tensor.Float32, 3))
		m, err := g.Build(1)
		if err != nil {
			t.Fatal(err)
		}
		w, err := m.Weight(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.Regularization(); got != want {
			t.Errorf("%s has %+v, want %+v", name, got, want)
		}
		if !slices.Equal(w.Values(), started(t, plain, 3, name)) {
			t.Errorf("%s starts elsewhere than without regularization", name)
		}
	}
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := layer.Decode("Dense", text); err != nil || got != braid.Layer(l) {
		t.Errorf("%s is decoded as %v and %v", text, got, err)
	}
}

func TestBadWeights(t *testing.T) {
	for want, l := range map[string]braid.Layer{
		"Kernel: Value = NaN, want a finite number": layer.Dense{Units: 1,
			Kernel: layer.Weight{Init: layer.Normal, Value: math.NaN()}},
		"Bias: Value = 2, but the initializer he_normal takes none": layer.Dense{Units: 1,
			Bias: layer.Weight{Init: layer.HeNormal, Value: 2}},
		"Kernel: Value = 3, but the initializer default takes none": layer.Dense{Units: 1,
			Kernel: layer.Weight{Value: 3}},
		"Kernel: Value = -1, want 0 or more": layer.Dense{Units: 1,
			Kernel: layer.Weight{Init: layer.Uniform, Value: -1}},
		"Kernel: Init = Init(99), want one of": layer.Dense{Units: 1,
			Kernel: layer.Weight{Init: 99}},
		"Kernel: L1 = -1, want a finite number, 0 or more": layer.Dense{Units: 1,
			Kernel: layer.Weight{L1: -1}},
		"Bias: L2 = +Inf, want a finite number": layer.Dense{Units: 1,
			Bias: layer.Weight{L2: math.Inf(1)}},
		"Recurrent: MaxNorm = NaN, want a finite number": layer.LSTM{Units: 1,
			Recurrent: layer.Weight{MaxNorm: math.NaN()}},
	} {
		g := braid.NewGraph("bad")
		g.Head("h", l, g.Input("x", tensor.Float32, 1, 2))
		if _, err := g.Build(1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
