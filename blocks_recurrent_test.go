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
	config, _ := inner["config"].(map[string]any)
	l, missing := recurrent(inner["kind"].(string), config)
	if missing != "" {
		return nil, missing
	}
	both := layer.Bidirectional{Layer: l}
	if mode, given := b.Config["merge_mode"].(string); given {
		if err := both.Merge.UnmarshalText([]byte(mode)); err != nil {
			return nil, err.Error()
		}
	}
	return both, ""
}

// recurrent returns the layer of a kind. Keras' defaults apply to what the configuration lacks.
func recurrent(kind string, config configuration) (layer.Recurrent, string) {
	units := config.integer("units")
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
	noBias := config.isNot("use_bias")
	switch kind {
	case "GRU":
		return layer.GRU{Units: units, Sequences: config.is("return_sequences"),
			Backwards: config.is("go_backwards"), ResetBefore: config.isNot("reset_after"),
			Activation: a, RecurrentActivation: r, NoBias: noBias}, ""
	case "LSTM":
		return layer.LSTM{Units: units, Sequences: config.is("return_sequences"),
			Backwards: config.is("go_backwards"), Activation: a, RecurrentActivation: r, NoBias: noBias}, ""
	case "SimpleRNN":
		return layer.SimpleRNN{Units: units, Sequences: config.is("return_sequences"),
			Backwards: config.is("go_backwards"), Activation: a, NoBias: noBias}, ""
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
