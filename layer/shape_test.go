package layer_test

import (
	"slices"
	"testing"

	"braid"
	"braid/layer"
	"braid/tensor"
)

// shape checks Concatenate, Flatten, Permute and Reshape.
var shape = family{
	networks: map[string]network{
		"concatenate in place, beside an input": {draw: func(g *braid.Graph) {
			x, y := g.Input("x", tensor.Float32, 2, 2), g.Input("y", tensor.Float32, 3)
			a := g.Add("a", layer.Dense{Units: 20, Activation: layer.Tanh}, y)
			b := g.Add("b", layer.Dense{Units: 3, Activation: layer.Sigmoid}, y)
			flat := g.Add("flat", layer.Flatten{}, x)
			both := g.Add("both", layer.Concatenate{}, a, flat, b)
			g.Head("head", layer.Dense{Units: 2}, both)
			g.Head("beside", layer.Dense{Units: 1}, a)
		}},
		"concatenate twice, with itself": {draw: func(g *braid.Graph) {
			y := g.Input("y", tensor.Float32, 3)
			a := g.Add("a", layer.Dense{Units: 4, Activation: layer.Tanh}, y)
			b := g.Add("b", layer.Dense{Units: 2}, y)
			one := g.Add("one", layer.Concatenate{}, a, b, a)
			two := g.Add("two", layer.Concatenate{}, b, a)
			g.Head("head", layer.Dense{Units: 2}, one)
			g.Head("other", layer.Dense{Units: 3}, two)
		}},
		"concatenate steps and features": {draw: func(g *braid.Graph) {
			ids := g.Input("ids", tensor.Int32, 3)
			a := g.Add("a", layer.Embedding{Vocabulary: 5, Width: 2}, ids)
			b := g.Add("b", layer.Embedding{Vocabulary: 5, Width: 2}, ids)
			c := g.Add("c", layer.Embedding{Vocabulary: 5, Width: 3}, ids)
			steps := g.Add("steps", layer.Concatenate{Axis: 1}, a, b)
			features := g.Add("features", layer.Concatenate{}, a, c)
			g.Head("head", layer.LSTM{Units: 2}, steps)
			g.Head("other", layer.LSTM{Units: 3}, features)
		}},
		"moves": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 4, 3)
			a := g.Add("a", layer.Dense{Units: 6, Activation: layer.Tanh}, x)
			flat := g.Add("flat", layer.Reshape{Shape: []int{-1}}, a)
			g.Head("head", layer.Dense{Units: 2}, flat)
			cube := g.Add("cube", layer.Reshape{Shape: []int{2, 3, 4}},
				g.Add("swapped", layer.Permute{Dims: []int{2, 1}}, a))
			first := g.Add("first", layer.Permute{Dims: []int{3, 1, 2}}, cube)
			g.Head("rotated", layer.Dense{Units: 2}, first)
			other := g.Add("other", layer.Permute{Dims: []int{1, 3, 2}}, cube)
			g.Head("exchanged", layer.Dense{Units: 2}, other)
		}},
	},
	configs: []config{
		{layer.Concatenate{Axis: -2}, `{"axis":-2}`},
		{layer.Flatten{}, `{}`},
		{layer.Permute{Dims: []int{2, 1}}, `{"dims":[2,1]}`},
		{layer.Reshape{Shape: []int{2, -1}}, `{"shape":[2,-1]}`},
	},
	mistakes: []mistake{
		{layer.Reshape{Shape: []int{3, 5}}, "3x4", "Shape = [3 5] does not fit the 12 numbers of a row"},
		{layer.Reshape{Shape: []int{5, -1}}, "3x4", "Shape = [5 -1] does not fit"},
		{layer.Reshape{Shape: []int{-1, -1}}, "3x4", "want -1 for one axis at most"},
		{layer.Reshape{Shape: []int{0}}, "3x4", "Shape = [0], want axes of 1 or more"},
		{layer.Reshape{Shape: []int{1 << 40, 1 << 40}}, "3x4", "has more than"},
		{layer.Permute{Dims: []int{1}}, "3x4", "Dims = [1], want each of the input's 2 axes once"},
		{layer.Permute{Dims: []int{1, 1}}, "3x4", "Dims = [1 1], want each axis from 1 to 2 once"},
		{layer.Permute{Dims: []int{0, 1}}, "3x4", "Dims = [0 1], want each axis"},
		{layer.Concatenate{Axis: 3}, "3x4 3x4", "Axis = 3"},
		{layer.Concatenate{}, "4", "got 1 inputs, want 2 or more"},
		{layer.Concatenate{}, "3x4 4", "the inputs differ in the number of axes"},
		{layer.Concatenate{}, "3x4 5x4", "input 1 differs from the first in axis 1: 5, want 3"},
		{layer.Permute{Dims: []int{2, 1}}, "3x4 3x4", "got 2 inputs, want 1"},
		{layer.Reshape{Shape: []int{4, 3}}, "3x4 3x4", "got 2 inputs, want 1"},
		{layer.Flatten{}, "3x4 3x4", "got 2 inputs, want 1"},
	},
}

func TestMoves(t *testing.T) {
	x := tensor.Floats([]float32{1, 2, 3, 4, 5, 6}, 1, 2, 3)
	for _, c := range []struct {
		layer braid.Layer
		want  []float32
	}{
		{layer.Permute{Dims: []int{2, 1}}, []float32{1, 4, 2, 5, 3, 6}},
		{layer.Permute{Dims: []int{1, 2}}, []float32{1, 2, 3, 4, 5, 6}},
		{layer.Reshape{Shape: []int{3, -1}}, []float32{1, 2, 3, 4, 5, 6}},
		{layer.Sum{}, []float32{6, 15}},
		{layer.Sum{Axis: 1}, []float32{5, 7, 9}},
		{layer.Activation{Function: layer.LeakyReLU, Slope: 0.5}, []float32{1, 2, 3, 4, 5, 6}},
	} {
		if got := predict(t, c.layer, x); !slices.Equal(got, c.want) {
			t.Errorf("%+v: got %v, want %v", c.layer, got, c.want)
		}
	}
	minus := tensor.Floats([]float32{-2, 3}, 1, 2)
	got := predict(t, layer.Activation{Function: layer.LeakyReLU, Slope: 0.25}, minus)
	if !slices.Equal(got, []float32{-0.5, 3}) {
		t.Errorf("LeakyReLU with slope 0.25 of -2 and 3: got %v", got)
	}
}
