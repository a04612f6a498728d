package main

import (
	"fmt"

	"braid"
	"braid/internal/engine"
	"braid/internal/parallel"
	"braid/layer"
	"braid/op"
	"braid/tensor"
)

// convolution is a layer with a 3x3 window, padding and no bias, on square images.
type convolution struct{ channels, filters, size int }

// convolutions are the shapes of the table.
var convolutions = []convolution{
	{24, 24, 28}, {24, 48, 12}, {48, 64, 12}, {64, 128, 12}, {128, 128, 12},
}

// convolutionRows is the batch on which the passes of a convolution are measured.
const convolutionRows = 64

func (c convolution) String() string {
	return fmt.Sprintf("%d->%d at %dx%d", c.channels, c.filters, c.size, c.size)
}

// flops returns the operations of one pass over a batch. Taps in the padding count.
func (c convolution) flops() float64 {
	return 2 * convolutionRows * float64(c.size*c.size) * 9 * float64(c.channels*c.filters)
}

// pass is one of the three passes of an op over a batch: forward, input gradient, kernel gradient.
type pass struct {
	name string
	run  func()
}

// passes returns the passes of the layer's op in one worker. The memory is like that of the engine,
// but holds this op alone, so that nothing else is measured.
func (c convolution) passes() ([]pass, error) {
	g := braid.NewGraph("convolution")
	g.Head("out", layer.Conv2D{
		Filters: c.filters, Size: layer.Pair{3, 3}, Padding: layer.Same, NoBias: true,
	}, g.Input("in", tensor.Float32, c.size, c.size, c.channels))
	m, err := g.Build(1)
	if err != nil {
		return nil, err
	}
	net := m.Network()
	t, conv := convolutionTask(net), net.Heads[0].Op.(op.Weighted)
	blocks := net.Blocks()
	grad := parallel.Floats(9 * c.channels * c.filters)
	return []pass{
		{"forward", func() { conv.Forward(t) }},
		{"input gradient", func() { conv.Backward(t) }},
		{"kernel gradient", func() {
			for _, b := range blocks {
				conv.Gradient(t, 0, b.Block, tensor.RowsOf(grad, b.ColumnHi-b.ColumnLo))
			}
		}},
	}, nil
}

// convolutionTask returns a task on a batch of numbers for the network's only op.
func convolutionTask(net *engine.Network) *op.Task {
	batch := func(width int) tensor.Rows[float32] {
		stride := parallel.Padded(width)
		return tensor.Rows[float32]{
			Data: filled(convolutionRows * stride), Width: width, Stride: stride,
		}
	}
	in, out := net.Inputs[0].Shape.Size(), net.Heads[0].Shape.Size()
	t := &op.Task{
		Hi: convolutionRows, Rows: convolutionRows, Train: true,
		In: []tensor.Rows[float32]{batch(in)}, IDs: make([]tensor.Rows[int32], 1), Out: batch(out),
		InGrad: []tensor.Rows[float32]{batch(in)}, Wanted: []op.Span{{Hi: in}}, OutGrad: batch(out),
	}
	for _, width := range net.Heads[0].Saved {
		t.Saved = append(t.Saved, batch(width))
	}
	for _, length := range net.Heads[0].Scratch {
		t.Scratch = append(t.Scratch, parallel.Floats(length))
	}
	for _, w := range net.Heads[0].Weights {
		t.Weights = append(t.Weights, w.Storage...)
	}
	return t
}
