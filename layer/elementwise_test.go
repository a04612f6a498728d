package layer_test

import (
	"slices"
	"testing"

	"braid"
	"braid/layer"
	"braid/tensor"
)

// elementwise checks the layers that combine their inputs element by element.
var elementwise = family{
	networks: map[string]network{
		"sums": {draw: func(g *braid.Graph) {
			x, y := g.Input("x", tensor.Float32, 4, 3), g.Input("y", tensor.Float32, 1, 3)
			a, b := g.Add("a", layer.Dense{Units: 2}, x), g.Add("b", layer.Dense{Units: 2}, y)
			c := g.Add("c", layer.Dense{Units: 1, Activation: layer.Tanh}, x)
			g.Head("head", layer.Dense{Units: 3}, g.Add("abc", layer.Add{}, a, b, c))
			g.Head("twice", layer.Add{}, a, a)
		}},
		"merges": {draw: func(g *braid.Graph) {
			x, y := g.Input("x", tensor.Float32, 4, 3), g.Input("y", tensor.Float32, 1, 3)
			a, b := g.Add("a", layer.Dense{Units: 2}, x), g.Add("b", layer.Dense{Units: 2}, y)
			c := g.Add("c", layer.Dense{Units: 1, Activation: layer.Tanh}, x)
			g.Head("subtract", layer.Subtract{}, b, a)
			g.Head("average", layer.Average{}, a, b, c)
			g.Head("multiply", layer.Multiply{}, a, b, c)
			g.Head("input", layer.Multiply{}, x, g.Add("d", layer.Dense{Units: 3}, y))
			g.Head("square", layer.Dense{Units: 3}, g.Add("aa", layer.Multiply{}, a, a))
		}},
		// Inputs stay apart, because a difference across a kink is no derivative: each is the largest,
		// the middle and the smallest somewhere.
		"extremes": {
			draw: func(g *braid.Graph) {
				x, y := g.Input("x", tensor.Float32, 2, 4), g.Input("y", tensor.Float32, 1, 4)
				small := layer.Dense{Units: 3, Kernel: layer.Weight{Init: layer.Uniform, Value: 0.08}}
				a, b, c := g.Add("a", small, x), g.Add("b", small, x), g.Add("c", small, y)
				g.Head("high", layer.Maximum{}, a, b, c)
				g.Head("low", layer.Minimum{}, c, a, b)
				g.Head("same", layer.Maximum{}, a, a)
			},
			weights: map[string][]float32{
				"a.bias": {3, 0, -3}, "b.bias": {0, -3, 3}, "c.bias": {-3, 3, 0},
			},
		},
	},
	configs: []config{
		{layer.Add{}, `{}`},
		{layer.Subtract{}, `{}`},
		{layer.Multiply{}, `{}`},
		{layer.Average{}, `{}`},
		{layer.Maximum{}, `{}`},
		{layer.Minimum{}, `{}`},
	},
	mistakes: []mistake{
		{layer.Subtract{}, "4 4 4", "Subtract: got 3 inputs, want 2"},
		{layer.Multiply{}, "4", "Multiply: got 1 inputs, want 2 or more"},
		{layer.Maximum{}, "4 3x4", "Maximum: input 1 has 2 axes, the first has 1"},
		{layer.Add{}, "4", "Add: got 1 inputs, want 2 or more"},
		{layer.Add{}, "4 3x4", "input 1 has 2 axes, the first has 1"},
		{layer.Add{}, "4 2", "input 1 has length 2 in axis 1, want 4 or 1"},
		{layer.Average{}, "4", "got 1 inputs, want 2 or more"},
		{layer.Minimum{}, "4 i4", `input "i4" is int32`},
	},
}

func TestElementwise(t *testing.T) {
	a := tensor.Floats([]float32{1, 2, 3, 4, 5, 6}, 1, 2, 3)
	b := tensor.Floats([]float32{6, 0, -3}, 1, 1, 3)
	for _, c := range []struct {
		layer braid.Layer
		want  []float32
	}{
		{layer.Add{}, []float32{7, 2, 0, 10, 5, 3}},
		{layer.Subtract{}, []float32{-5, 2, 6, -2, 5, 9}},
		{layer.Multiply{}, []float32{6, 0, -9, 24, 0, -18}},
		{layer.Average{}, []float32{3.5, 1, 0, 5, 2.5, 1.5}},
		{layer.Maximum{}, []float32{6, 2, 3, 6, 5, 6}},
		{layer.Minimum{}, []float32{1, 0, -3, 4, 0, -3}},
	} {
		if got := predict(t, c.layer, a, b); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.layer.Kind(), got, c.want)
		}
	}
}
