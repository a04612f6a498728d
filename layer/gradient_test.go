package layer_test

import (
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/tensor"
)

// Each graph puts the checked layer after a layer with weights, so that ∂L/∂input is checked
// too, and feeds two heads of different width.
func TestGradients(t *testing.T) {
	checkGradients(t, map[string]func(g *braid.Graph){
		"dense, every activation": func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3)
			for _, a := range []braid.Activation{
				layer.Linear, layer.Sigmoid, layer.Tanh, layer.Softmax, layer.GELU, layer.GELUTanh,
				layer.SiLU, layer.Softplus, layer.Softsign, layer.Mish,
			} {
				under := g.Add("under_"+a.String(), layer.Dense{Units: 4, Activation: a}, x)
				g.Head("head_"+a.String(), layer.Dense{Units: 3, Activation: a}, under)
			}
		},
		"exponential": func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3)
			under := g.Add("under", layer.Dense{Units: 4, Activation: layer.Exponential}, x)
			g.Head("head", layer.Dense{Units: 2, Activation: layer.Tanh}, under)
		},
		"dense, stored both ways": func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 37)
			wide := g.Add("wide", layer.Dense{Units: 41, Activation: layer.Tanh}, x)
			narrow := g.Add("narrow", layer.Dense{Units: 2, NoBias: true}, wide)
			g.Head("head", layer.Dense{Units: 19}, narrow)
		},
		"dense on steps": func(g *braid.Graph) {
			ids := g.Input("ids", tensor.Int32, 3)
			e := g.Add("e", layer.Embedding{Vocabulary: 7, Width: 5}, ids)
			d := g.Add("d", layer.Dense{Units: 21, Activation: layer.Softmax}, e)
			g.Head("head", layer.Dense{Units: 2}, d)
			g.Head("flat", layer.Flatten{}, e)
		},
		"lstm, last state": func(g *braid.Graph) {
			ids := g.Input("ids", tensor.Int32, 3)
			e := g.Add("e", layer.Embedding{Vocabulary: 5, Width: 4}, ids)
			g.Head("head", layer.LSTM{Units: 3}, e)
		},
		"lstm on lstm": func(g *braid.Graph) {
			ids := g.Input("ids", tensor.Int32, 4)
			e := g.Add("e", layer.Embedding{Vocabulary: 5, Width: 2}, ids)
			s := g.Add("s", layer.LSTM{Units: 5, Sequences: true}, e)
			g.Head("head", layer.LSTM{Units: 2}, s)
		},
		"lstm on an input": func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3, 2)
			g.Head("head", layer.LSTM{Units: 3, Sequences: true}, x)
		},
		"concatenate in place, beside an input": func(g *braid.Graph) {
			x, y := g.Input("x", tensor.Float32, 2, 2), g.Input("y", tensor.Float32, 3)
			a := g.Add("a", layer.Dense{Units: 20, Activation: layer.Tanh}, y)
			b := g.Add("b", layer.Dense{Units: 3, Activation: layer.Sigmoid}, y)
			flat := g.Add("flat", layer.Flatten{}, x)
			both := g.Add("both", layer.Concatenate{}, a, flat, b)
			g.Head("head", layer.Dense{Units: 2}, both)
			g.Head("beside", layer.Dense{Units: 1}, a)
		},
		"concatenate twice, with itself": func(g *braid.Graph) {
			y := g.Input("y", tensor.Float32, 3)
			a := g.Add("a", layer.Dense{Units: 4, Activation: layer.Tanh}, y)
			b := g.Add("b", layer.Dense{Units: 2}, y)
			one := g.Add("one", layer.Concatenate{}, a, b, a)
			two := g.Add("two", layer.Concatenate{}, b, a)
			g.Head("head", layer.Dense{Units: 2}, one)
			g.Head("other", layer.Dense{Units: 3}, two)
		},
		"concatenate steps and features": func(g *braid.Graph) {
			ids := g.Input("ids", tensor.Int32, 3)
			a := g.Add("a", layer.Embedding{Vocabulary: 5, Width: 2}, ids)
			b := g.Add("b", layer.Embedding{Vocabulary: 5, Width: 2}, ids)
			c := g.Add("c", layer.Embedding{Vocabulary: 5, Width: 3}, ids)
			steps := g.Add("steps", layer.Concatenate{Axis: 1}, a, b)
			features := g.Add("features", layer.Concatenate{}, a, c)
			g.Head("head", layer.LSTM{Units: 2}, steps)
			g.Head("other", layer.LSTM{Units: 3}, features)
		},
		"weights of several blocks": func(g *braid.Graph) {
			ids := g.Input("ids", tensor.Int32, 2)
			e := g.Add("e", layer.Embedding{Vocabulary: 310, Width: 85}, ids)
			s := g.Add("s", layer.LSTM{Units: 22}, e)
			d := g.Add("d", layer.Dense{Units: 101, Activation: layer.Tanh}, s)
			g.Head("head", layer.Dense{Units: 90}, d)
		},
		"a head that others read": func(g *braid.Graph) {
			y := g.Input("y", tensor.Float32, 3)
			first := g.Head("first", layer.Dense{Units: 4, Activation: layer.Softmax}, y)
			g.Head("second", layer.Dense{Units: 2, Activation: layer.Sigmoid}, first)
		},
	})
}

// checkGradients compares the gradients of each drawn network with central differences.
func checkGradients(t *testing.T, networks map[string]func(g *braid.Graph)) {
	t.Helper()
	for name, draw := range networks {
		t.Run(name, func(t *testing.T) {
			g := braid.NewGraph("gradients")
			draw(g)
			m, err := g.Build(3)
			if err != nil {
				t.Fatal(err)
			}
			braidtest.Spread(t, m)
			braidtest.Gradients(t, m)
		})
	}
}

// A difference across ReLU's kink is no derivative, so every unit stays on one side of the kink,
// some units on each side.
func TestGradientReLU(t *testing.T) {
	g := braid.NewGraph("relu")
	x := g.Input("x", tensor.Float32, 3)
	under := g.Add("under", layer.Dense{Units: 4, Activation: layer.ReLU}, x)
	g.Head("head", layer.Dense{Units: 2}, under)
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range map[string][]float32{
		"under.kernel": {.1, -.1, .05, .1, .02, .1, -.03, .1, .1, .07, .1, -.1},
		"under.bias":   {2, -2, 3, 2.5},
		"head.kernel":  {1, -2, 3, -4, .5, .25, -1, 2},
	} {
		w, err := m.Weight(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Set(values); err != nil {
			t.Fatal(err)
		}
	}
	braidtest.Gradients(t, m)
}
