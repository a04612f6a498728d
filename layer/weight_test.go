package layer_test

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"braid"
	"braid/internal/braidtest"
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

// TestInitializers checks the distributions that Keras documents.
func TestInitializers(t *testing.T) {
	g := braid.NewGraph("initial")
	ids := g.Input("ids", tensor.Int32, 5)
	e := g.Add("e", layer.Embedding{Vocabulary: 300, Width: 40}, ids)
	s := g.Add("s", layer.LSTM{Units: 24}, e)
	g.Head("d", layer.Dense{Units: 7}, s)
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string][]float32{}
	for _, w := range m.Weights() {
		values[w.Name()] = w.Values()
	}
	for name, limit := range map[string]float64{
		"e.embeddings": 0.05, "s.kernel": math.Sqrt(6. / (40 + 96)), "d.kernel": math.Sqrt(6. / (24 + 7)),
	} {
		var sum, squares, largest float64
		for _, v := range values[name] {
			sum, squares = sum+float64(v), squares+float64(v)*float64(v)
			largest = max(largest, math.Abs(float64(v)))
		}
		n := float64(len(values[name]))
		// Uniform in [-limit, limit]: mean 0, variance limit²/3, each within five standard errors.
		if largest > limit || largest < 0.9*limit || math.Abs(sum/n) > 5*limit/math.Sqrt(3*n) ||
			math.Abs(squares/n-limit*limit/3) > 5*limit*limit*math.Sqrt(4./45/n) {
			t.Errorf("%s: mean %v, mean square %v, largest %v: not uniform within %v",
				name, sum/n, squares/n, largest, limit)
		}
	}
	recurrent := values["s.recurrent_kernel"]
	for a := range 24 {
		for b := range 24 {
			var dot float64
			for i := range 96 {
				dot += float64(recurrent[96*a+i]) * float64(recurrent[96*b+i])
			}
			want := 0.0
			if a == b {
				want = 1
			}
			if math.Abs(dot-want) > 1e-5 {
				t.Fatalf("rows %d and %d of the recurrent kernel have product %v, want %v", a, b, dot, want)
			}
		}
	}
	for i, v := range values["s.bias"] {
		if want := float32(map[bool]int{true: 1}[i >= 24 && i < 48]); v != want {
			t.Errorf("LSTM bias %d is %v, want %v", i, v, want)
		}
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
}

// TestNoBias checks that every layer with the fields NoBias and Bias refuses both.
func TestNoBias(t *testing.T) {
	bias := layer.Weight{L2: 0.5}
	var checked []string
	for _, c := range []struct {
		layer braid.Layer
		input string
	}{
		{layer.Conv1D{Filters: 1, Size: 2, NoBias: true, Bias: bias}, "4x2"},
		{layer.Conv2D{Filters: 1, Size: two, NoBias: true, Bias: bias}, "4x3x2"},
		{layer.Dense{Units: 1, NoBias: true, Bias: bias}, "4x2"},
		{layer.DepthwiseConv2D{Size: two, NoBias: true, Bias: bias}, "4x3x2"},
		{layer.GRU{Units: 1, NoBias: true, Bias: bias}, "4x2"},
		{layer.LSTM{Units: 1, NoBias: true, Bias: bias}, "4x2"},
		{layer.MultiHeadAttention{Heads: 1, KeyWidth: 1, NoBias: true, Bias: bias}, "4x2"},
		{layer.SimpleRNN{Units: 1, NoBias: true, Bias: bias}, "4x2"},
	} {
		kind := c.layer.Kind()
		checked = append(checked, kind)
		g := braid.NewGraph("mistakes")
		g.Head("h", c.layer, described(t, g, c.input))
		braidtest.GraphMistake(t, g, kind+": Bias is set, but NoBias = true: want one of them")
	}
	var want []string
	for _, l := range layer.Members {
		_, noBias := reflect.TypeOf(l).FieldByName("NoBias")
		_, bias := reflect.TypeOf(l).FieldByName("Bias")
		if noBias && bias {
			want = append(want, l.Kind())
		}
	}
	if !slices.Equal(checked, want) {
		t.Errorf("checked %v, want %v", checked, want)
	}
}
