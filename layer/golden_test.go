package layer_test

import (
	"encoding/json"
	"math"
	"os"
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
