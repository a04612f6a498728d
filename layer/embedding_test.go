package layer_test

import (
	"math"
	"slices"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/tensor"
)

// embedding checks Embedding, BagEmbedding and PositionEmbedding.
var embedding = family{
	networks: map[string]network{
		"bags": {draw: func(g *braid.Graph) {
			ids, mask := g.Input("ids", tensor.Int32, 3), g.Input("mask", tensor.Float32, 3)
			e := g.Add("e", layer.BagEmbedding{Vocabulary: 7, Width: 5}, ids, mask)
			g.Head("head", layer.Dense{Units: 2, Activation: layer.Tanh}, e)
			g.Head("plain", layer.BagEmbedding{Vocabulary: 130, Width: 90}, ids)
			g.Head("root", layer.BagEmbedding{Vocabulary: 7, Width: 2, Mode: layer.BagSqrtN}, ids, mask)
			g.Head("frozen", layer.BagEmbedding{Vocabulary: 3, Width: 2, Frozen: true}, ids)
		}},
		// The numbers of a column stay apart, because a difference across a kink is no derivative.
		"largest": {
			draw: func(g *braid.Graph) {
				bag := layer.BagEmbedding{Vocabulary: 5, Width: 3, Mode: layer.BagMax}
				ids, mask := g.Input("ids", tensor.Int32, 4), g.Input("mask", tensor.Float32, 4)
				g.Head("masked", bag, ids, mask)
				g.Head("plain", bag, ids)
			},
			weights: map[string][]float32{
				"masked.embeddings": {1, -2, 5, 2, -1, 4, 3, -5, 3, 4, -4, 2, 5, -3, 1},
				"plain.embeddings":  {1, -2, 5, 2, -1, 4, 3, -5, 3, 4, -4, 2, 5, -3, 1},
			},
		},
		"positions": {draw: func(g *braid.Graph) {
			words := g.Add("words", layer.Dense{Units: 2}, g.Input("x", tensor.Float32, 4, 3))
			positions := g.Add("positions", layer.PositionEmbedding{}, words)
			placed := g.Add("placed", layer.Add{}, words, positions)
			g.Head("head", layer.Dense{Units: 3, Activation: layer.Tanh}, placed)
		}},
	},
	configs: []config{
		{layer.Embedding{Vocabulary: 5, Width: 2}, `{"vocabulary":5,"width":2}`},
		{layer.BagEmbedding{Vocabulary: 5, Width: 2, Mode: layer.BagMax},
			`{"vocabulary":5,"width":2,"mode":"max"}`},
		{layer.PositionEmbedding{Steps: 9}, `{"steps":9}`},
	},
	badJSON: []badJSON{
		{"BagEmbedding", `{"vocabulary":5,"width":2,"mode":"maxx"}`, `did you mean "max"?`},
	},
	mistakes: []mistake{
		{layer.Embedding{Width: 2}, "i3", "Vocabulary = 0"},
		{layer.Embedding{Vocabulary: 2}, "i3", "Width = 0"},
		{layer.Embedding{Vocabulary: 2, Width: 2}, "3", "int32"},
		{layer.BagEmbedding{Width: 2}, "i3", "Vocabulary = 0"},
		{layer.BagEmbedding{Vocabulary: 2}, "i3", "Width = 0"},
		{layer.BagEmbedding{Vocabulary: 2, Width: 2, Mode: 7}, "i3", "Mode = BagMode(7), want one of"},
		{layer.BagEmbedding{Vocabulary: 2, Width: 2}, "4", "the ids are float32, want int32"},
		{layer.BagEmbedding{Vocabulary: 2, Width: 2}, "i3x2", "the ids have shape [3 2] a row"},
		{layer.BagEmbedding{Vocabulary: 2, Width: 2}, "i3 4", "the mask has shape [4], want [3]"},
		{layer.BagEmbedding{Vocabulary: 2, Width: 2}, "i3 i3", "the mask is int32"},
		{layer.BagEmbedding{Vocabulary: 2, Width: 2}, "i3 i3 i3", "got 3 inputs, want ids"},
		{layer.BagEmbedding{Vocabulary: 2, Width: 2,
			Embeddings: layer.Weight{Init: layer.Normal, Value: math.NaN()}}, "i3",
			"Embeddings: Value = NaN"},
		{layer.PositionEmbedding{Steps: 2}, "3x4", "Steps = 2, want 0, or the input's 3"},
		{layer.PositionEmbedding{}, "3x4 3x4", "got 2 inputs, want 1"},
		{layer.PositionEmbedding{}, "4", "PositionEmbedding: input has shape [4] a row"},
	},
}

func TestBags(t *testing.T) {
	ids := tensor.Ints([]int32{2, 0, 1, 1, 1, 1}, 2, 3)
	mask := tensor.Floats([]float32{1, 0, 1, 0, 0, 0}, 2, 3)
	constant := layer.Weight{Init: layer.Constant, Value: -3}
	mean := layer.BagEmbedding{Vocabulary: 3, Width: 2, Embeddings: constant}
	if got := predict(t, mean, ids, mask); !slices.Equal(got, []float32{-3, -3, 0, 0}) {
		t.Errorf("means of vectors of -3: %v, want -3 -3, and 0 0 for a row without a step", got)
	}
	mean.Mode = layer.BagSqrtN
	want := []float32{-6 * (1 / float32(math.Sqrt2)), -6 * (1 / float32(math.Sqrt2)), 0, 0}
	if got := predict(t, mean, ids, mask); !slices.Equal(got, want) {
		t.Errorf("sums of vectors of -3, divided by roots: %v, want %v", got, want)
	}
	mean.Mode = layer.BagMax
	if got := predict(t, mean, ids, mask); !slices.Equal(got, []float32{-3, -3, 0, 0}) {
		t.Errorf("largest of vectors of -3: %v, want -3 -3, and 0 0 for a row without a step", got)
	}
}

// Vectors that no step uses have no gradient, and the output is the table's beginning.
func TestPositions(t *testing.T) {
	g := braid.NewGraph("positions")
	x := g.Input("x", tensor.Float32, 2, 3)
	g.Head("h", layer.PositionEmbedding{Steps: 4}, x)
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	w := m.Weights()[0]
	if err := w.Set([]float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}); err != nil {
		t.Fatal(err)
	}
	b := braidtest.NewBatch(m, 2, 1)
	b.Forward()
	grad := b.Space.HeadGrad(0, false)
	for r := range 2 {
		if got := b.Space.Output(0).Row(r); !slices.Equal(got, []float32{1, 2, 3, 4, 5, 6}) {
			t.Errorf("row %d is %v", r, got)
		}
		copy(grad.Row(r), []float32{1, 2, 3, 4, 5, 6})
	}
	b.Backward()
	want := []float32{2, 4, 6, 8, 10, 12, 0, 0, 0, 0, 0, 0}
	if got := b.Gradient(w); !slices.Equal(got, want) {
		t.Errorf("gradient %v, want %v", got, want)
	}
}
