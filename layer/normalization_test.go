package layer_test

import (
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/tensor"
)

// Batch statistics, masks, normalization of any axes, dropout, sums, and reused weights, each after
// a layer with weights.
func TestGradientsOfRegularization(t *testing.T) {
	checkGradients(t, map[string]func(g *braid.Graph){
		"batch normalization": func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3)
			under := g.Add("under", layer.Dense{Units: 5}, x)
			bn := g.Add("bn", layer.BatchNormalization{}, under)
			g.Head("head", layer.Dense{Units: 2, Activation: layer.Tanh}, bn)
			g.Head("beside", layer.Dense{Units: 3}, under)
		},
		"batch normalization of steps, with a mask": func(g *braid.Graph) {
			x, mask := g.Input("x", tensor.Float32, 4, 3), g.Input("mask", tensor.Float32, 4)
			under := g.Add("under", layer.Dense{Units: 2, Activation: layer.Sigmoid}, x)
			first := g.Add("first", layer.BatchNormalization{NoScale: true}, under, mask)
			between := g.Add("between", layer.Dense{Units: 3, Activation: layer.Tanh}, first)
			g.Head("head", layer.BatchNormalization{NoCenter: true, Epsilon: 0.1}, between)
		},
		"frozen batch normalization": func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3)
			under := g.Add("under", layer.Dense{Units: 4}, x)
			g.Head("head", layer.Dense{Units: 2}, g.Add("bn", layer.BatchNormalization{Frozen: true}, under))
		},
		"layer normalization": func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 4, 3)
			under := g.Add("under", layer.Dense{Units: 5}, x)
			last := g.Add("last", layer.LayerNormalization{}, under)
			bent := g.Add("bent", layer.Activation{Function: layer.Tanh}, last)
			first := g.Add("first", layer.LayerNormalization{Axes: []int{1}, Epsilon: 0.2}, bent)
			g.Head("both", layer.LayerNormalization{Axes: []int{2, 1}}, first)
			g.Head("head", layer.Dense{Units: 2}, first)
		},
		"dropout": func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3)
			under := g.Add("under", layer.Dense{Units: 7, Activation: layer.Tanh}, x)
			g.Head("head", layer.Dense{Units: 2}, g.Add("some", layer.Dropout{Rate: 0.4}, under))
			g.Head("other", layer.Dropout{Rate: 0.2}, under)
		},
		"sums": func(g *braid.Graph) {
			x, y := g.Input("x", tensor.Float32, 4, 3), g.Input("y", tensor.Float32, 1, 3)
			a, b := g.Add("a", layer.Dense{Units: 2}, x), g.Add("b", layer.Dense{Units: 2}, y)
			c := g.Add("c", layer.Dense{Units: 1, Activation: layer.Tanh}, x)
			g.Head("head", layer.Dense{Units: 3}, g.Add("abc", layer.Add{}, a, b, c))
			g.Head("twice", layer.Add{}, a, a)
		},
		"activation as a layer": func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3)
			under := g.Add("under", layer.Dense{Units: 4}, x)
			silu := g.Add("silu", layer.Activation{Function: layer.SiLU}, under)
			g.Head("head", layer.Activation{Function: layer.Softmax}, silu)
		},
		"weights used again": func(g *braid.Graph) {
			x, y := g.Input("x", tensor.Float32, 3), g.Input("y", tensor.Float32, 3)
			under := g.Add("under", layer.Dense{Units: 4, Activation: layer.Tanh}, x)
			again := g.Again("again", under, y)
			deep := g.Add("deep", layer.Dense{Units: 4, Activation: layer.Sigmoid}, under)
			deeper := g.Again("deeper", deep, deep)
			g.Head("head", layer.Dense{Units: 2}, g.Add("both", layer.Concatenate{}, again, deeper))
		},
		"frozen beneath": func(g *braid.Graph) {
			ids := g.Input("ids", tensor.Int32, 3)
			e := g.Add("e", layer.Embedding{Vocabulary: 7, Width: 4, Frozen: true}, ids)
			s := g.Add("s", layer.LSTM{Units: 3, Frozen: true}, e)
			g.Head("head", layer.Dense{Units: 2}, s)
		},
	})
}

// ELU, SELU, LeakyReLU and HardSigmoid have kinks. Every unit stays on one side of each, some units
// on every side.
func TestGradientsBesideKinks(t *testing.T) {
	for _, f := range []braid.Activation{layer.ELU, layer.SELU, layer.LeakyReLU, layer.HardSigmoid} {
		g := braid.NewGraph("kinks")
		x := g.Input("x", tensor.Float32, 3)
		under := g.Add("under", layer.Dense{Units: 4, Activation: f}, x)
		g.Head("head", layer.Dense{Units: 2}, under)
		m, err := g.Build(3)
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range map[string][]float32{
			"under.kernel": {.1, -.1, .05, .1, .02, .1, -.03, .1, .1, .07, .1, -.1},
			"under.bias":   {1.5, -1.5, -5, 5},
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
}

func TestRegularizationMistakes(t *testing.T) {
	for want, draw := range map[string]func(g *braid.Graph, x, steps *braid.Node){
		"Momentum = 1.5": func(g *braid.Graph, x, _ *braid.Node) {
			g.Head("h", layer.BatchNormalization{Momentum: new(1.5)}, x)
		},
		"Epsilon = -1": func(g *braid.Graph, x, _ *braid.Node) {
			g.Head("h", layer.BatchNormalization{Epsilon: -1}, x)
		},
		"the mask has sh": func(g *braid.Graph, x, steps *braid.Node) {
			g.Head("h", layer.BatchNormalization{}, steps, x)
		},
		"got 3 inputs": func(g *braid.Graph, x, _ *braid.Node) {
			g.Head("h", layer.BatchNormalization{}, x, x, x)
		},
		"Axes has 0": func(g *braid.Graph, x, _ *braid.Node) {
			g.Head("h", layer.LayerNormalization{Axes: []int{0}}, x)
		},
		"Axes has 2, want 1 to 1": func(g *braid.Graph, x, _ *braid.Node) {
			g.Head("h", layer.LayerNormalization{Axes: []int{2}}, x)
		},
		"Axes has axis -1 twice": func(g *braid.Graph, x, _ *braid.Node) {
			g.Head("h", layer.LayerNormalization{Axes: []int{1, -1}}, x)
		},
		"Axes is empty": func(g *braid.Graph, x, _ *braid.Node) {
			g.Head("h", layer.LayerNormalization{Axes: []int{}}, x)
		},
		"Rate = 1, want": func(g *braid.Graph, x, _ *braid.Node) {
			g.Head("h", layer.Dropout{Rate: 1}, x)
		},
		"Rate = -0.1": func(g *braid.Graph, x, _ *braid.Node) {
			g.Head("h", layer.Dropout{Rate: -0.1}, x)
		},
		"Add: got 1 inputs, want 2 or more": func(g *braid.Graph, x, _ *braid.Node) {
			g.Head("h", layer.Add{}, x)
		},
		"input 1 has 2 axes, the first has 1": func(g *braid.Graph, x, steps *braid.Node) {
			g.Head("h", layer.Add{}, x, steps)
		},
		"input 1 has length 2 in axis 1, want 4 or 1": func(g *braid.Graph, x, _ *braid.Node) {
			g.Head("h", layer.Add{}, x, g.Add("d", layer.Dense{Units: 2}, x))
		},
		"Activation = 99": func(g *braid.Graph, x, _ *braid.Node) {
			g.Head("h", layer.Activation{Function: 99}, x)
		},
		"want a node of this graph that is a layer": func(g *braid.Graph, x, _ *braid.Node) {
			g.Again("h", x, x)
		},
		`its weights are not those of "d"`: func(g *braid.Graph, x, _ *braid.Node) {
			d := g.Add("d", layer.Dense{Units: 2}, x)
			g.Again("h", d, d)
		},
	} {
		g := braid.NewGraph("mistakes")
		draw(g, g.Input("x", tensor.Float32, 4), g.Input("steps", tensor.Float32, 3, 4))
		braidtest.GraphMistake(t, g, want)
	}
}
