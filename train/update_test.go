package train_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"testing"

	"braid"
	"braid/data"
	"braid/layer"
	"braid/loss"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// Gathered gradients give the bytes of fused updates.
func TestGatherSameBytes(t *testing.T) {
	for name, build := range map[string]func(*testing.T) *braid.Model{
		"mixed": func(t *testing.T) *braid.Model { return model(t) }, "regularized": regularized,
	} {
		for _, lazy := range []bool{false, true} {
			var want []byte
			for _, c := range []struct {
				gather  bool
				workers int
			}{{false, 1}, {true, 1}, {true, 3}, {false, 2}} {
				m, p := build(t), plan()
				p.Optimizer = optim.Adam{Rate: 0.01, Lazy: lazy}
				p.Epochs, p.Batch, p.Gather, p.Workers = 2, 70, c.gather, c.workers
				if _, err := train.Fit(context.Background(), m, table(t), p); err != nil {
					t.Fatal(err)
				}
				got := bytesOf(t, m)
				if want == nil {
					want = got
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%s, lazy %t, gathered %t, %d workers: another model", name, lazy, c.gather,
						c.workers)
				}
			}
		}
	}
}

// A gradient that is not finite changes no weight if gradients are gathered. Else the weights
// before it in the order have been updated.
func TestGatherMovesNothing(t *testing.T) {
	for _, gather := range []bool{true, false} {
		g := braid.NewGraph("steep")
		x := g.Input("x", tensor.Float32, 1)
		g.Head("y", layer.Dense{Units: 1, Activation: layer.Sigmoid},
			g.Add("h", layer.Dense{Units: 1}, g.Add("under", layer.Dense{Units: 1}, x)))
		m, err := g.Build(1)
		if err != nil {
			t.Fatal(err)
		}
		// The output is finite; the gradient of h.kernel is 3e38 times y.kernel.
		for name, value := range map[string]float32{"under.kernel": 1, "h.kernel": 1e-38,
			"y.kernel": 1000} {
			w, err := m.Weight(name)
			if err == nil {
				err = w.Set([]float32{value})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		all, err := data.NewTable(data.Floats("x", []float32{3e38, 3e38}, 1),
			data.Floats("y", []float32{0, 0}, 1))
		if err != nil {
			t.Fatal(err)
		}
		before := bytesOf(t, m)
		_, err = train.Fit(context.Background(), m, all, train.Plan{
			Batch: 2, Gather: gather, Workers: 1, Heads: train.Heads{"y": {Loss: loss.BinaryCrossentropy{}}},
		})
		var bad *train.NotFinite
		if !errors.As(err, &bad) || bad.Weight != "h.kernel" || bad.Step != 1 {
			t.Fatalf("gathered %t: error is %v, want one of the gradient of h.kernel in step 1", gather, err)
		}
		if same := bytes.Equal(bytesOf(t, m), before); same != gather {
			t.Errorf("gathered %t: the weights are as before: %t", gather, same)
		}
	}
}

// words returns an embedding of many rows with a head, and a table whose examples name few of the
// rows, some twice.
func words(t testing.TB, vocabulary int) (*braid.Model, *data.Table) {
	t.Helper()
	g := braid.NewGraph("words")
	ids := g.Input("ids", tensor.Int32, 3)
	e := g.Add("e", layer.Embedding{Vocabulary: vocabulary, Width: 64}, ids)
	g.Head("y", layer.Dense{Units: 1, Activation: layer.Sigmoid}, g.Add("flat", layer.Flatten{}, e))
	m, err := g.Build(5)
	if err != nil {
		t.Fatal(err)
	}
	const examples = 64
	list, y := make([]int32, 3*examples), make([]float32, examples)
	for i := range list {
		list[i] = int32(i*i%97 + 97*(i/96)) // the second half names other rows
	}
	for i := range y {
		y[i] = float32(i % 2)
	}
	table, err := data.NewTable(data.Ints("ids", list, 3), data.Floats("y", y, 1))
	if err != nil {
		t.Fatal(err)
	}
	return m, table
}

// In the first step lazy Adam updates the rows that the batch names as Adam does, and no others. In
// later steps rows that are not named keep their values and moments.
func TestLazy(t *testing.T) {
	const vocabulary = 500
	fit := func(lazy bool, epochs int) []float32 {
		m, all := words(t, vocabulary)
		p := train.Plan{
			Epochs: epochs, Batch: 32, NoShuffle: true, Optimizer: optim.Adam{Rate: 0.01, Lazy: lazy},
			Heads: train.Heads{"y": {Loss: loss.BinaryCrossentropy{}}},
		}
		if epochs == 0 { // only the first batch
			half, err := all.Slice(0, 32)
			if err != nil {
				t.Fatal(err)
			}
			all, p.Epochs = half, 1
		}
		if _, err := train.Fit(context.Background(), m, all, p); err != nil {
			t.Fatal(err)
		}
		w, err := m.Weight("e.embeddings")
		if err != nil {
			t.Fatal(err)
		}
		return w.Values()
	}
	m, _ := words(t, vocabulary)
	start, err := m.Weight("e.embeddings")
	if err != nil {
		t.Fatal(err)
	}
	first, lazyFirst := fit(false, 0), fit(true, 0)
	for i, v := range first {
		if math.Float32bits(v) != math.Float32bits(lazyFirst[i]) {
			t.Fatalf("after the first step number %d is %v, lazily %v", i, v, lazyFirst[i])
		}
	}
	began := start.Values()
	named := map[int]bool{}
	for i := range 3 * 64 {
		named[i*i%97+97*(i/96)] = true
	}
	dense, lazy := fit(false, 3), fit(true, 3)
	differ := false
	for row := range vocabulary {
		for i := row * 64; i < (row+1)*64; i++ {
			if moved := lazy[i] != began[i]; moved && !named[row] {
				t.Fatalf("row %d, which no example names, has moved", row)
			}
			differ = differ || lazy[i] != dense[i]
		}
	}
	if !differ {
		t.Error("rows that a step does not name move as with plain Adam")
	}
}

// BenchmarkEmbedding trains on 64 examples that name 98 rows of 20,000.
func BenchmarkEmbedding(b *testing.B) {
	for _, lazy := range []bool{false, true} {
		name := "adam"
		if lazy {
			name = "lazy"
		}
		b.Run(name, func(b *testing.B) {
			m, all := words(b, 20_000)
			p := train.Plan{
				Epochs: b.N, Batch: 64, Workers: 1, Optimizer: optim.Adam{Lazy: lazy},
				Heads: train.Heads{"y": {Loss: loss.BinaryCrossentropy{}}},
			}
			b.ResetTimer()
			if _, err := train.Fit(context.Background(), m, all, p); err != nil {
				b.Fatal(err)
			}
		})
	}
}
