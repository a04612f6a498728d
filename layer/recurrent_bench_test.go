package layer_test

import (
	"fmt"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/op"
	"braid/tensor"
)

// source is the identity with a weight, so that the engine computes its gradient.
type source struct{}

func (source) Kind() string { return "Source" }

func (s source) Build(b *braid.Builder) (op.Op, error) {
	b.Output(b.Shape(0)...)
	b.Weight("unused", func([]float32, tensor.Shape, braid.Draw) {}, 1)
	return s, nil
}

func (source) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		copy(t.Out.Row(r), t.In[0].Row(r))
	}
}

func (source) Backward(*op.Task) {}

func (source) Gradient(_ *op.Task, _ int, _ op.Block, grad tensor.Rows[float32]) {
	clear(grad.Row(0))
}

// BenchmarkRecurrent measures a training step with one worker: forward, backward with the input's
// gradient, and the gradients of all weights.
func BenchmarkRecurrent(b *testing.B) {
	const rows = 64
	for _, c := range []struct {
		name                   string
		l                      braid.Layer
		steps, features, units int
	}{
		{"LSTM", layer.LSTM{Units: 64}, 32, 64, 64},
		{"LSTM,small", layer.LSTM{Units: 8}, 2, 4, 8},
		{"LSTM,relu", layer.LSTM{Units: 64, Activation: new(layer.ReLU)}, 32, 64, 64},
		{"GRU", layer.GRU{Units: 64}, 32, 64, 64},
		{"GRU,before", layer.GRU{Units: 64, ResetBefore: true}, 32, 64, 64},
		{"SimpleRNN", layer.SimpleRNN{Units: 64}, 32, 64, 64},
	} {
		name := fmt.Sprintf("layer=%s/in=%dx%dx%d/units=%d", c.name, rows, c.steps, c.features, c.units)
		b.Run(name, func(b *testing.B) {
			g := braid.NewGraph("speed")
			x := g.Add("source", source{}, g.Input("x", tensor.Float32, c.steps, c.features))
			g.Head("out", c.l, x)
			m, err := g.Build(1)
			if err != nil {
				b.Fatal(err)
			}
			run := braidtest.NewBatch(m, rows, 1)
			grad := run.Space.HeadGrad(0, false)
			for r := range rows {
				for i := range grad.Row(r) {
					grad.Row(r)[i] = float32(i%7-3) / 10
				}
			}
			for b.Loop() {
				run.Forward()
				run.Backward()
				for _, w := range m.Weights() {
					run.Gradient(w)
				}
			}
		})
	}
}
