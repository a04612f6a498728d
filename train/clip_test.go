package train

import (
	"context"
	"math"
	"reflect"
	"testing"

	"braid"
	"braid/data"
	"braid/layer"
	"braid/loss"
	"braid/optim"
	"braid/tensor"
)

// The terms of a norm and their order do not depend on the division among workers: the rows of an
// embedding, by a lazy optimizer, and the blocks of a layer whose sums several workers divide.
func TestNormOrder(t *testing.T) {
	const rows, features = 24, 1030
	x, ids, y := make([]float32, rows*features), make([]int32, 3*rows), make([]float32, rows)
	for i := range x {
		x[i] = float32(math.Sin(float64(i * i)))
	}
	for i := range ids {
		ids[i] = int32(i * i % 47)
	}
	table, err := data.NewTable(data.Floats("x", x, features), data.Ints("ids", ids, 3),
		data.Floats("y", y))
	if err != nil {
		t.Fatal(err)
	}
	type terms struct {
		dense  [][]int
		square [][]float64
		sparse [][]float64
	}
	var want terms
	cuts := 0
	for _, workers := range []int{1, 2, 5} {
		g := braid.NewGraph("norms")
		e := g.Add("e", layer.Embedding{Vocabulary: 50, Width: 7}, g.Input("ids", tensor.Int32, 3))
		wide := g.Add("wide", layer.Dense{Units: 90, Activation: layer.Tanh},
			g.Input("x", tensor.Float32, features))
		g.Head("y", layer.Dense{Units: 1, Activation: layer.Sigmoid},
			g.Add("both", layer.Concatenate{}, wide, g.Add("flat", layer.Flatten{}, e)))
		m, err := g.Build(3)
		if err != nil {
			t.Fatal(err)
		}
		f, err := newFit(context.Background(), m, table, Plan{Batch: rows, Workers: workers,
			Clip: Clip{Norm: 1}, Optimizer: optim.Adam{Lazy: true},
			Heads: Heads{"y": {Loss: loss.BinaryCrossentropy{}}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.run(); err != nil {
			t.Fatal(err)
		}
		got := terms{square: f.runner.norms.squares}
		for _, blocks := range f.runner.blocks {
			for _, b := range blocks {
				cuts += min(b.RowLo-b.First, 1)
			}
		}
		for _, w := range f.runner.norms.weights {
			got.dense = append(got.dense, w.dense)
			var rows []float64
			for _, b := range w.sparse {
				rows = append(rows, b.squares...)
			}
			got.sparse = append(got.sparse, rows)
		}
		if workers == 1 {
			want = got
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d workers add up other terms", workers)
		}
	}
	if cuts == 0 {
		t.Error("no block is cut between workers")
	}
	if len(want.dense[1]) < 5 || len(want.sparse[0]) < 10 {
		t.Errorf("%d blocks and %d rows test little", len(want.dense[1]), len(want.sparse[0]))
	}
}
