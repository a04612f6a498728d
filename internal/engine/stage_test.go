package engine_test

import (
	"slices"
	"testing"

	"braid"
	"braid/internal/engine"
	"braid/layer"
	"braid/tensor"
)

// A stage ends where sums over all rows are needed, and where nodes suit different blocks of rows.
func TestStages(t *testing.T) {
	conv := func(filters int) braid.Layer {
		return layer.Conv2D{Filters: filters, Size: layer.Pair{3, 3}, Padding: layer.Same}
	}
	for name, c := range map[string]struct {
		draw func(g *braid.Graph)
		want []string
	}{
		"small": {func(g *braid.Graph) {
			x := g.Add("a", layer.Dense{Units: 3}, g.Input("x", tensor.Float32, 5))
			x = g.Add("b", layer.LSTM{Units: 2}, g.Add("steps", layer.Reshape{Shape: []int{3, 1}}, x))
			g.Head("y", layer.Dense{Units: 2}, x)
		}, []string{"a b y"}},
		"coupled": {func(g *braid.Graph) {
			x := g.Add("a", layer.Dense{Units: 3}, g.Input("x", tensor.Float32, 5))
			x = g.Add("relu", layer.Activation{Function: layer.ReLU},
				g.Add("n", layer.BatchNormalization{}, x))
			g.Head("y", layer.BatchNormalization{}, g.Add("b", layer.Dense{Units: 2}, x))
		}, []string{"a n+", "+n b y+", "+y"}},
		"images": {func(g *braid.Graph) {
			x := g.Add("a", conv(24), g.Input("x", tensor.Float32, 24, 24, 1)) // 14,400 numbers: 16 rows
			x = g.Add("n", layer.BatchNormalization{}, g.Add("pool", layer.MaxPooling2D{}, x))
			x = g.Add("b", conv(48), x) // 10,368 numbers: 24 rows
			// As many numbers, but 14 million weights.
			x = g.Add("flat", layer.Flatten{}, g.Add("relu", layer.Activation{Function: layer.ReLU}, x))
			x = g.Add("wide", layer.Dense{Units: 2048}, x)
			g.Head("y", layer.Dense{Units: 2}, x)
		}, []string{"a pool n+ 8", "+n b 24", "wide", "y 120"}},
		"saved": {func(g *braid.Graph) {
			x := g.Add("a", conv(24), g.Input("x", tensor.Float32, 24, 24, 1))
			x = g.Add("b", conv(24), g.Add("drop", layer.Dropout{Rate: 0.5}, x))
			g.Head("y", layer.GlobalAveragePooling2D{}, x)
		}, []string{"a 16", "drop", "b y 8"}},
	} {
		space := build(t, c.draw).Network().NewWorkspace(128, engine.Train)
		if got := space.NewSolo().Stages(); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
