package layer_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/tensor"
)

// recurrentLayers holds every kind of recurrent layer, with activations whose slope needs their
// input and with those that do not. Units 30 makes a block of the recurrent kernel that holds
// columns of two gates.
var recurrentLayers = map[string]braid.Layer{
	"lstm":              layer.LSTM{Units: 3},
	"lstm, steps":       layer.LSTM{Units: 3, Sequences: true, Backwards: true, NoBias: true},
	"lstm, silu":        layer.LSTM{Units: 3, Activation: new(layer.SiLU), Sequences: true},
	"lstm, exponential": layer.LSTM{Units: 3, RecurrentActivation: new(layer.Tanh)},
	"lstm, linear":      layer.LSTM{Units: 3, Activation: new(layer.Linear)},
	"gru":               layer.GRU{Units: 3},
	"gru, wide":         layer.GRU{Units: 30},
	"gru, steps":        layer.GRU{Units: 3, Sequences: true, Backwards: true, NoBias: true},
	"gru, softsign":     layer.GRU{Units: 3, RecurrentActivation: new(layer.Softsign)},
	"gru, silu":         layer.GRU{Units: 3, Activation: new(layer.SiLU), Sequences: true},
	"gru before":        layer.GRU{Units: 3, ResetBefore: true},
	"gru before, wide":  layer.GRU{Units: 30, ResetBefore: true, Sequences: true},
	"gru before, steps": layer.GRU{Units: 3, ResetBefore: true, Backwards: true, NoBias: true},
	"gru before, gelu":  layer.GRU{Units: 3, ResetBefore: true, Activation: new(layer.GELU)},
	"simple":            layer.SimpleRNN{Units: 3},
	"simple, steps":     layer.SimpleRNN{Units: 3, Sequences: true, Backwards: true, NoBias: true},
	"simple, softsign":  layer.SimpleRNN{Units: 3, Activation: new(layer.Softsign), Sequences: true},
	"simple, linear":    layer.SimpleRNN{Units: 3, Activation: new(layer.Linear)},
}

// overWords draws each layer over words that are embedded, with a mask and without. 0 is one of
// three ids, so some rows have no valid step.
func overWords(layers map[string]braid.Layer) map[string]network {
	networks := map[string]network{}
	for name, l := range layers {
		networks[name] = network{draw: func(g *braid.Graph) {
			ids := g.Input("ids", tensor.Int32, 4)
			g.Head("head", l, g.Add("e", layer.Embedding{Vocabulary: 3, Width: 2}, ids))
		}}
		networks[name+", masked"] = network{draw: func(g *braid.Graph) {
			ids := g.Input("ids", tensor.Int32, 4)
			e := g.Add("e", layer.Embedding{Vocabulary: 3, Width: 2}, ids)
			g.Head("head", l, e, g.Add("mask", layer.NotZero{}, ids))
		}}
	}
	return networks
}

func recurrentNetworks() map[string]network {
	networks := overWords(recurrentLayers)
	maps.Copy(networks, map[string]network{
		"lstm, last state": {draw: func(g *braid.Graph) {
			ids := g.Input("ids", tensor.Int32, 3)
			e := g.Add("e", layer.Embedding{Vocabulary: 5, Width: 4}, ids)
			g.Head("head", layer.LSTM{Units: 3}, e)
		}},
		"lstm on lstm": {draw: func(g *braid.Graph) {
			ids := g.Input("ids", tensor.Int32, 4)
			e := g.Add("e", layer.Embedding{Vocabulary: 5, Width: 2}, ids)
			s := g.Add("s", layer.LSTM{Units: 5, Sequences: true}, e)
			g.Head("head", layer.LSTM{Units: 2}, s)
		}},
		"lstm on an input": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3, 2)
			g.Head("head", layer.LSTM{Units: 3, Sequences: true}, x)
		}},
		// The steps of the gradients lie apart: the windows are not one matrix.
		"beside others": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3, 2)
			a := g.Add("a", layer.Dense{Units: 3, Activation: layer.Tanh}, x)
			both := g.Add("both", layer.Concatenate{Axis: 1}, a, g.Add("b", layer.Dense{Units: 3}, x))
			g.Head("both_gru", layer.GRU{Units: 2, ResetBefore: true}, both)
			g.Head("gru", layer.GRU{Units: 4, Sequences: true}, a)
			g.Head("lstm", layer.LSTM{Units: 2}, a)
			c := g.Add("c", layer.Dense{Units: 2}, x)
			g.Head("flat", layer.Flatten{}, g.Add("joined", layer.Concatenate{Axis: 1}, x, c))
			g.Head("input", layer.GRU{Units: 2}, x)
		}},
	})
	return networks
}

// recurrent checks LSTM, GRU and SimpleRNN, and NotZero, which makes their masks.
var recurrent = family{
	networks: recurrentNetworks(),
	configs: []config{
		{layer.LSTM{Units: 2, Sequences: true}, `{"units":2,"sequences":true}`},
		{layer.LSTM{Units: 3, Activation: new(layer.ReLU), RecurrentActivation: new(layer.Tanh)},
			`{"units":3,"activation":"relu","recurrent_activation":"tanh"}`},
		{layer.GRU{Units: 2}, `{"units":2}`},
		{layer.GRU{Units: 2, Sequences: true, Backwards: true, ResetBefore: true,
			Activation: new(layer.Linear), RecurrentActivation: new(layer.HardSigmoid),
			NoBias: true, Frozen: true, Kernel: layer.Weight{Init: layer.HeNormal},
			Recurrent: layer.Weight{Init: layer.Orthogonal, Value: 2}},
			`{"units":2,"sequences":true,"backwards":true,"reset_before":true,"activation":"linear",` +
				`"recurrent_activation":"hard_sigmoid","no_bias":true,"frozen":true,` +
				`"kernel":{"init":"he_normal"},"recurrent":{"init":"orthogonal","value":2}}`},
		{layer.SimpleRNN{Units: 3, Backwards: true, Activation: new(layer.ReLU),
			Bias: layer.Weight{Init: layer.Constant, Value: 1}},
			`{"units":3,"backwards":true,"activation":"relu","bias":{"init":"constant","value":1}}`},
		{layer.NotZero{}, `{}`},
	},
	mistakes: []mistake{
		{layer.GRU{}, "4x2", "GRU: Units = 0, want 1 or more"},
		{layer.SimpleRNN{Units: -1}, "4x2", "SimpleRNN: Units = -1"},
		{layer.LSTM{}, "4x2", "LSTM: Units = 0"},
		{layer.GRU{Units: 1}, "4x2 4 4", "got 3 inputs, want a sequence, or a sequence and a mask"},
		{layer.GRU{Units: 1}, "", "got 0 inputs"},
		{layer.GRU{Units: 1}, "4", "input has shape [4] a row, want [steps features]"},
		{layer.SimpleRNN{Units: 1}, "i4", `input "i4" is int32, want float32`},
		{layer.GRU{Units: 1}, "4x2 4x2", "the mask has shape [4 2] a row, want [4]"},
		{layer.LSTM{Units: 1}, "4x2 i4", "the mask is int32, want float32: NotZero makes"},
		{layer.LSTM{Units: 1, Activation: new(braid.Activation(99))}, "4x2",
			"Activation: Activation = 99"},
		{layer.GRU{Units: 1, RecurrentActivation: new(layer.Softmax)}, "4x2",
			"RecurrentActivation = softmax, want"},
		{layer.GRU{Units: 1, Recurrent: layer.Weight{Init: layer.Normal, Value: -1}}, "4x2",
			"Recurrent: Value = -1, want 0 or more"},
		{layer.NotZero{}, "4", `NotZero: input "4" is float32, want int32`},
		{layer.NotZero{}, "i4 i4", "NotZero: got 2 inputs, want 1"},
	},
}

// The activations that are the defaults give the bytes of the defaults.
func TestRecurrentDefaults(t *testing.T) {
	for _, c := range [][2]braid.Layer{
		{layer.LSTM{Units: 3}, layer.LSTM{Units: 3, Activation: new(layer.Tanh),
			RecurrentActivation: new(layer.Sigmoid)}},
		{layer.GRU{Units: 3}, layer.GRU{Units: 3, Activation: new(layer.Tanh),
			RecurrentActivation: new(layer.Sigmoid)}},
		{layer.SimpleRNN{Units: 3}, layer.SimpleRNN{Units: 3, Activation: new(layer.Tanh)}},
	} {
		var results [2][]result
		for i, l := range c {
			g := braid.NewGraph("defaults")
			g.Head("head", l, g.Input("x", tensor.Float32, 4, 2))
			m, err := g.Build(3)
			if err != nil {
				t.Fatal(err)
			}
			b := braidtest.NewBatch(m, rows, 1)
			b.Fill(m)
			results[i] = train(m, b)
		}
		compare(t, c[0].Kind()+" with the defaults given", results[1], results[0])
	}
}

func TestNotZero(t *testing.T) {
	got := predict(t, layer.NotZero{}, tensor.Ints([]int32{0, 7, 0, 1, -1, 0}, 2, 3))
	if want := []float32{0, 1, 0, 1, 1, 0}; !slices.Equal(got, want) {
		t.Errorf("mask %v, want %v", got, want)
	}
}

// Weights have Keras' names and shapes.
func TestRecurrentWeights(t *testing.T) {
	for _, c := range []struct {
		l    braid.Layer
		want string
	}{
		{layer.SimpleRNN{Units: 3}, "kernel [2 3], recurrent_kernel [3 3], bias [3]"},
		{layer.LSTM{Units: 3}, "kernel [2 12], recurrent_kernel [3 12], bias [12]"},
		{layer.GRU{Units: 3}, "kernel [2 9], recurrent_kernel [3 9], bias [2 9]"},
		{layer.GRU{Units: 3, ResetBefore: true}, "kernel [2 9], recurrent_kernel [3 9], bias [9]"},
		{layer.GRU{Units: 3, NoBias: true, Frozen: true},
			"kernel [2 9] frozen, recurrent_kernel [3 9] frozen"},
		{layer.LSTM{Units: 1, NoBias: true, Frozen: true},
			"kernel [2 4] frozen, recurrent_kernel [1 4] frozen"},
		{layer.SimpleRNN{Units: 1, NoBias: true, Frozen: true},
			"kernel [2 1] frozen, recurrent_kernel [1 1] frozen"},
	} {
		checkWeights(t, c.l, c.want)
	}
}

// checkWeights compares the names and shapes of a layer's weights. Biases start at 0, except an
// LSTM's, which TestInitializers checks.
func checkWeights(t *testing.T, l braid.Layer, want string) {
	t.Helper()
	g := braid.NewGraph("weights")
	g.Head("h", l, g.Input("x", tensor.Float32, 4, 2))
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, w := range m.Weights() {
		text := fmt.Sprintf("%s %v", strings.TrimPrefix(w.Name(), "h."), w.Shape())
		if w.Memory().Frozen {
			text += " frozen"
		}
		list = append(list, text)
		zero := slices.Max(w.Values()) == 0 && slices.Min(w.Values()) == 0
		if bias := strings.Contains(text, "bias"); bias != zero && l.Kind() != "LSTM" {
			t.Errorf("%s: %s starts at %v", l.Kind(), text, w.Values())
		}
	}
	if got := strings.Join(list, ", "); got != want {
		t.Errorf("%s has weights %s, want %s", l.Kind(), got, want)
	}
}
