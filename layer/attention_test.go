package layer_test

import (
	"slices"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/tensor"
)

func TestAttentionGradients(t *testing.T) {
	checkNetworks(t, map[string]func(g *braid.Graph){
		"one input": func(g *braid.Graph) {
			a := g.Add("a", layer.Dense{Units: 5}, g.Input("x", tensor.Float32, 4, 3))
			g.Head("head", layer.MultiHeadAttention{Heads: 3, KeyWidth: 2}, a)
		},
		"causal, with a mask": func(g *braid.Graph) {
			a := g.Add("a", layer.Dense{Units: 4, Activation: layer.Tanh},
				g.Input("x", tensor.Float32, 5, 3))
			mask := g.Add("mask", layer.Activation{Function: layer.ReLU},
				g.Input("m", tensor.Float32, 5)) // half of it is 0
			attended := g.Add("attended", layer.MultiHeadAttention{
				Heads: 2, KeyWidth: 3, ValueWidth: 1, Causal: true, Masked: true}, a, mask)
			g.Head("head", layer.Dense{Units: 2}, attended)
		},
		"two inputs, with a mask": func(g *braid.Graph) {
			x, y := g.Input("x", tensor.Float32, 2, 3), g.Input("y", tensor.Float32, 4, 2)
			mask := g.Add("mask", layer.Activation{Function: layer.ReLU}, g.Input("m", tensor.Float32, 4))
			a, b := g.Add("a", layer.Dense{Units: 3}, x), g.Add("b", layer.Dense{Units: 5}, y)
			g.Head("head", layer.MultiHeadAttention{Heads: 2, KeyWidth: 2, ValueWidth: 3, Masked: true},
				a, b, mask)
		},
		"three inputs": func(g *braid.Graph) {
			x, y, z := g.Input("x", tensor.Float32, 3, 4), g.Input("y", tensor.Float32, 2, 3),
				g.Input("z", tensor.Float32, 2, 2)
			a, b, c := g.Add("a", layer.Dense{Units: 3}, x), g.Add("b", layer.Dense{Units: 2}, y),
				g.Add("c", layer.Dense{Units: 4, NoBias: true}, z) // the same for all keys has no effect
			g.Head("head", layer.MultiHeadAttention{Heads: 3, KeyWidth: 2, ValueWidth: 1, NoBias: true},
				a, b, c)
		},
		"tails of vectors": func(g *braid.Graph) {
			a := g.Add("a", layer.Dense{Units: 3}, g.Input("x", tensor.Float32, 17, 2))
			g.Head("head", layer.MultiHeadAttention{Heads: 2, KeyWidth: 18, ValueWidth: 1}, a)
		},
		"weights of several blocks": func(g *braid.Graph) {
			a := g.Add("a", layer.Dense{Units: 5}, g.Input("x", tensor.Float32, 2, 2))
			g.Head("head", layer.MultiHeadAttention{Heads: 5, KeyWidth: 17, ValueWidth: 19}, a)
		},
	})
}

// TestTransformerParts compares the encoder with a graph of its parts, in training, gradients
// included.
// With kernels of 0, biases of 1 and inputs of 0, each branch's output is 1, and 2 or 0 after its
// dropout. The branches draw different numbers.
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

// Forward, Backward and Gradient allocate nothing.
func TestAttentionJSON(t *testing.T) {
	checkConfigs(t, map[string]braid.Layer{
		`{"heads":2,"key_width":3,"value_width":4,"causal":true,"masked":true,"no_bias":true}`: layer.
			MultiHeadAttention{Heads: 2, KeyWidth: 3, ValueWidth: 4, Causal: true, Masked: true,
			NoBias: true},
		`{"heads":2,"key_width":3,"kernel":{"init":"he_normal"}}`: layer.MultiHeadAttention{Heads: 2,
			KeyWidth: 3, Kernel: layer.Weight{Init: layer.HeNormal}},
	})
}

func TestAttentionMistakes(t *testing.T) {
	type nodes struct{ x, steps, other, mask, ids *braid.Node }
	good := layer.MultiHeadAttention{Heads: 2, KeyWidth: 3}
	masked := layer.MultiHeadAttention{Heads: 2, KeyWidth: 3, Masked: true}
	for want, draw := range map[string]func(g *braid.Graph, n nodes){
		"Heads = 0, want 1 or more": func(g *braid.Graph, n nodes) {
			g.Head("h", layer.MultiHeadAttention{KeyWidth: 1}, n.steps)
		},
		"KeyWidth = 0, want 1 or more": func(g *braid.Graph, n nodes) {
			g.Head("h", layer.MultiHeadAttention{Heads: 1}, n.steps)
		},
		"ValueWidth = -1": func(g *braid.Graph, n nodes) {
			g.Head("h", layer.MultiHeadAttention{Heads: 1, KeyWidth: 1, ValueWidth: -1}, n.steps)
		},
		"the query has shape [4] a row, want [steps width]": func(g *braid.Graph, n nodes) {
			g.Head("h", good, n.x)
		},
		"the value has 3 steps and the key has 5": func(g *braid.Graph, n nodes) {
			g.Head("h", good, n.steps, n.steps, n.other)
		},
		"got 4 inputs, want 1 to 3: query, value, key (": func(g *braid.Graph, n nodes) {
			g.Head("h", good, n.steps, n.steps, n.steps, n.mask)
		},
		"got 1 inputs, want 2 to 4: query, value, key, and a mask": func(g *braid.Graph, n nodes) {
			g.Head("h", masked, n.steps)
		},
		"the mask has shape [3], want [5]": func(g *braid.Graph, n nodes) {
			g.Head("h", masked, n.steps, n.other, n.mask)
		},
		`input "ids" is int32`: func(g *braid.Graph, n nodes) {
			g.Head("h", good, n.ids)
		},
		"Kernel: Value = 2, but": func(g *braid.Graph, n nodes) {
			g.Head("h", layer.MultiHeadAttention{Heads: 1, KeyWidth: 1, Kernel: layer.Weight{Value: 2}},
				n.steps)
		},
	} {
		g := braid.NewGraph("mistakes")
		draw(g, nodes{g.Input("x", tensor.Float32, 4), g.Input("steps", tensor.Float32, 3, 4),
			g.Input("other", tensor.Float32, 5, 2), g.Input("mask", tensor.Float32, 3),
			g.Input("ids", tensor.Int32, 3)})
		braidtest.GraphMistake(t, g, want)
	}
}
