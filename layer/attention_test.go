package layer_test

import (
	"slices"
	"testing"

	"braid"
	"braid/layer"
	"braid/tensor"
)

// attention checks MultiHeadAttention.
var attention = family{
	networks: map[string]network{
		"one input": {draw: func(g *braid.Graph) {
			a := g.Add("a", layer.Dense{Units: 5}, g.Input("x", tensor.Float32, 4, 3))
			g.Head("head", layer.MultiHeadAttention{Heads: 3, KeyWidth: 2}, a)
		}},
		"causal, with a mask": {draw: func(g *braid.Graph) {
			a := g.Add("a", layer.Dense{Units: 4, Activation: layer.Tanh},
				g.Input("x", tensor.Float32, 5, 3))
			mask := g.Input("mask", tensor.Float32, 5)
			attended := g.Add("attended", layer.MultiHeadAttention{
				Heads: 2, KeyWidth: 3, ValueWidth: 1, Causal: true, Masked: true}, a, mask)
			g.Head("head", layer.Dense{Units: 2}, attended)
		}},
		"two inputs, with a mask": {draw: func(g *braid.Graph) {
			x, y := g.Input("x", tensor.Float32, 2, 3), g.Input("y", tensor.Float32, 4, 2)
			mask := g.Input("mask", tensor.Float32, 4)
			a, b := g.Add("a", layer.Dense{Units: 3}, x), g.Add("b", layer.Dense{Units: 5}, y)
			g.Head("head", layer.MultiHeadAttention{Heads: 2, KeyWidth: 2, ValueWidth: 3, Masked: true},
				a, b, mask)
		}},
		"three inputs": {draw: func(g *braid.Graph) {
			x, y, z := g.Input("x", tensor.Float32, 3, 4), g.Input("y", tensor.Float32, 2, 3),
				g.Input("z", tensor.Float32, 2, 2)
			a, b, c := g.Add("a", layer.Dense{Units: 3}, x), g.Add("b", layer.Dense{Units: 2}, y),
				g.Add("c", layer.Dense{Units: 4, NoBias: true}, z) // the same for all keys has no effect
			g.Head("head", layer.MultiHeadAttention{Heads: 3, KeyWidth: 2, ValueWidth: 1, NoBias: true},
				a, b, c)
		}},
		"frozen": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 2, 3)
			a := g.Add("a", layer.Dense{Units: 3}, x)
			frozen := layer.MultiHeadAttention{Heads: 2, KeyWidth: 3, Frozen: true}
			g.Head("head", layer.MultiHeadAttention{Heads: 1, KeyWidth: 2}, x, a)
			g.Head("frozen", frozen, a)
		}},
		"tails of vectors": {draw: func(g *braid.Graph) {
			a := g.Add("a", layer.Dense{Units: 3}, g.Input("x", tensor.Float32, 17, 2))
			g.Head("head", layer.MultiHeadAttention{Heads: 2, KeyWidth: 18, ValueWidth: 1}, a)
		}},
		"weights of several blocks": {draw: func(g *braid.Graph) {
			a := g.Add("a", layer.Dense{Units: 5}, g.Input("x", tensor.Float32, 2, 2))
			g.Head("head", layer.MultiHeadAttention{Heads: 5, KeyWidth: 17, ValueWidth: 19}, a)
		}},
	},
	configs: []config{
		{layer.MultiHeadAttention{Heads: 2, KeyWidth: 3, ValueWidth: 4, Causal: true, Masked: true,
			NoBias: true},
			`{"heads":2,"key_width":3,"value_width":4,"causal":true,"masked":true,"no_bias":true}`},
		{layer.MultiHeadAttention{Heads: 2, KeyWidth: 3, Kernel: layer.Weight{Init: layer.HeNormal}},
			`{"heads":2,"key_width":3,"kernel":{"init":"he_normal"}}`},
	},
	mistakes: []mistake{
		{layer.MultiHeadAttention{KeyWidth: 1}, "3x4", "Heads = 0, want 1 or more"},
		{layer.MultiHeadAttention{Heads: 1}, "3x4", "KeyWidth = 0, want 1 or more"},
		{layer.MultiHeadAttention{Heads: 1, KeyWidth: 1, ValueWidth: -1}, "3x4", "ValueWidth = -1"},
		{layer.MultiHeadAttention{Heads: 2, KeyWidth: 3}, "4",
			"the query has shape [4] a row, want [steps width]"},
		{layer.MultiHeadAttention{Heads: 2, KeyWidth: 3}, "3x4 3x4 5x2",
			"the value has 3 steps and the key has 5"},
		{layer.MultiHeadAttention{Heads: 2, KeyWidth: 3}, "3x4 3x4 3x4 3",
			"got 4 inputs, want 1 to 3: query, value, key ("},
		{layer.MultiHeadAttention{Heads: 2, KeyWidth: 3, Masked: true}, "3x4",
			"got 1 inputs, want 2 to 4: query, value, key, and a mask"},
		{layer.MultiHeadAttention{Heads: 2, KeyWidth: 3, Masked: true}, "3x4 5x2 3",
			"the mask has shape [3], want [5]"},
		{layer.MultiHeadAttention{Heads: 2, KeyWidth: 3}, "i3", `input "i3" is int32`},
		{layer.MultiHeadAttention{Heads: 1, KeyWidth: 1, Kernel: layer.Weight{Value: 2}}, "3x4",
			"Kernel: Value = 2, but"},
	},
}

// A step of a causal attention does not see those after it.
func TestCausalAttention(t *testing.T) {
	const steps, width = 4, 3
	l := layer.MultiHeadAttention{Heads: 2, KeyWidth: 3, Causal: true}
	before := predict(t, l, tensor.Floats(numbers(1, steps*width), 1, steps, width))
	for changed := range steps {
		values := numbers(1, steps*width)
		values[changed*width]++
		after := predict(t, l, tensor.Floats(values, 1, steps, width))
		for step := range steps {
			at := step * width
			if same := slices.Equal(before[at:at+width], after[at:at+width]); same != (step < changed) {
				t.Errorf("step %d changes: step %d stays the same: %v", changed, step, same)
			}
		}
	}
}

// A query that sees no key mixes zeros: the output is the bias.
func TestAttentionWithoutKeys(t *testing.T) {
	x := tensor.Floats([]float32{1, 2, 3, 4, 5, 6, 7, 8}, 1, 4, 2)
	l := layer.MultiHeadAttention{Heads: 2, KeyWidth: 3, Masked: true,
		Bias: layer.Weight{Init: layer.Constant, Value: 0.25}}
	got := predict(t, l, x, tensor.Floats([]float32{0, 0, 0, 0}, 1, 4))
	if want := slices.Repeat([]float32{0.25}, 8); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
