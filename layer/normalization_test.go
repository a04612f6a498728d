package layer_test

import (
	"braid"
	"braid/layer"
	"braid/tensor"
)

// normalization checks BatchNormalization and LayerNormalization.
var normalization = family{
	networks: map[string]network{
		"batch normalization": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3)
			under := g.Add("under", layer.Dense{Units: 5}, x)
			bn := g.Add("bn", layer.BatchNormalization{}, under)
			g.Head("head", layer.Dense{Units: 2, Activation: layer.Tanh}, bn)
			g.Head("beside", layer.Dense{Units: 3}, under)
		}},
		"batch normalization of steps, with a mask": {draw: func(g *braid.Graph) {
			x, mask := g.Input("x", tensor.Float32, 4, 3), g.Input("mask", tensor.Float32, 4)
			under := g.Add("under", layer.Dense{Units: 2, Activation: layer.Sigmoid}, x)
			first := g.Add("first", layer.BatchNormalization{NoScale: true}, under, mask)
			between := g.Add("between", layer.Dense{Units: 3, Activation: layer.Tanh}, first)
			g.Head("head", layer.BatchNormalization{NoCenter: true, Epsilon: 0.1}, between)
		}},
		"frozen batch normalization": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3)
			under := g.Add("under", layer.Dense{Units: 4}, x)
			g.Head("head", layer.Dense{Units: 2}, g.Add("bn", layer.BatchNormalization{Frozen: true}, under))
		}},
		"layer normalization": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 4, 3)
			under := g.Add("under", layer.Dense{Units: 5}, x)
			last := g.Add("last", layer.LayerNormalization{}, under)
			bent := g.Add("bent", layer.Activation{Function: layer.Tanh}, last)
			first := g.Add("first", layer.LayerNormalization{Axes: []int{1}, Epsilon: 0.2}, bent)
			g.Head("both", layer.LayerNormalization{Axes: []int{2, 1}}, first)
			g.Head("head", layer.Dense{Units: 2}, first)
		}},
		"layer normalization, padded rows of the weights": {draw: func(g *braid.Graph) {
			under := g.Add("under", layer.Dense{Units: 37}, g.Input("x", tensor.Float32, 2, 3))
			frozen := g.Add("frozen", layer.LayerNormalization{Axes: []int{1, 2}, Frozen: true}, under)
			g.Head("head", layer.LayerNormalization{Axes: []int{1, 2}}, frozen)
		}},
	},
	configs: []config{
		{layer.BatchNormalization{Momentum: new(0.0), Epsilon: 0.5, NoScale: true},
			`{"momentum":0,"epsilon":0.5,"no_scale":true}`},
		{layer.LayerNormalization{Axes: []int{1, -1}, NoCenter: true},
			`{"axes":[1,-1],"no_center":true}`},
	},
	mistakes: []mistake{
		{layer.BatchNormalization{Momentum: new(1.5)}, "4", "Momentum = 1.5"},
		{layer.BatchNormalization{}, "scalar", "the input is a single number per row"},
		{layer.BatchNormalization{Epsilon: -1}, "4", "Epsilon = -1"},
		{layer.BatchNormalization{}, "3x4 4", "the mask has sh"},
		{layer.BatchNormalization{}, "4 4 4", "got 3 inputs"},
		{layer.LayerNormalization{Axes: []int{0}}, "4", "Axes has 0"},
		{layer.LayerNormalization{}, "4 4", "got 2 inputs, want 1"},
		{layer.LayerNormalization{Epsilon: -1}, "4", "Epsilon = -1"},
		{layer.LayerNormalization{Axes: []int{2}}, "4", "Axes has 2, want 1 to 1"},
		{layer.LayerNormalization{Axes: []int{1, -1}}, "4", "Axes has axis -1 twice"},
		{layer.LayerNormalization{Axes: []int{}}, "4", "Axes is empty"},
	},
}
