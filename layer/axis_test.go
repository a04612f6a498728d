package layer_test

import (
	"math"
	"testing"

	"braid"
	"braid/layer"
	"braid/tensor"
)

// axis checks Sum and AxisSoftmax.
var axis = family{
	networks: map[string]network{
		"sums along axes": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 4, 3)
			a := g.Add("a", layer.Dense{Units: 5, Activation: layer.Tanh}, x)
			g.Head("steps", layer.Sum{Axis: 1}, a)
			g.Head("last", layer.Dense{Units: 2}, g.Add("s", layer.Sum{}, a))
			g.Head("kept", layer.Multiply{}, g.Add("k", layer.Sum{Axis: -2, KeepDims: true}, a), a)
		}},
		"softmax along axes": {draw: func(g *braid.Graph) {
			x, mask := g.Input("x", tensor.Float32, 5, 3), g.Input("mask", tensor.Float32, 5)
			a := g.Add("a", layer.Dense{Units: 6}, x)
			g.Head("steps", layer.AxisSoftmax{Axis: 1}, a)
			g.Head("masked", layer.AxisSoftmax{Axis: -2}, a, mask)
			cube := g.Add("cube", layer.Reshape{Shape: []int{-1, 5, 3}}, a)
			g.Head("outer", layer.AxisSoftmax{Axis: 2}, cube)
			g.Head("last", layer.Dense{Units: 2}, g.Add("s", layer.AxisSoftmax{}, a))
		}},
	},
	configs: []config{
		{layer.Sum{Axis: 1, KeepDims: true}, `{"axis":1,"keep_dims":true}`},
		{layer.AxisSoftmax{Axis: -2}, `{"axis":-2}`},
	},
	mistakes: []mistake{
		{layer.Sum{Axis: 3}, "3x4", "Sum: Axis = 3, want -2 to 2"},
		{layer.Sum{}, "3x4 3x4", "got 2 inputs, want 1"},
		{layer.AxisSoftmax{Axis: -3}, "3x4", "AxisSoftmax: Axis = -3, want -2 to 2"},
		{layer.AxisSoftmax{Axis: 1}, "3x4 4", "the mask has shape [4], want [3] or [3 4]"},
		{layer.AxisSoftmax{}, "4 4 4", "AxisSoftmax: got 3 inputs"},
	},
}

// A masked number has no part in a softmax, and a row of masked numbers is 0.
func TestMaskedSoftmax(t *testing.T) {
	x := tensor.Floats([]float32{1, 70, 2, 5, 9, 9, 9, 9}, 2, 4)
	mask := tensor.Floats([]float32{1, 0, 1, 0, 0, 0, 0, 0}, 2, 4)
	got := predict(t, layer.AxisSoftmax{}, x, mask)
	e := 1 / (1 + math.Exp(1))
	for i, want := range []float64{e, 0, 1 - e, 0, 0, 0, 0, 0} {
		if math.Abs(float64(got[i])-want) > 1e-6 {
			t.Fatalf("got %v, want %v, 0, %v and zeros", got, e, 1-e)
		}
	}
}

// The mask has the axes up to the softmax's axis. It hides the same steps of all columns.
func TestMaskedSoftmaxInside(t *testing.T) {
	const outer, length, inner = 2, 3, 4
	x := numbers(1, outer*length*inner)
	mask := []float32{1, 0, 1, 0, 1, 1}
	got := predict(t, layer.AxisSoftmax{Axis: 2}, tensor.Floats(x, 1, outer, length, inner),
		tensor.Floats(mask, 1, outer, length))
	for at := range x {
		o, i := at/(length*inner), at%inner
		var sum, want float64
		for j := range length {
			from := (o*length+j)*inner + i
			if e := math.Exp(float64(x[from])); mask[o*length+j] != 0 {
				sum += e
				if from == at {
					want = e
				}
			}
		}
		if math.Abs(float64(got[at])-want/sum) > 1e-6 {
			t.Fatalf("number %d is %v, want %v", at, got[at], want/sum)
		}
	}
}
