package op_test

import (
	"context"
	"fmt"
	"log"
	"testing"

	"braid"
	"braid/data"
	"braid/layer"
	"braid/loss"
	"braid/op"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// Linear is a dense layer written outside Braid, with the products that Braid's layers use.
type Linear struct {
	Units      int
	Activation braid.Activation
}

func (Linear) Kind() string { return "Linear" }

func (l Linear) Build(b *braid.Builder) (op.Op, error) {
	if l.Units < 1 {
		return nil, fmt.Errorf("Units = %d, want 1 or more", l.Units)
	}
	if err := b.Want(1, tensor.Float32); err != nil {
		return nil, err
	}
	if len(b.Shape(0)) != 1 {
		return nil, fmt.Errorf("the input has shape %v, want [features]", b.Shape(0))
	}
	b.Output(l.Units)
	b.Activate(l.Activation)
	b.Weight("kernel", small, b.Shape(0)[0], l.Units)
	b.Weight("bias", small, l.Units)
	return linear{}, nil
}

func small(values []float32, shape tensor.Shape, draw braid.Draw) {
	for i := range values {
		values[i] = 0.05 * draw.Normal(uint64(i))
	}
}

type linear struct{}

// Forward computes out = bias + in kernel.
func (linear) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		copy(t.Out.Row(r), t.Weights[1].Row(0))
	}
	op.Multiply(true, t.Hi-t.Lo, from(t.Out, t.Lo), from(t.In[0], t.Lo), t.Weights[0])
}

// Backward adds dout kernelᵀ to din.
func (linear) Backward(t *op.Task) {
	if !t.InGrad[0].IsNil() {
		in, out := from(t.InGrad[0], t.Lo), from(t.OutGrad, t.Lo)
		op.MultiplyTransposed(true, t.Hi-t.Lo, in, out, t.Weights[0])
	}
}

// Gradient computes inᵀ dout for the kernel, the sum of the rows of dout for the bias.
func (linear) Gradient(t *op.Task, weight int, block op.Block, grad tensor.Rows[float32]) {
	if weight == 0 {
		op.AddOuter(false, t.Hi-t.Lo, from(t.In[0], t.Lo), from(t.OutGrad, t.Lo), block, grad)
	} else {
		op.AddRows(false, t.Hi-t.Lo, from(t.OutGrad, t.Lo), block, grad)
	}
}

// from returns the window from a row on.
func from(x tensor.Rows[float32], row int) tensor.Rows[float32] {
	x.Data = x.From(row)
	return x
}

// network returns a model with two hidden layers, each made by dense.
func network(width int, dense func(units int, a braid.Activation) braid.Layer) *braid.Model {
	g := braid.NewGraph("lines")
	x := g.Input("x", tensor.Float32, width)
	h := g.Add("h2", dense(width, layer.ReLU), g.Add("h1", dense(width, layer.ReLU), x))
	g.Head("y", dense(1, layer.Sigmoid), h)
	m, err := g.Build(1)
	if err != nil {
		log.Fatal(err)
	}
	return m
}

// majority returns a table whose target is 1 if more than half of a row's numbers are positive.
func majority(width, rows int) *data.Table {
	x, y := make([]float32, width*rows), make([]float32, rows)
	for i := range x {
		x[i] = float32((i*i*7+i*3)%11) - 5
	}
	for r := range y {
		count := 0
		for _, v := range x[r*width : (r+1)*width] {
			if v > 0 {
				count++
			}
		}
		if 2*count > width {
			y[r] = 1
		}
	}
	table, err := data.NewTable(data.Floats("x", x, width), data.Floats("y", y, 1))
	if err != nil {
		log.Fatal(err)
	}
	return table
}

func fit(m *braid.Model, table *data.Table, epochs, workers int) *train.History {
	h, err := train.Fit(context.Background(), m, table, train.Plan{
		Epochs: epochs, Batch: 64, Workers: workers,
		Optimizer: optim.Adam{Rate: 0.003},
		Heads:     train.Heads{"y": {Loss: loss.BinaryCrossentropy{}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	return h
}

// A dense layer from another module trains with the same products as layer.Dense.
func Example() {
	m := network(24, func(units int, a braid.Activation) braid.Layer {
		return Linear{Units: units, Activation: a}
	})
	h := fit(m, majority(24, 512), 40, 2)
	first, _ := h.Value(1, "loss")
	last, _ := h.Value(40, "loss")
	fmt.Println(first > 0.4, last < 0.1)
	// Output:
	// true true
}

// BenchmarkDense trains layer.Dense and Linear.
func BenchmarkDense(b *testing.B) {
	const width, rows = 512, 1024
	table := majority(width, rows)
	for name, dense := range map[string]func(units int, a braid.Activation) braid.Layer{
		"linear": func(units int, a braid.Activation) braid.Layer { return Linear{units, a} },
		"braid": func(units int, a braid.Activation) braid.Layer {
			return layer.Dense{Units: units, Activation: a}
		},
	} {
		b.Run("layer="+name, func(b *testing.B) {
			m := network(width, dense)
			b.ResetTimer()
			fit(m, table, b.N, 1)
		})
	}
}
