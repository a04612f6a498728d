package layer_test

import (
	"encoding/json"
	"strings"
	"testing"

	"braid"
	"braid/layer"
	"braid/tensor"
)

// bidirectionalNetworks draws every way to merge, of a last state and of steps.
func bidirectionalNetworks() map[string]network {
	networks := overWords(map[string]braid.Layer{
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
	networks["beside another"] = network{draw: func(g *braid.Graph) {
		x := g.Input("x", tensor.Float32, 3, 2)
		a := g.Add("a", layer.Dense{Units: 3, Activation: layer.Tanh}, x)
		both := g.Add("both", layer.Concatenate{Axis: 1}, a, g.Add("b", layer.Dense{Units: 3}, x))
		g.Head("flat", layer.Flatten{}, both)
		g.Head("lstm", layer.Bidirectional{Layer: layer.LSTM{Units: 2}}, a)
	}}
	return networks
}

// bidirectional checks Bidirectional.
var bidirectional = family{
	networks: bidirectionalNetworks(),
	configs: []config{
		{layer.Bidirectional{Layer: layer.GRU{Units: 2, Sequences: true}, Merge: layer.MergeMul},
			`{"layer":{"kind":"GRU","config":{"units":2,"sequences":true}},"merge":"mul"}`},
		{layer.Bidirectional{Layer: layer.LSTM{Units: 2}, BackwardLayer: layer.SimpleRNN{Units: 4},
			Frozen: true},
			`{"layer":{"kind":"LSTM","config":{"units":2}},"backward_layer":{"kind":"SimpleRNN",` +
				`"config":{"units":4}},"frozen":true}`},
	},
	badJSON: []badJSON{
		{"Bidirectional", `{"layer":{"kind":"Dense","config":{"units":2}}}`, "layer: "},
		{"Bidirectional", `{"layer":{"kind":"GRU","config":{"unit":2}}}`, `unit`},
		{"Bidirectional", `{"layer":{"kind":"GRU","config":{"units":2},"a":1}}`,
			`layer: unknown field "a", want one of "kind", "config"`},
		{"Bidirectional", `{"layr":{"kind":"GRU","config":{"units":2}}}`, `layr`},
		{"Bidirectional", `{"merge":"concatenate"}`, "concat"},
		{"Bidirectional", `{"backward_layer":{"kind":"GRU","config":{"units":""}}}`,
			"backward_layer: GRU: "},
	},
	mistakes: []mistake{
		{layer.Bidirectional{}, "4x2", "Bidirectional: Layer is nil, want LSTM, GRU or SimpleRNN"},
		{layer.Bidirectional{Layer: (*layer.LSTM)(nil)}, "4x2", "Layer is a nil *layer.LSTM, want"},
		{layer.Bidirectional{Layer: layer.GRU{Units: 1}, BackwardLayer: (*layer.GRU)(nil)}, "4x2",
			"BackwardLayer is a nil *layer.GRU, want"},
		{layer.Bidirectional{Layer: layer.GRU{}}, "4x2", "Bidirectional: Layer: GRU: Units = 0"},
		{layer.Bidirectional{Layer: layer.GRU{Units: 1}, BackwardLayer: layer.LSTM{}}, "4x2",
			"BackwardLayer: LSTM: Units = 0"},
		{layer.Bidirectional{Layer: layer.GRU{Units: 1}, Merge: 9}, "4x2",
			"Merge = Merge(9), want MergeConcat"},
		{layer.Bidirectional{Layer: layer.GRU{Units: 1, Backwards: true}}, "4x2",
			"Layer: Backwards = true, want false"},
		{layer.Bidirectional{Layer: layer.GRU{Units: 1},
			BackwardLayer: layer.GRU{Units: 1, Frozen: true}}, "4x2",
			"BackwardLayer: Frozen = true, want Frozen of"},
		{layer.Bidirectional{Layer: layer.GRU{Units: 1, Sequences: true},
			BackwardLayer: layer.GRU{Units: 1}}, "4x2", "Layer has Sequences true, BackwardLayer false"},
		{layer.Bidirectional{Layer: layer.GRU{Units: 1},
			BackwardLayer: layer.GRU{Units: 2}, Merge: layer.MergeSum}, "4x2",
			"Layer has Units 1, BackwardLayer 2, want the same to merge by sum"},
	},
}

func TestBidirectionalOfNilInJSON(t *testing.T) {
	for want, l := range map[string]layer.Bidirectional{
		"Layer is a nil *layer.LSTM": {Layer: (*layer.LSTM)(nil)},
		"BackwardLayer is a nil *layer.GRU": {
			Layer: &layer.GRU{Units: 1}, BackwardLayer: (*layer.GRU)(nil),
		},
	} {
		if text, err := json.Marshal(l); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("written as %s with error %v, want %s", text, err, want)
		}
	}
}

func TestBidirectionalWeights(t *testing.T) {
	l := layer.Bidirectional{Layer: layer.GRU{Units: 1, NoBias: true},
		BackwardLayer: layer.SimpleRNN{Units: 3}}
	checkWeights(t, l, "forward_kernel [2 3], forward_recurrent_kernel [1 3], backward_kernel [2 3], "+
		"backward_recurrent_kernel [3 3], backward_bias [3]")
	checkWeights(t, layer.Bidirectional{Layer: layer.SimpleRNN{Units: 3, NoBias: true}, Frozen: true},
		"forward_kernel [2 3] frozen, forward_recurrent_kernel [3 3] frozen, "+
			"backward_kernel [2 3] frozen, backward_recurrent_kernel [3 3] frozen")
}
