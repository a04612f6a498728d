package train_test

import (
	"bytes"
	"context"
	"testing"

	"braid"
	"braid/data"
	"braid/internal/kernel"
	"braid/internal/random"
	"braid/layer"
	"braid/tensor"
	"braid/train"
)

// large has layers with so many weights that workers divide their columns: on an input stored
// beside a computed one, on the steps of a sequence, on another large layer, and as a head.
func large(t *testing.T) *braid.Model {
	t.Helper()
	g := braid.NewGraph("large")
	image, x, ids := g.Input("image", tensor.Float32, 3, 4), g.Input("x", tensor.Float32,
		3), g.Input("ids", tensor.Int32, 2)
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

// splitK has layers whose sums are divided among workers (split-K): on an image and a computed
// input, side by side in each worker's private memory; on another such layer, without bias; and in
// four spans, as a head.
func splitK(t *testing.T) *braid.Model {
	t.Helper()
	g := braid.NewGraph("splitK")
	picture, x, ids := g.Input("picture", tensor.Float32, 20, 31), g.Input("x", tensor.Float32,
		3), g.Input("ids", tensor.Int32, 2)
	e := g.Add("e", layer.Embedding{Vocabulary: 5, Width: 3}, ids)
	asked := g.Add("asked", layer.LSTM{Units: 5}, e)
	flat := g.Add("flat", layer.Flatten{}, picture)
	both := g.Add("both", layer.Concatenate{}, asked, flat, x)
	trunk := g.Add("trunk", layer.Dense{Units: 520, Activation: layer.ReLU}, both)
	narrow := g.Add("narrow", layer.Dense{Units: 17, Activation: layer.Tanh, NoBias: true}, trunk)
	wide := g.Add("wide", layer.Dense{Units: 1030, Activation: layer.ReLU}, narrow)
	g.Head("class", layer.Dense{Units: 9, Activation: layer.Softmax}, wide)
	g.Head("yes", layer.Dense{Units: 1, Activation: layer.Sigmoid}, narrow)
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// late has a split-K layer on an input that is stored beside an output computed from it.
func late(t *testing.T) *braid.Model {
	t.Helper()
	g := braid.NewGraph("late")
	picture, x, ids := g.Input("picture", tensor.Float32, 20, 31), g.Input("x", tensor.Float32,
		3), g.Input("ids", tensor.Int32, 2)
	flat := g.Add("flat", layer.Flatten{}, picture)
	trunk := g.Add("trunk", layer.Dense{Units: 64, Activation: layer.ReLU}, flat)
	small := g.Add("small", layer.Dense{Units: 7, Activation: layer.Tanh}, trunk)
	e := g.Add("e", layer.Flatten{}, g.Add("words", layer.Embedding{Vocabulary: 5, Width: 2}, ids))
	all := g.Add("all", layer.Concatenate{}, flat, small, x, e)
	g.Head("class", layer.Dense{Units: 9, Activation: layer.Softmax}, all)
	g.Head("yes", layer.Dense{Units: 1, Activation: layer.Sigmoid}, all)
	m, err := g.Build(4)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestFewRowsShareColumns(t *testing.T) {
	all, err := table(t).Slice(0, 13)
	if err != nil {
		t.Fatal(err)
	}
	sameOnWorkers(t, large, all, []int{1, 5}, []int{1, 2, 3, 5})
}

func TestShareTerms(t *testing.T) {
	all := pictures(t)
	few, err := all.Slice(0, 7) // steps of one row
	if err != nil {
		t.Fatal(err)
	}
	sameOnWorkers(t, splitK, few, []int{1}, []int{1, 2, 4, 3, 2})
	sameOnWorkers(t, splitK, all, []int{19, 33, 64}, []int{1, 2, 4, 3, 2})
	sameOnWorkers(t, late, few, []int{1}, []int{1, 2, 3, 2})
	sameOnWorkers(t, late, all, []int{19, 33}, []int{1, 2, 3, 2})
}

// pictures returns a table for splitK and late.
func pictures(t *testing.T) *data.Table {
	t.Helper()
	const rows = 70
	draw := random.New(4, "pictures")
	picture, x, ids := make([]uint8, 620*rows), make([]float32, 3*rows), make([]int32, 2*rows)
	class, yes := make([]int32, rows), make([]float32, rows)
	for i := range picture {
		picture[i] = uint8(draw.Bits(uint64(i)))
	}
	for r := range rows {
		x[3*r], x[3*r+1], x[3*r+2] = draw.Normal(uint64(r)), float32(r), -1
		ids[2*r], ids[2*r+1] = int32(r%5), int32(r%3)
		class[r], yes[r] = int32(picture[620*r])/32, float32(r%2)
	}
	all, err := data.NewTable(
		data.Bytes("picture", picture, data.Standard{Mean: 127, Std: 74}, 20, 31), data.Floats("x", x, 3),
		data.Ints("ids", ids, 2), data.Ints("class", class), data.Floats("yes", yes, 1),
	)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sameOnWorkers trains a model for an epoch with each batch size and each number of workers, and
// compares bytes and figures.
func sameOnWorkers(
	t *testing.T, build func(*testing.T) *braid.Model, all *data.Table, batches, workers []int,
) {
	t.Helper()
	defer kernel.Use(kernel.Default())
	for _, batch := range batches {
		var want []byte
		var figures []float64
		for i, workers := range workers {
			sets := kernel.Sets()
			kernel.Use(sets[len(sets)-1-i%len(sets)])
			m, p := build(t), plan()
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
					t.Errorf("batches of %d, %d workers: %s is %v, want %v", batch, workers, h.Names[j], v,
						figures[j])
				}
			}
		}
	}
}
