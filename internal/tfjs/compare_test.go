package tfjs_test

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/data"
	"braid/loss"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// Differences are relative to the number of TensorFlow.js, or absolute if that is below 1. Both
// sides compute in float32, with sums in another order. TensorFlow.js computes 1 - beta2^t of Adam
// from a rounded power, so that the lengths of its steps differ by about 1e-5.
const (
	outputLimit = 1e-5 // of outputs before training
	lossLimit   = 1e-4 // of the loss of each step
	afterLimit  = 1e-4 // of weights, moving averages and outputs after training
)

// compare trains a network and compares it with the training of TensorFlow.js.
func (n *network) compare(t *testing.T, g *braid.Graph, o optimizer, want training) {
	optimizer, err := optim.Decode(o.kind, []byte(o.config))
	if err != nil {
		t.Fatal(err)
	}
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range n.Nodes {
		for i, w := range weights(m, node.Name) {
			if err := w.Set(node.Weights[i].Values); err != nil {
				t.Fatal(err)
			}
		}
	}
	table, heads := n.table(t)
	c := comparison{T: t}
	c.arrays("outputs before", outputLimit, n.predict(t, m, table), want.Before)
	history, err := train.Fit(context.Background(), m, table, train.Plan{
		Epochs: steps, Batch: n.rows, NoShuffle: true, Optimizer: optimizer, Heads: heads,
	})
	if err != nil {
		t.Fatal(err)
	}
	var losses []float64
	for _, epoch := range history.Epochs {
		losses = append(losses, epoch.Values[0])
		for i, h := range n.Heads {
			if len(n.Heads) > 1 {
				losses = append(losses, cmp.Or(h.Weight, 1)*epoch.Values[1+i])
			}
		}
	}
	if first, last := want.Losses[0][0], want.Losses[steps-1][0]; !(last < first) {
		t.Errorf("the loss goes from %v to %v: the network does not learn", first, last)
	}
	c.numbers("losses", lossLimit, losses, slices.Concat(want.Losses...))
	var trained []array
	for _, node := range n.Nodes {
		for _, w := range weights(m, node.Name) {
			trained = append(trained, array{tensor.Float32, w.Shape(), w.Values()})
		}
	}
	c.arrays("weights", afterLimit, trained, slices.Concat(want.Weights...))
	c.arrays("outputs after", afterLimit, n.predict(t, m, table), want.After)
	t.Log("largest differences:", strings.Join(c.largest, ", "))
}

// table returns inputs and targets as a table, and the heads' losses.
func (n *network) table(t *testing.T) (*data.Table, train.Heads) {
	t.Helper()
	var columns []data.Column
	for _, in := range n.Inputs {
		columns = append(columns, in.column(in.Name, in.DType))
	}
	heads := train.Heads{}
	for _, h := range n.Heads {
		target, dtype := h.Target, tensor.Float32
		if _, sparse := h.loss.(loss.SparseCategoricalCrossentropy); sparse {
			target.Shape, dtype = target.Shape[:1], tensor.Int32
		}
		columns = append(columns, target.column(h.Name, dtype))
		heads[h.Name] = train.Head{Loss: h.loss, Weight: h.Weight}
	}
	table, err := data.NewTable(columns...)
	if err != nil {
		t.Fatal(err)
	}
	return table, heads
}

// column returns a batch as a column of a table.
func (a array) column(name string, dtype tensor.DType) data.Column {
	if dtype == tensor.Float32 {
		return data.Floats(name, a.Values, a.Shape[1:]...)
	}
	numbers := make([]int32, len(a.Values))
	for i, v := range a.Values {
		numbers[i] = int32(v)
	}
	return data.Ints(name, numbers, a.Shape[1:]...)
}

// predict returns the outputs of the heads.
func (n *network) predict(t *testing.T, m *braid.Model, table *data.Table) (list []array) {
	t.Helper()
	var names []string
	for _, in := range n.Inputs {
		names = append(names, in.Name)
	}
	in, err := table.Tensors(names...)
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.Predict(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range n.Heads {
		list = append(list, array{tensor.Float32, out[h.Name].Shape(), out[h.Name].Float32s()})
	}
	return list
}

// comparison keeps the largest differences.
type comparison struct {
	*testing.T
	largest []string
}

func (c *comparison) arrays(what string, limit float64, got, want []array) {
	c.Helper()
	if len(got) != len(want) {
		c.Fatalf("%s: %d arrays, TensorFlow.js has %d", what, len(got), len(want))
	}
	var a, b []float64
	for i := range got {
		if !slices.Equal(got[i].Shape, want[i].Shape) {
			c.Fatalf("%s: array %d has shape %v, in TensorFlow.js %v", what, i, got[i].Shape, want[i].Shape)
		}
		for j, v := range got[i].Values {
			a, b = append(a, float64(v)), append(b, float64(want[i].Values[j]))
		}
	}
	c.numbers(what, limit, a, b)
}

func (c *comparison) numbers(what string, limit float64, got, want []float64) {
	c.Helper()
	if len(got) != len(want) {
		c.Fatalf("%s: %d numbers, TensorFlow.js has %d", what, len(got), len(want))
	}
	largest, at := 0.0, 0
	for i, v := range got {
		off := math.Abs(v-want[i]) / max(1, math.Abs(want[i]))
		if off > largest || math.IsNaN(off) {
			largest, at = off, i
		}
	}
	if !(largest <= limit) {
		c.Errorf("%s: number %d is %v, in TensorFlow.js %v", what, at, got[at], want[at])
	}
	c.largest = append(c.largest, fmt.Sprintf("%s %.1e", what, largest))
}
