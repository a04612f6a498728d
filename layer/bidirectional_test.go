package layer_test

import (
	"strings"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/tensor"
)

// bidirectionalGraphs draws every way to merge, of a last state and of steps.
func bidirectionalGraphs() map[string]func(g *braid.Graph) {
	graphs := overWords(map[string]braid.Layer{
		"concat": layer.Bidirectional{Layer: layer.GRU{Units: 3}, BackwardLayer: layer.LSTM{Units: 2}},
		"concat, steps": layer.Bidirectional{Layer: layer.LSTM{Units: 2, Sequences: true},
			BackwardLayer: layer.SimpleRNN{Units: 3, Sequences: true}},
		"sum": layer.Bidirectional{Layer: layer.GRU{Units: 3}, Merge: layer.MergeSum},
		"mul": layer.Bidirectional{Layer: layer.GRU{Units: 3, ResetBefore: true},
			Merge: layer.MergeMul},
		"mul, steps": layer.Bidirectional{Layer: layer.LSTM{Units: 3, Sequences: true},
			Merge: layer.MergeMul},
		"ave, steps": layer.Bidirectional{Layer: layer.SimpleRNN{Units: 3, Sequences: true},
			Merge: layer.MergeAve},
	})
	// The steps of the gradients lie apart: the windows are not one matrix.
	graphs["beside another"] = func(g *braid.Graph) {
		x := g.Input("x", tensor.Float32, 3, 2)
		a := g.Add("a", layer.Dense{Units: 3, Activation: layer.Tanh}, x)
		both := g.Add("both", layer.Concatenate{Axis: 1}, a, g.Add("b", layer.Dense{Units: 3}, x))
		g.Head("flat", layer.Flatten{}, both)
		g.Head("lstm", layer.Bidirectional{Layer: layer.LSTM{Units: 2}}, a)
	}
	return graphs
}

func TestBidirectionalGradients(t *testing.T)   { checkGradients(t, bidirectionalGraphs()) }
func TestBidirectionalBytes(t *testing.T)       { checkBytes(t, bidirectionalGraphs()) }
func TestBidirectionalAllocations(t *testing.T) { checkAllocations(t, bidirectionalGraphs()) }

func TestBidirectionalWeights(t *testing.T) {
	l := layer.Bidirectional{Layer: layer.GRU{Units: 1, NoBias: true},
		BackwardLayer: layer.SimpleRNN{Units: 3}}
	checkWeights(t, l, "forward_kernel [2 3], forward_recurrent_kernel [1 3], backward_kernel [2 3], "+
		"backward_recurrent_kernel [3 3], backward_bias [3]")
	checkWeights(t, layer.Bidirectional{Layer: layer.SimpleRNN{Units: 3, NoBias: true}, Frozen: true},
		"forward_kernel [2 3] frozen, forward_recurrent_kernel [3 3] frozen, "+
			"backward_kernel [2 3] frozen, backward_recurrent_kernel [3 3] frozen")
}

func TestBidirectionalJSON(t *testing.T) {
	for want, l := range map[string]braid.Layer{
		`{"layer":{"kind":"GRU","config":{"units":2,"sequences":true}},"merge":"mul"}`: layer.
			Bidirectional{Layer: layer.GRU{Units: 2, Sequences: true}, Merge: layer.MergeMul},
		`{"layer":{"kind":"LSTM","config":{"units":2}},"backward_layer":{"kind":"SimpleRNN",` +
			`"config":{"units":4}},"frozen":true}`: layer.Bidirectional{Layer: layer.LSTM{Units: 2},
			BackwardLayer: layer.SimpleRNN{Units: 4}, Frozen: true},
		`{}`: layer.NotZero{},
	} {
		checkJSON(t, l, want)
	}
	for text, want := range map[string]string{
		`{"layer":{"kind":"Dense","config":{"units":2}}}`:         "layer: ",
		`{"layer":{"kind":"GRU","config":{"unit":2}}}`:            `unit`,
		`{"layer":{"kind":"GRU","config":{"units":2},"a":1}}`:     `unknown field "a"`,
		`{"layr":{"kind":"GRU","config":{"units":2}}}`:            `layr`,
		`{"merge":"concatenate"}`:                                 "concat",
		`{"backward_layer":{"kind":"GRU","config":{"units":""}}}`: "backward_layer: GRU: ",
	} {
		if l, err := layer.Decode("Bidirectional", []byte(text)); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v and error %v, want an error with %s", text, l, err, want)
		}
	}

}

func TestBidirectionalMistakes(t *testing.T) {
	for want, draw := range map[string]func(g *braid.Graph, x *braid.Node){
		"Layer is nil, want": func(g *braid.Graph, x *braid.Node) {
			g.Head("h", layer.Bidirectional{}, x)
		},
		"Bidirectional: Layer: GRU: Units = 0": func(g *braid.Graph, x *braid.Node) {
			g.Head("h", layer.Bidirectional{Layer: layer.GRU{}}, x)
		},
		"BackwardLayer: LSTM: Units = 0": func(g *braid.Graph, x *braid.Node) {
			g.Head("h", layer.Bidirectional{Layer: layer.GRU{Units: 1}, BackwardLayer: layer.LSTM{}}, x)
		},
		"Merge = Merge(9), want MergeConcat": func(g *braid.Graph, x *braid.Node) {
			g.Head("h", layer.Bidirectional{Layer: layer.GRU{Units: 1}, Merge: 9}, x)
		},
		"Layer: Backwards = true, want false": func(g *braid.Graph, x *braid.Node) {
			g.Head("h", layer.Bidirectional{Layer: layer.GRU{Units: 1, Backwards: true}}, x)
		},
		"BackwardLayer: Frozen = true, want Frozen of": func(g *braid.Graph, x *braid.Node) {
			g.Head("h", layer.Bidirectional{Layer: layer.GRU{Units: 1},
				BackwardLayer: layer.GRU{Units: 1, Frozen: true}}, x)
		},
		"Layer has Sequences true, BackwardLayer false": func(g *braid.Graph, x *braid.Node) {
			g.Head("h", layer.Bidirectional{Layer: layer.GRU{Units: 1, Sequences: true},
				BackwardLayer: layer.GRU{Units: 1}}, x)
		},
		"Layer has Units 1, BackwardLayer 2, want the same to merge by sum": func(
			g *braid.Graph, x *braid.Node,
		) {
			g.Head("h", layer.Bidirectional{Layer: layer.GRU{Units: 1},
				BackwardLayer: layer.GRU{Units: 2}, Merge: layer.MergeSum}, x)
		},
	} {
		g := braid.NewGraph("mistakes")
		draw(g, g.Input("x", tensor.Float32, 4, 2))
		braidtest.GraphMistake(t, g, want)
	}
}
