package layer_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/internal/kernel"
	"braid/internal/random"
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
func overWords(layers map[string]braid.Layer) map[string]func(g *braid.Graph) {
	graphs := map[string]func(g *braid.Graph){}
	for name, l := range layers {
		graphs[name] = func(g *braid.Graph) {
			ids := g.Input("ids", tensor.Int32, 4)
			e := g.Add("e", layer.Embedding{Vocabulary: 3, Width: 2}, ids)
			g.Head("head", l, e)
		}
		graphs[name+", masked"] = func(g *braid.Graph) {
			ids := g.Input("ids", tensor.Int32, 4)
			e := g.Add("e", layer.Embedding{Vocabulary: 3, Width: 2}, ids)
			g.Head("head", l, e, g.Add("mask", layer.NotZero{}, ids))
		}
	}
	return graphs
}

func recurrentGraphs() map[string]func(g *braid.Graph) {
	graphs := overWords(recurrentLayers)
	// The steps of the gradients lie apart: the windows are not one matrix.
	graphs["beside others"] = func(g *braid.Graph) {
		x := g.Input("x", tensor.Float32, 3, 2)
		a := g.Add("a", layer.Dense{Units: 3, Activation: layer.Tanh}, x)
		both := g.Add("both", layer.Concatenate{Axis: 1}, a, g.Add("b", layer.Dense{Units: 3}, x))
		g.Head("both_gru", layer.GRU{Units: 2, ResetBefore: true}, both)
		g.Head("gru", layer.GRU{Units: 4, Sequences: true}, a)
		g.Head("lstm", layer.LSTM{Units: 2}, a)
		c := g.Add("c", layer.Dense{Units: 2}, x)
		g.Head("flat", layer.Flatten{}, g.Add("joined", layer.Concatenate{Axis: 1}, x, c))
		g.Head("input", layer.GRU{Units: 2}, x)
	}
	return graphs
}

func TestRecurrentGradients(t *testing.T) { checkGradients(t, recurrentGraphs()) }

func TestRecurrentBytes(t *testing.T) { checkBytes(t, recurrentGraphs()) }

// checkBytes checks that every kernel set, number of workers and division of rows gives the same
// bytes, and that prediction gives those of training.
func checkBytes(t *testing.T, networks map[string]func(g *braid.Graph)) {
	t.Helper()
	defer kernel.Use(kernel.Default())
	for name, draw := range networks {
		g := braid.NewGraph("bytes")
		draw(g)
		m, err := g.Build(3)
		if err != nil {
			t.Fatal(err)
		}
		braidtest.Spread(t, m)
		const rows = 71 // with one worker a chunk of 64 and seven of one
		var first []float32
		for _, set := range kernel.Sets() {
			kernel.Use(set)
			for _, workers := range []int{1, 3, 10} {
				got := trainingNumbers(m, rows, workers)
				if first == nil {
					first = got
				}
				if at := firstDifference(got, first); at >= 0 {
					t.Fatalf("%s: set %s, %d workers: number %d is %v, want %v", name, set.Name, workers, at,
						got[at], first[at])
				}
			}
			for _, n := range []int{1, rows} {
				got := predictedNumbers(t, m, rows, n)
				if at := firstDifference(got, first[:len(got)]); at >= 0 {
					t.Fatalf("%s: set %s, prediction of %d rows: number %d is %v, want %v", name, set.Name, n,
						at, got[at], first[at])
				}
			}
		}
	}
}

func firstDifference(got, want []float32) int {
	for i, v := range got {
		if math.Float32bits(v) != math.Float32bits(want[i]) {
			return i
		}
	}
	return -1
}

// drawn returns the numbers of a row of an input.
func drawn(spec braid.Spec, row int) (floats []float32, ids []int32) {
	draw := random.New(8, spec.Name, uint64(row))
	for i := range spec.Shape.Size() {
		floats = append(floats, draw.Normal(uint64(i)))
		ids = append(ids, int32(draw.Bits(uint64(i))%3))
	}
	return floats, ids
}

// trainingNumbers returns the outputs of all heads and then the gradients of all weights.
func trainingNumbers(m *braid.Model, rows, workers int) []float32 {
	run := braidtest.NewBatch(m, rows, workers)
	for i, spec := range m.Inputs() {
		for _, w := range run.Team.Workers {
			for r := range rows {
				floats, ids := drawn(spec, r)
				if spec.DType == tensor.Int32 {
					copy(w.IDs(i).Row(r), ids)
				} else {
					copy(w.Input(i).Row(r), floats)
				}
			}
		}
	}
	run.Forward()
	var list []float32
	for i := range m.Heads() {
		for r := range rows {
			list = append(list, run.Space.Output(i).Row(r)...)
			grad := run.Space.HeadGrad(i, false).Row(r)
			draw := random.New(9, "gradient", uint64(i), uint64(r))
			for j := range grad {
				grad[j] = draw.Normal(uint64(j))
			}
		}
	}
	run.Backward()
	for _, w := range m.Weights() {
		list = append(list, run.Gradient(w)...)
	}
	return list
}

// predictedNumbers returns the outputs of all heads, predicted from some rows at a time.
func predictedNumbers(t *testing.T, m *braid.Model, rows, each int) []float32 {
	t.Helper()
	byHead := map[string][]float32{}
	for lo := 0; lo < rows; lo += each {
		inputs := braid.Tensors{}
		for _, spec := range m.Inputs() {
			var allFloats []float32
			var allIDs []int32
			for r := lo; r < lo+each; r++ {
				floats, ids := drawn(spec, r)
				allFloats, allIDs = append(allFloats, floats...), append(allIDs, ids...)
			}
			shape := append([]int{each}, spec.Shape...)
			inputs[spec.Name] = tensor.Floats(allFloats, shape...)
			if spec.DType == tensor.Int32 {
				inputs[spec.Name] = tensor.Ints(allIDs, shape...)
			}
		}
		out, err := m.Predict(inputs)
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range out {
			byHead[name] = append(byHead[name], values.Float32s()...)
		}
	}
	var list []float32
	for _, h := range m.Heads() {
		list = append(list, byHead[h.Name]...)
	}
	return list
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
		var numbers [2][]float32
		for i, l := range c {
			g := braid.NewGraph("defaults")
			g.Head("head", l, g.Input("x", tensor.Float32, 4, 2))
			m, err := g.Build(3)
			if err != nil {
				t.Fatal(err)
			}
			numbers[i] = trainingNumbers(m, 9, 1)
		}
		if at := firstDifference(numbers[0], numbers[1]); at >= 0 {
			t.Errorf("%s: number %d is %v, and %v with the activations given", c[0].Kind(), at,
				numbers[0][at], numbers[1][at])
		}
	}
}

func TestRecurrentAllocations(t *testing.T) { checkAllocations(t, recurrentGraphs()) }

// checkAllocations checks that a training step after the first allocates nothing.
func checkAllocations(t *testing.T, networks map[string]func(g *braid.Graph)) {
	t.Helper()
	for name, draw := range networks {
		g := braid.NewGraph("allocations")
		draw(g)
		m, err := g.Build(3)
		if err != nil {
			t.Fatal(err)
		}
		const rows = 71 // a chunk of 64 and seven of one
		run := braidtest.NewBatch(m, rows, 1)
		blocks := m.Network().Blocks()
		grad := tensor.NewRows[float32](200, 200)
		n := testing.AllocsPerRun(5, func() {
			run.Team.Forward(0, rows)
			run.Team.Backward(0, rows)
			for _, b := range blocks {
				run.Team.Gradient(0, b, rows, grad.Columns(0, b.ColumnHi-b.ColumnLo))
			}
		})
		if n > 0 {
			t.Errorf("%s: a step allocates %v times", name, n)
		}
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

func TestRecurrentJSON(t *testing.T) {
	for want, l := range map[string]braid.Layer{
		`{"units":2}`: layer.GRU{Units: 2},
		`{"units":2,"sequences":true,"backwards":true,"reset_before":true,"activation":"linear",` +
			`"recurrent_activation":"hard_sigmoid","no_bias":true,"frozen":true,` +
			`"kernel":{"init":"he_normal"},"recurrent":{"init":"orthogonal","value":2}}`: layer.GRU{
			Units: 2, Sequences: true, Backwards: true, ResetBefore: true,
			Activation: new(layer.Linear), RecurrentActivation: new(layer.HardSigmoid),
			NoBias: true, Frozen: true, Kernel: layer.Weight{Init: layer.HeNormal},
			Recurrent: layer.Weight{Init: layer.Orthogonal, Value: 2}},
		`{"units":3,"activation":"relu","recurrent_activation":"tanh"}`: layer.LSTM{Units: 3,
			Activation: new(layer.ReLU), RecurrentActivation: new(layer.Tanh)},
		`{"units":3,"backwards":true,"activation":"relu","bias":{"init":"constant","value":1}}`: layer.
			SimpleRNN{Units: 3, Backwards: true, Activation: new(layer.ReLU),
			Bias: layer.Weight{Init: layer.Constant, Value: 1}},
	} {
		checkJSON(t, l, want)
	}
}

// checkJSON writes a layer's configuration and reads it back.
func checkJSON(t *testing.T, l braid.Layer, want string) {
	t.Helper()
	text, err := json.Marshal(l)
	if err != nil || string(text) != want {
		t.Errorf("got %s and error %v, want %s", text, err, want)
	}
	if back, err := layer.Decode(l.Kind(), []byte(want)); err != nil || !reflect.DeepEqual(back, l) {
		t.Errorf("%s reads back as %+v (%v), want %+v", want, back, err, l)
	}
}

func TestRecurrentMistakes(t *testing.T) {
	for want, draw := range map[string]func(g *braid.Graph, x, mask, ids *braid.Node){
		"GRU: Units = 0, want 1 or more": func(g *braid.Graph, x, _, _ *braid.Node) {
			g.Head("h", layer.GRU{}, x)
		},
		"SimpleRNN: Units = -1": func(g *braid.Graph, x, _, _ *braid.Node) {
			g.Head("h", layer.SimpleRNN{Units: -1}, x)
		},
		"LSTM: Units = 0": func(g *braid.Graph, x, _, _ *braid.Node) {
			g.Head("h", layer.LSTM{}, x)
		},
		"got 3 inputs, want a sequence, or a sequence and a mask": func(
			g *braid.Graph, x, mask, _ *braid.Node,
		) {
			g.Head("h", layer.GRU{Units: 1}, x, mask, mask)
		},
		"got 0 inputs": func(g *braid.Graph, _, _, _ *braid.Node) {
			g.Head("h", layer.GRU{Units: 1})
		},
		"input has shape [4] a row, want [steps features]": func(g *braid.Graph, _, mask, _ *braid.Node) {
			g.Head("h", layer.GRU{Units: 1}, mask)
		},
		`input "ids" is int32, want float32`: func(g *braid.Graph, _, _, ids *braid.Node) {
			g.Head("h", layer.SimpleRNN{Units: 1}, ids)
		},
		"the mask has shape [4 2] a row, want [4]": func(g *braid.Graph, x, _, _ *braid.Node) {
			g.Head("h", layer.GRU{Units: 1}, x, x)
		},
		"the mask is int32, want float32: NotZero makes": func(g *braid.Graph, x, _, ids *braid.Node) {
			g.Head("h", layer.LSTM{Units: 1}, x, ids)
		},
		"Activation: Activation = 99": func(g *braid.Graph, x, _, _ *braid.Node) {
			g.Head("h", layer.LSTM{Units: 1, Activation: new(braid.Activation(99))}, x)
		},
		"RecurrentActivation = softmax, want": func(g *braid.Graph, x, _, _ *braid.Node) {
			g.Head("h", layer.GRU{Units: 1, RecurrentActivation: new(layer.Softmax)}, x)
		},
		"Recurrent: Value = -1, want 0 or more": func(g *braid.Graph, x, _, _ *braid.Node) {
			g.Head("h", layer.GRU{Units: 1, Recurrent: layer.Weight{Init: layer.Normal, Value: -1}}, x)
		},
	} {
		g := braid.NewGraph("mistakes")
		draw(g, g.Input("x", tensor.Float32, 4, 2), g.Input("mask", tensor.Float32, 4),
			g.Input("ids", tensor.Int32, 4))
		braidtest.GraphMistake(t, g, want)
	}
}
