package braid_test

import (
	"slices"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/tensor"
)

// recurrentLayer returns the recurrent layer of a configuration.
func (b *block) recurrentLayer() (braid.Layer, string) {
	if b.Kind != "Bidirectional" {
		return recurrent(b.Kind, b.Config)
	}
	inner := b.Config["layer"].(map[string]any)
	l, missing := recurrent(inner["kind"].(string), inner["config"].(map[string]any))
	if missing != "" {
		return nil, missing
	}
	both := layer.Bidirectional{Layer: l}
	mode, _ := b.Config["merge_mode"].(string)
	if err := both.Merge.UnmarshalText([]byte(mode)); err != nil {
		return nil, err.Error()
	}
	return both, ""
}

// recurrent returns the layer of a kind. Keras' defaults apply to what the configuration lacks.
func recurrent(kind string, config map[string]any) (layer.Recurrent, string) {
	units, _ := config["units"].(float64)
	is := func(key string) bool { v, _ := config[key].(bool); return v }
	function := func(key string) (f *braid.Activation, missing string) {
		name, given := config[key].(string)
		if !given {
			return nil, ""
		}
		f = new(braid.Activation)
		if err := f.UnmarshalText([]byte(name)); err != nil {
			return nil, err.Error()
		}
		return f, ""
	}
	a, missing := function("activation")
	if missing != "" {
		return nil, missing
	}
	r, missing := function("recurrent_activation")
	if missing != "" {
		return nil, missing
	}
	noBias := config["use_bias"] == false
	switch kind {
	case "GRU":
		return layer.GRU{Units: int(units), Sequences: is("return_sequences"),
			Backwards: is("go_backwards"), ResetBefore: config["reset_after"] == false,
			Activation: a, RecurrentActivation: r, NoBias: noBias}, ""
	case "LSTM":
		return layer.LSTM{Units: int(units), Sequences: is("return_sequences"),
			Backwards: is("go_backwards"), Activation: a, RecurrentActivation: r, NoBias: noBias}, ""
	case "SimpleRNN":
		return layer.SimpleRNN{Units: int(units), Sequences: is("return_sequences"),
			Backwards: is("go_backwards"), Activation: a, NoBias: noBias}, ""
	}
	return nil, kind
}

// TestNotZeroOracle compares NotZero with the masks of the reference cases of Embedding.
func TestNotZeroOracle(t *testing.T) {
	compared := 0
	for _, b := range readBlocks(t, braidtest.Oracle(t, "blocks")) {
		want, ok := b.tensors.Entry(b.Name + "/out_mask")
		if !ok {
			continue
		}
		g := braid.NewGraph("mask")
		g.Head("mask", layer.NotZero{}, g.Input("ids", tensor.Int32, want.Shape[1:]...))
		m, err := g.Build(1)
		if err != nil {
			t.Fatal(err)
		}
		var ids []int32
		for _, id := range b.doubles(t, "in/"+b.Inputs[0].Name) {
			ids = append(ids, int32(id))
		}
		out, err := m.Predict(braid.Tensors{"ids": tensor.Ints(ids, want.Shape...)})
		if err != nil {
			t.Fatal(err)
		}
		if mask := b.floats(t, "out_mask"); !slices.Equal(out["mask"].Float32s(), mask) {
			t.Errorf("%s: %v, want %v", b.Name, out["mask"].Float32s(), mask)
		}
		compared++
	}
	if compared == 0 {
		t.Error("no case has a mask")
	}
}
