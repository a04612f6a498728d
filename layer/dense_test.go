package layer_test

import (
	"math"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/tensor"
)

// dense checks Dense and Activation, and weights that are frozen or used again.
var dense = family{
	networks: map[string]network{
		"dense, every activation": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3)
			for _, a := range []braid.Activation{
				layer.Linear, layer.Sigmoid, layer.Tanh, layer.Softmax, layer.GELU, layer.GELUTanh,
				layer.SiLU, layer.Softplus, layer.Softsign, layer.Mish,
			} {
				under := g.Add("under_"+a.String(), layer.Dense{Units: 4, Activation: a}, x)
				g.Head("head_"+a.String(), layer.Dense{Units: 3, Activation: a}, under)
			}
		}},
		"exponential": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3)
			under := g.Add("under", layer.Dense{Units: 4, Activation: layer.Exponential}, x)
			g.Head("head", layer.Dense{Units: 2, Activation: layer.Tanh}, under)
		}},
		"relu":         besideKinks(layer.ReLU, 2, -2, 3, 2.5),
		"elu":          besideKinks(layer.ELU, 1.5, -1.5, -5, 5),
		"selu":         besideKinks(layer.SELU, 1.5, -1.5, -5, 5),
		"leaky relu":   besideKinks(layer.LeakyReLU, 1.5, -1.5, -5, 5),
		"hard sigmoid": besideKinks(layer.HardSigmoid, 1.5, -1.5, -5, 5),
		"slope": {
			draw: func(g *braid.Graph) {
				under := g.Add("under", layer.Dense{Units: 2}, g.Input("x", tensor.Float32, 2))
				leaky := g.Add("leaky", layer.Activation{Function: layer.LeakyReLU, Slope: 0.3}, under)
				g.Head("head", layer.Dense{Units: 2, Activation: layer.Tanh}, leaky)
			},
			weights: map[string][]float32{
				"under.kernel": {.1, -.1, .05, .1}, "under.bias": {-2, 3}, "head.kernel": {1, -2, .5, -.25},
			},
		},
		"dense, stored both ways": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 37)
			wide := g.Add("wide", layer.Dense{Units: 41, Activation: layer.Tanh}, x)
			narrow := g.Add("narrow", layer.Dense{Units: 2, NoBias: true}, wide)
			g.Head("head", layer.Dense{Units: 19}, narrow)
		}},
		"dense on steps": {draw: func(g *braid.Graph) {
			ids := g.Input("ids", tensor.Int32, 3)
			e := g.Add("e", layer.Embedding{Vocabulary: 7, Width: 5}, ids)
			d := g.Add("d", layer.Dense{Units: 21, Activation: layer.Softmax}, e)
			g.Head("head", layer.Dense{Units: 2}, d)
			g.Head("flat", layer.Flatten{}, e)
		}},
		"weights of several blocks": {draw: func(g *braid.Graph) {
			ids := g.Input("ids", tensor.Int32, 2)
			e := g.Add("e", layer.Embedding{Vocabulary: 310, Width: 85}, ids)
			s := g.Add("s", layer.LSTM{Units: 22}, e)
			d := g.Add("d", layer.Dense{Units: 101, Activation: layer.Tanh}, s)
			g.Head("head", layer.Dense{Units: 90}, d)
		}},
		"split-K above a layer": {draw: func(g *braid.Graph) {
			wide := g.Add("wide", layer.Dense{Units: 792, Activation: layer.Tanh},
				g.Input("x", tensor.Float32, 1))
			g.Head("head", layer.Dense{Units: 25}, wide)
		}},
		"a head that others read": {draw: func(g *braid.Graph) {
			y := g.Input("y", tensor.Float32, 3)
			first := g.Head("first", layer.Dense{Units: 4, Activation: layer.Softmax}, y)
			g.Head("second", layer.Dense{Units: 2, Activation: layer.Sigmoid}, first)
		}},
		"activation as a layer": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3)
			under := g.Add("under", layer.Dense{Units: 4}, x)
			silu := g.Add("silu", layer.Activation{Function: layer.SiLU}, under)
			g.Head("head", layer.Activation{Function: layer.Softmax}, silu)
			g.Head("same", layer.Activation{}, under)
		}},
		"weights used again": {draw: func(g *braid.Graph) {
			x, y := g.Input("x", tensor.Float32, 3), g.Input("y", tensor.Float32, 3)
			under := g.Add("under", layer.Dense{Units: 4, Activation: layer.Tanh}, x)
			again := g.Again("again", under, y)
			deep := g.Add("deep", layer.Dense{Units: 4, Activation: layer.Sigmoid}, under)
			deeper := g.Again("deeper", deep, deep)
			g.Head("head", layer.Dense{Units: 2}, g.Add("both", layer.Concatenate{}, again, deeper))
		}},
		"frozen beneath": {draw: func(g *braid.Graph) {
			ids := g.Input("ids", tensor.Int32, 3)
			e := g.Add("e", layer.Embedding{Vocabulary: 7, Width: 4, Frozen: true}, ids)
			s := g.Add("s", layer.LSTM{Units: 3, Frozen: true}, e)
			g.Head("head", layer.Dense{Units: 2}, s)
		}},
	},
	configs: []config{
		{layer.Dense{Units: 3, Activation: layer.Softmax, NoBias: true},
			`{"units":3,"activation":"softmax","no_bias":true}`},
		{layer.Dense{Units: 1, Frozen: true}, `{"units":1,"frozen":true}`},
		{layer.Dense{Units: 2, Kernel: layer.Weight{Init: layer.TruncNormal, Value: 0.1}},
			`{"units":2,"kernel":{"init":"truncated_normal","value":0.1}}`},
		{layer.Activation{Function: layer.GELUTanh}, `{"function":"gelu_tanh"}`},
		{layer.Activation{Function: layer.LeakyReLU, Slope: 0.3},
			`{"function":"leaky_relu","slope":0.3}`},
	},
	badJSON: []badJSON{
		{"Dense", `{"units":2,"kernel":{"init":"he_norml"}}`, `did you mean "he_normal"?`},
		{"Dense", `{"units":2,"kernel":{"vale":2}}`,
			`Dense: kernel: unknown field "vale", want one of "init", "value", "l1", "l2", "max_norm"; ` +
				`did you mean "value"?`},
		{"Dense", ``, "Dense: got no text, want a JSON object"},
	},
	mistakes: []mistake{
		{layer.Dense{}, "2", "Units = 0"},
		{layer.Dense{Units: 1}, "scalar", "the input is a single number a row"},
		{layer.Dense{Units: 1}, "i2", `input "i2" is int32`},
		{layer.Dense{Units: 1, Kernel: layer.Weight{Init: layer.Normal, Value: math.NaN()}}, "2",
			"Kernel: Value = NaN, want a finite number"},
		{layer.Dense{Units: 1, Bias: layer.Weight{Init: layer.HeNormal, Value: 2}}, "2",
			"Bias: Value = 2, but the initializer he_normal takes none"},
		{layer.Dense{Units: 1, Kernel: layer.Weight{Value: 3}}, "2",
			"Kernel: Value = 3, but the initializer default takes none"},
		{layer.Dense{Units: 1, Kernel: layer.Weight{Init: layer.Uniform, Value: -1}}, "2",
			"Kernel: Value = -1, want 0 or more"},
		{layer.Dense{Units: 1, Kernel: layer.Weight{Init: 99}}, "2",
			"Kernel: Init = Init(99), want one of"},
		{layer.Dense{Units: 1, Kernel: layer.Weight{L1: -1}}, "2",
			"Kernel: L1 = -1, want a finite number, 0 or more"},
		{layer.Dense{Units: 1, Bias: layer.Weight{L2: math.Inf(1)}}, "2",
			"Bias: L2 = +Inf, want a finite number"},
		{layer.Dense{Units: 1, Bias: layer.Weight{MaxNorm: math.NaN()}}, "2",
			"Bias: MaxNorm = NaN, want a finite number"},
		{layer.Activation{Function: 99}, "4", "Activation = 99"},
		{layer.Activation{}, "4 4", "got 2 inputs, want 1"},
		{layer.Activation{Function: layer.ReLU, Slope: 0.3}, "4", "Slope = 0.3, but relu has none"},
		{layer.Activation{Function: layer.LeakyReLU, Slope: -1}, "4", "Slope = -1, want a finite number"},
		{layer.Activation{Function: layer.LeakyReLU, Slope: math.NaN()}, "4", "Slope = NaN"},
	},
}

// besideKinks returns a network whose units stay on one side of each kink of an activation, some
// units on every side: a difference across a kink is no derivative.
func besideKinks(f braid.Activation, bias ...float32) network {
	return network{
		draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3)
			under := g.Add("under", layer.Dense{Units: 4, Activation: f}, x)
			g.Head("head", layer.Dense{Units: 2}, under)
		},
		weights: map[string][]float32{
			"under.kernel": {.1, -.1, .05, .1, .02, .1, -.03, .1, .1, .07, .1, -.1},
			"under.bias":   bias,
			"head.kernel":  {1, -2, 3, -4, .5, .25, -1, 2},
		},
	}
}

// A layer that is used again needs inputs like those of the first use.
func TestAgainMistakes(t *testing.T) {
	for want, draw := range map[string]func(g *braid.Graph, x *braid.Node){
		"want a node of this graph that is a layer": func(g *braid.Graph, x *braid.Node) {
			g.Again("h", x, x)
		},
		`its weights are not those of "d"`: func(g *braid.Graph, x *braid.Node) {
			d := g.Add("d", layer.Dense{Units: 2}, x)
			g.Again("h", d, d)
		},
	} {
		g := braid.NewGraph("mistakes")
		draw(g, g.Input("x", tensor.Float32, 4))
		braidtest.GraphMistake(t, g, want)
	}
}
