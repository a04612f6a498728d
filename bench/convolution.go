package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"braid"
	"braid/internal/engine"
	"braid/internal/parallel"
	"braid/op"
	"braid/tensor"
)

// convolution is a layer with a 3x3 window, padding and no bias, on square images.
type convolution struct{ channels, filters, side int }

// convolutions are the shapes of the table.
var convolutions = []convolution{
	{24, 24, 28}, {24, 48, 12}, {48, 64, 12}, {64, 128, 12}, {128, 128, 12},
}

// convolutionPasses names the passes of an op over a batch of convolutionBatch rows.
var convolutionPasses = []string{"forward", "input gradient", "kernel gradient"}

const convolutionBatch = 64

func (c convolution) String() string {
	return fmt.Sprintf("%d->%d at %dx%d", c.channels, c.filters, c.side, c.side)
}

// contest returns a contest of Braid alone. Its results are compared with the machine's peak.
func (c convolution) contest() contest {
	return contest{"conv " + c.String(), []contender{
		braidJob(braid1, convolutionPasses, "-do", "conv", "-shape", c.String()),
	}}
}

// convolution prints the GFLOP/s of each pass of a convolution.
func (j job) convolution(out io.Writer) error {
	var c convolution
	_, err := fmt.Sscanf(j.shape, "%d->%d at %dx%d", &c.channels, &c.filters, &c.side, &c.side)
	if err != nil {
		return fmt.Errorf("-shape %q: %w, want such as %s", j.shape, err, convolutions[0])
	}
	built, err := c.build()
	if err != nil {
		return err
	}
	list := readings{}
	for pass, name := range convolutionPasses {
		list[name] = speed(c.flops(), j.budget, func(times int) time.Duration {
			began := time.Now()
			for range times {
				built.run(pass)
			}
			return time.Since(began)
		})
	}
	return json.NewEncoder(out).Encode(list)
}

// flops returns the operations of one pass over a batch. Taps in the padding, which an op may leave
// out, do not count.
func (c convolution) flops() float64 {
	taps := float64(3*c.side - 2) // along one axis, of all positions
	return 2 * convolutionBatch * taps * taps * float64(c.channels*c.filters)
}

// builtConvolution is the op of a convolution with memory like the engine's, but for this op alone,
// so that nothing else is measured.
type builtConvolution struct {
	op     op.Weighted
	task   *op.Task
	blocks []engine.WeightBlock
	grad   []float32 // of one block at a time
}

func (c convolution) build() (*builtConvolution, error) {
	g := braid.NewGraph("convolution")
	g.Head("out", window(c.filters, 1), g.Input("in", tensor.Float32, c.side, c.side, c.channels))
	m, err := g.Build(1)
	if err != nil {
		return nil, err
	}
	net := m.Network()
	return &builtConvolution{net.Heads[0].Op.(op.Weighted), convolutionTask(net), net.Blocks(),
		parallel.Floats(m.Weights()[0].Shape().Size())}, nil
}

// run runs a pass, an index of convolutionPasses, in the caller's goroutine.
func (c *builtConvolution) run(pass int) {
	switch pass {
	case 0:
		c.op.Forward(c.task)
	case 1:
		c.op.Backward(c.task)
	case 2:
		for _, b := range c.blocks {
			c.op.Gradient(c.task, 0, b.Block, tensor.RowsOf(c.grad, b.ColumnHi-b.ColumnLo))
		}
	}
}

// convolutionTask returns a task on a batch of numbers for the network's only op.
func convolutionTask(net *engine.Network) *op.Task {
	batch := func(width int) tensor.Rows[float32] {
		stride := parallel.Padded(width)
		return tensor.Rows[float32]{
			Data: filled(convolutionBatch * stride), Width: width, Stride: stride,
		}
	}
	in, out := net.Inputs[0].Shape.Size(), net.Heads[0].Shape.Size()
	t := &op.Task{
		Hi: convolutionBatch, Rows: convolutionBatch, Train: true,
		In: []tensor.Rows[float32]{batch(in)}, IDs: make([]tensor.Rows[int32], 1), Out: batch(out),
		InGrad: []tensor.Rows[float32]{batch(in)}, Wanted: []op.Span{{Hi: in}}, Fresh: []bool{true},
		OutGrad: batch(out),
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
