package layer_test

import (
	"fmt"
	"strings"
	"testing"

	"braid"
	"braid/layer"
	"braid/op"
)

// TestGradientProducts checks how many products each weight's gradient sums for a row.
func TestGradientProducts(t *testing.T) {
	for _, c := range []struct {
		layer  braid.Layer
		inputs string
		want   string // for each weight
	}{
		{layer.Dense{Units: 2}, "7", "1 1"},
		{layer.Dense{Units: 2}, "3x5x7", "15 15"},
		{layer.Conv1D{Filters: 2, Size: 3}, "9x4", "7 7"},
		{layer.Conv2D{Filters: 2, Size: two, Strides: layer.Pair{1, 3}}, "5x7x4", "8 8"},
		{layer.DepthwiseConv2D{Size: two, NoBias: true}, "5x7x4", "24"},
		{layer.SimpleRNN{Units: 2}, "5x3", "5 5 5"},
		{layer.Bidirectional{Layer: layer.LSTM{Units: 2, NoBias: true}}, "5x3", "5 5 5 5"},
		{layer.BatchNormalization{}, "5x7x4", "0 0"}, // from the sums of Backward
		{layer.LayerNormalization{}, "5x7x4", "35 35"},
		{layer.MultiHeadAttention{Heads: 1, KeyWidth: 2}, "5x4 3x4", "5 5 3 3 3 3 5 5"},
		{layer.TransformerEncoder{Heads: 1, Units: 9}, "5x4", strings.Repeat("5 ", 15) + "5"},
	} {
		g := braid.NewGraph("products")
		var inputs []*braid.Node
		for _, word := range strings.Fields(c.inputs) {
			inputs = append(inputs, described(t, g, word))
		}
		g.Head("h", c.layer, inputs...)
		m, err := g.Build(1)
		if err != nil {
			t.Fatal(err)
		}
		nodes := m.Network().Nodes
		last := nodes[len(nodes)-1]
		counter, ok := last.Op.(op.GradientCounter)
		if !ok {
			t.Errorf("%s counts no products", c.layer.Kind())
			continue
		}
		var got []string
		for i := range last.Weights {
			got = append(got, fmt.Sprint(counter.GradientProducts(i)))
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s of %s: %s products, want %s", c.layer.Kind(), c.inputs, text, c.want)
		}
	}
}
