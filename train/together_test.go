package train_test

import (
	"bytes"
	"context"
	"testing"

	"braid"
	"braid/internal/kernel"
	"braid/layer"
	"braid/tensor"
	"braid/train"
)

// large has layers of so many weights that workers share their columns: on what was gathered and
// computed side by side, on the steps of a sequence, on another large layer, and as a head.
func large(t *testing.T) *braid.Model {
	t.Helper()
	g := braid.NewGraph("large")
	image, x, ids := g.Input("image", tensor.Float32, 3, 4), g.Input("x", tensor.Float32, 3), g.Input("ids", tensor.Int32, 2)
	e := g.Add("e", layer.Embedding{Vocabulary: 5, Width: 3}, ids)
	s := g.Add("s", layer.LSTM{Units: 18, Sequences: true}, e)
	steps := g.Add("steps", layer.Dense{Units: 1850, Activation: layer.Tanh}, s)
	last := g.Add("last", layer.LSTM{Units: 5}, steps)
	flat := g.Add("flat", layer.Flatten{}, image)
	both := g.Add("both", layer.Concatenate{}, flat, last, x)
	wide := g.Add("wide", layer.Dense{Units: 1703, Activation: layer.ReLU}, both)
	narrow := g.Add("narrow", layer.Dense{Units: 21, Activation: layer.Sigmoid}, wide)
	g.Head("class", layer.Dense{Units: 4, Activation: layer.Softmax}, narrow)
	g.Head("yes", layer.Dense{Units: 1, Activation: layer.Sigmoid}, narrow)
	m, err := g.Build(2)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestFewRowsShareColumns(t *testing.T) {
	defer kernel.Use(kernel.Default())
	all, err := table(t).Slice(0, 13)
	if err != nil {
		t.Fatal(err)
	}
	for _, batch := range []int{1, 5} {
		var want []byte
		var figures []float64
		for i, workers := range []int{1, 2, 3, 5} {
			sets := kernel.Sets()
			kernel.Use(sets[len(sets)-1-i%len(sets)])
			m, p := large(t), plan()
			if m.Shares(batch, workers) != (workers > 1) {
				t.Fatalf("Shares(%d, %d) is %v", batch, workers, m.Shares(batch, workers))
			}
			p.Epochs, p.Batch, p.Workers, p.Validate = 1, batch, workers, all
			h, err := train.Fit(context.Background(), m, all, p)
			if err != nil {
				t.Fatal(err)
			}
			got := bytesOf(t, m)
			if want == nil {
				want, figures = got, h.Epochs[0].Values
			}
			if !bytes.Equal(got, want) {
				t.Errorf("batches of %d: %d workers give another model", batch, workers)
			}
			for j, v := range h.Epochs[0].Values {
				if v != figures[j] {
					t.Errorf("batches of %d, %d workers: %s is %v, want %v", batch, workers, h.Names[j], v, figures[j])
				}
			}
		}
	}
}
