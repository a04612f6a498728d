package layer_test

import (
	"math"
	"slices"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/tensor"
)

// transformer checks TransformerEncoder.
var transformer = family{
	networks: map[string]network{
		"encoder": {draw: func(g *braid.Graph) {
			a := g.Add("a", layer.Dense{Units: 6}, g.Input("x", tensor.Float32, 3, 4))
			g.Head("head", layer.TransformerEncoder{Heads: 3, Units: 5, Activation: new(layer.GELU)}, a)
		}},
		"encoder with dropout, causal, with a mask": {draw: func(g *braid.Graph) {
			a := g.Add("a", layer.Dense{Units: 4}, g.Input("x", tensor.Float32, 5, 3))
			mask := g.Input("mask", tensor.Float32, 5)
			e := g.Add("e", layer.TransformerEncoder{Heads: 2, Units: 7, Activation: new(layer.Tanh),
				Rate: 0.3, Causal: true, Epsilon: 0.1}, a, mask)
			g.Head("head", layer.Dense{Units: 2}, e)
		}},
		"encoder with more steps than numbers of a step": {draw: func(g *braid.Graph) {
			a := g.Add("a", layer.Dense{Units: 2}, g.Input("x", tensor.Float32, 9, 2))
			// Without this Epsilon the normalization of two numbers is nearly a step.
			g.Head("head", layer.TransformerEncoder{Heads: 1, Units: 3, Activation: new(layer.Tanh),
				Epsilon: 1}, a)
		}},
		"frozen encoder": {draw: func(g *braid.Graph) {
			a := g.Add("a", layer.Dense{Units: 2}, g.Input("x", tensor.Float32, 3, 2))
			g.Head("head", layer.TransformerEncoder{Heads: 1, Units: 3, Activation: new(layer.Tanh),
				Frozen: true}, a)
		}},
		"encoder of a frozen input": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3, 4)
			g.Head("head", layer.TransformerEncoder{Heads: 1, Units: 3, Activation: new(layer.Linear)}, x)
		}},
	},
	configs: []config{
		{layer.TransformerEncoder{Heads: 2, Units: 3}, `{"heads":2,"units":3}`},
		{layer.TransformerEncoder{Heads: 2, Units: 3, Activation: new(layer.GELU), Rate: 0.1,
			Epsilon: 0.01, Causal: true},
			`{"heads":2,"units":3,"activation":"gelu","rate":0.1,"epsilon":0.01,"causal":true}`},
	},
	mistakes: []mistake{
		{layer.TransformerEncoder{Heads: 3, Units: 1}, "3x4",
			"Heads = 3, want a divisor of the input's width, 4"},
		{layer.TransformerEncoder{Heads: 2}, "3x4", "Units = 0"},
		{layer.TransformerEncoder{Heads: 2, Units: 3}, "i3", `input "i3" is int32`},
		{layer.TransformerEncoder{Heads: 2, Units: 1, Activation: new(layer.Softmax)}, "3x4",
			"Activation = softmax, want one"},
		{layer.TransformerEncoder{Heads: 2, Units: 1, Activation: new(braid.Activation(99))}, "3x4",
			"Activation = 99"},
		{layer.TransformerEncoder{Heads: 2, Units: 1, Rate: 1}, "3x4", "Rate = 1, want"},
		{layer.TransformerEncoder{Heads: 2, Units: 1, Epsilon: -1}, "3x4", "Epsilon = -1"},
		{layer.TransformerEncoder{Heads: 2, Units: 1,
			Bias: layer.Weight{Init: layer.Constant, Value: math.NaN()}}, "3x4", "Bias: Value = NaN"},
		{layer.TransformerEncoder{Heads: 2, Units: 3}, "3x4 5x2", "the mask has shape [5 2], want [3]"},
		{layer.TransformerEncoder{Heads: 2, Units: 3}, "3x4 3 3",
			"TransformerEncoder: got 3 inputs, want one"},
		{layer.TransformerEncoder{Heads: 2, Units: 3}, "4",
			"TransformerEncoder: input has shape [4] a row"},
	},
}

// TestTransformerParts compares the encoder with a graph of its parts, in training, gradients
// included.
func TestTransformerParts(t *testing.T) {
	const steps, width, units, rows = 5, 6, 7, 3
	ready := func(draw func(g *braid.Graph, x, mask *braid.Node)) (*braid.Model, *braidtest.Batch) {
		g := braid.NewGraph("parts")
		x, mask := g.Input("x", tensor.Float32, steps, width), g.Input("mask", tensor.Float32, steps)
		draw(g, g.Add("under", layer.Dense{Units: width}, x), mask)
		m, err := g.Build(1)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range m.Weights() {
			if err := w.Set(numbers(float64(i), w.Shape().Size())); err != nil {
				t.Fatal(err)
			}
		}
		b := braidtest.NewBatch(m, rows, 1)
		grad := b.Space.HeadGrad(0, false)
		for r := range rows {
			copy(b.Team.Workers[0].Input(0).Row(r), numbers(float64(r), steps*width))
			copy(b.Team.Workers[0].Input(1).Row(r), []float32{1, 1, float32(r % 2), 1, 0})
			copy(grad.Row(r), numbers(float64(50+r), steps*width))
		}
		b.Forward()
		b.Backward()
		return m, b
	}
	whole, a := ready(func(g *braid.Graph, x, mask *braid.Node) {
		g.Head("out", layer.TransformerEncoder{Heads: 2, Units: units, Causal: true}, x, mask)
	})
	parts, b := ready(func(g *braid.Graph, x, mask *braid.Node) {
		normed := g.Add("attention_norm", layer.LayerNormalization{Epsilon: 1e-5}, x)
		attended := g.Add("attention", layer.MultiHeadAttention{
			Heads: 2, KeyWidth: width / 2, Causal: true, Masked: true}, normed, mask)
		between := g.Add("between", layer.Add{}, attended, x)
		again := g.Add("dense_norm", layer.LayerNormalization{Epsilon: 1e-5}, between)
		inner := g.Add("inner", layer.Dense{Units: units, Activation: layer.ReLU}, again)
		outer := g.Add("outer", layer.Dense{Units: width}, inner)
		g.Head("out", layer.Add{}, outer, between)
	})
	same := func(name string, got, want []float32) {
		t.Helper()
		for i, v := range got {
			if len(got) != len(want) || math.Abs(float64(v-want[i])) > 1e-4*max(1, math.Abs(float64(v))) {
				t.Errorf("%s: %v\nof the parts: %v", name, got, want)
				return
			}
		}
	}
	for r := range rows {
		x, mask := numbers(float64(r), steps*width), []float32{1, 1, float32(r % 2), 1, 0}
		predicted, err := whole.Predict(braid.Tensors{"x": tensor.Floats(x, 1, steps, width),
			"mask": tensor.Floats(mask, 1, steps)})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(predicted["out"].Float32s(), a.Space.Output(0).Row(r)) {
			t.Errorf("row %d of a prediction differs from training", r)
		}
		same("output", a.Space.Output(0).Row(r), b.Space.Output(0).Row(r))
	}
	for i, w := range whole.Weights() {
		same(w.Name(), a.Gradient(w), b.Gradient(parts.Weights()[i]))
	}
}

// With kernels of 0, biases of 1 and inputs of 0, each branch's output is 1, and 2 or 0 after its
// dropout. The branches draw different numbers.
func TestTransformerDropout(t *testing.T) {
	g := braid.NewGraph("dropout")
	g.Head("h", layer.TransformerEncoder{Heads: 1, Units: 2, Rate: 0.5,
		Kernel: layer.Weight{Init: layer.Constant}, Bias: layer.Weight{Init: layer.Constant, Value: 1}},
		g.Input("x", tensor.Float32, 10, 10))
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	b := braidtest.NewBatch(m, 20, 1)
	b.Forward()
	counts := map[float32]int{}
	for r := range 20 {
		for _, v := range b.Space.Output(0).Row(r) {
			counts[v]++
		}
	}
	// Of 2,000 numbers a quarter, a half and a quarter, within five standard errors.
	for v, want := range map[float32]int{0: 500, 2: 1000, 4: 500} {
		if d := counts[v] - want; d < -112 || d > 112 {
			t.Errorf("%d numbers are %v, want about %d", counts[v], v, want)
		}
	}
	if len(counts) != 3 {
		t.Errorf("the numbers are %v, want 0, 2 and 4", counts)
	}
}
