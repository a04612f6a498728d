package layer_test

import (
	"encoding/json"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"braid"
	"braid/layer"
	"braid/tensor"
)

// goldenTolerance bounds the error of float32 against float64, relative for numbers above 1. The
// sums have at most 13 terms.
const goldenTolerance = 1e-6

// numbers returns the inputs and weights that testdata/golden.py uses.
func numbers(seed float64, n int) []float32 {
	list := make([]float32, n)
	for i := range list {
		list[i] = float32(math.Sin(seed + 0.7*float64(i) + 0.01*float64(i)*float64(i)))
	}
	return list
}

// flat returns the numbers of nested lists.
func flat(value any) []float64 {
	if list, ok := value.([]any); ok {
		var all []float64
		for _, v := range list {
			all = append(all, flat(v)...)
		}
		return all
	}
	return []float64{value.(float64)}
}

// TestGolden compares each layer's output with PyTorch's in float64: testdata/golden.py.
func TestGolden(t *testing.T) {
	content, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden map[string]any
	if err := json.Unmarshal(content, &golden); err != nil {
		t.Fatal(err)
	}
	x := tensor.Floats(numbers(1, 10), 2, 5)
	sequence := tensor.Floats(numbers(2, 24), 2, 4, 3)
	ids := tensor.Ints([]int32{0, 5, 2, 5, 3, 1, 1, 4}, 2, 4)
	check := func(name string, l braid.Layer, input tensor.Tensor, times int, seeds ...float64) {
		g := braid.NewGraph("golden")
		in := g.Input("in", input.DType(), input.Shape()[1:]...)
		nodes := []*braid.Node{in, in}[:times]
		g.Head("out", l, nodes...)
		m, err := g.Build(1)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range m.Weights() {
			values := numbers(seeds[i], w.Shape().Size())
			for j, v := range values {
				if strings.HasSuffix(w.Name(), "variance") {
					values[j] = v*v + 0.5
				}
			}
			if err := w.Set(values); err != nil {
				t.Fatal(err)
			}
		}
		out, err := m.Predict(braid.Tensors{"in": input})
		if err != nil {
			t.Fatal(err)
		}
		want, got := flat(golden[name]), out["out"].Float32s()
		if len(got) != len(want) {
			t.Errorf("%s: %d numbers, want %d", name, len(got), len(want))
			return
		}
		for i, v := range got {
			if math.Abs(float64(v)-want[i]) > goldenTolerance*max(1, math.Abs(want[i])) {
				t.Errorf("%s: number %d is %v, want %v", name, i, v, want[i])
				return
			}
		}
	}
	for a := layer.Linear; a.Check() == nil; a++ {
		check("dense_"+a.String(), layer.Dense{Units: 4, Activation: a}, x, 1, 3, 4)
		check("steps_"+a.String(), layer.Dense{Units: 4, Activation: a}, sequence, 1, 3, 4)
	}
	check("lstm_last", layer.LSTM{Units: 2}, sequence, 1, 5, 6, 7)
	check("lstm_sequences", layer.LSTM{Units: 2, Sequences: true}, sequence, 1, 5, 6, 7)
	check("embedding", layer.Embedding{Vocabulary: 6, Width: 3}, ids, 1, 8)
	check("concatenate_last", layer.Concatenate{}, sequence, 2)
	check("concatenate_first", layer.Concatenate{Axis: 1}, sequence, 2)
	check("layer_normalization", layer.LayerNormalization{}, sequence, 1, 9, 10)
	check("layer_normalization_axes", layer.LayerNormalization{Axes: []int{1, 2}}, sequence, 1, 9, 10)
	check("batch_normalization", layer.BatchNormalization{}, sequence, 1, 9, 10, 11, 12)
	check("add", layer.Add{}, sequence, 2)
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

// Every layer's configuration can be written to JSON and read back.
func TestDecode(t *testing.T) {
	for _, l := range []braid.Layer{
		layer.Dense{Units: 3, Activation: layer.Softmax, NoBias: true},
		layer.LSTM{Units: 2, Sequences: true},
		layer.Embedding{Vocabulary: 5, Width: 2}, layer.Concatenate{Axis: -2}, layer.Flatten{},
		layer.BatchNormalization{Momentum: new(0.0), Epsilon: 0.5, NoScale: true},
		layer.LayerNormalization{Axes: []int{1, -1}, NoCenter: true},
		layer.Dropout{Rate: 0.25}, layer.Add{}, layer.Activation{Function: layer.GELUTanh},
		layer.Dense{Units: 1, Frozen: true},
	} {
		config, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := layer.Decode(l.Kind(), config); err != nil || !reflect.DeepEqual(back, l) {
			t.Errorf("%s reads back as %+v (%v), want %+v", config, back, err, l)
		}
	}
}
