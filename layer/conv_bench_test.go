package layer_test

import (
	"fmt"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/internal/random"
	"braid/layer"
	"braid/op"
	"braid/tensor"
)

// trained is the identity with a weight, so that the engine computes the gradient of its output.
type trained struct{}

type trainedOp struct{}

func (trained) Kind() string { return "Trained" }

func (trained) Build(b *braid.Builder) (op.Op, error) {
	b.Output(b.Shape(0)...)
	b.Weight("unused", func([]float32, tensor.Shape, braid.Draw) {}, 1)
	return trainedOp{}, nil
}

// unread is a head that reads nothing, so that it takes no time.
type unread struct{}

type unreadOp struct{}

func (unread) Kind() string { return "Unread" }

func (unread) Build(b *braid.Builder) (op.Op, error) {
	b.Output(1)
	return unreadOp{}, nil
}

func (unreadOp) Forward(*op.Task)  {}
func (unreadOp) Backward(*op.Task) {}

func (trainedOp) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		copy(t.Out.Row(r), t.In[0].Row(r))
	}
}

func (trainedOp) Backward(*op.Task) {}

func (trainedOp) Gradient(_ *op.Task, _ int, _ op.Block, grad tensor.Rows[float32]) {
	clear(grad.Row(0))
}

// BenchmarkConvolution measures forward, backward and gradient of one layer on 32 images, with one
// worker. The backward of the layer on 3 channels is the costliest for its size.
func BenchmarkConvolution(b *testing.B) {
	const batch = 32
	same := func(filters, size int) layer.Conv2D {
		return layer.Conv2D{Filters: filters, Size: layer.Pair{size, size}, Padding: layer.Same}
	}
	for _, c := range []struct {
		layer    braid.Layer
		in       tensor.Shape
		products int // multiplications of each pass for one position of the output
	}{
		{same(32, 3), tensor.Shape{32, 32, 3}, 27 * 32},
		{same(64, 3), tensor.Shape{14, 14, 64}, 576 * 64},
		{same(64, 1), tensor.Shape{14, 14, 64}, 64 * 64},
		{layer.DepthwiseConv2D{Size: layer.Pair{3, 3}, Padding: layer.Same}, tensor.Shape{14, 14, 64},
			9 * 64},
		{layer.MaxPooling2D{}, tensor.Shape{32, 32, 32}, 4 * 32 / 4},
	} {
		g := braid.NewGraph("bench")
		x := g.Add("x", trained{}, g.Input("in", tensor.Float32, c.in...))
		g.Head("head", unread{}, g.Add("out", c.layer, x))
		m, err := g.Build(1)
		if err != nil {
			b.Fatal(err)
		}
		run := braidtest.NewBatch(m, batch, 1)
		draw := random.New(1, "bench")
		filled := run.Team.Workers[0].Input(0)
		for i := range filled.Data {
			filled.Data[i] = draw.Normal(uint64(i)) // not a pattern, which branches would learn
		}
		flops := 2 * float64(c.products) * batch * float64(c.in[0]*c.in[1]) / 1e9
		pass := func(name string, work func()) {
			b.Run(fmt.Sprintf("%s/in=%v/pass=%s", c.layer.Kind(), c.in, name), func(b *testing.B) {
				for b.Loop() {
					work()
				}
				b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds(), "GFLOP/s")
			})
		}
		run.Forward()
		pass("forward", run.Forward)
		pass("backward", run.Backward)
		for _, w := range m.Weights() {
			if w.Name() == "out.kernel" {
				pass("gradient", func() { run.Gradient(w) })
			}
		}
	}
}
