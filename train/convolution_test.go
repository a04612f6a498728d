package train_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"braid"
	"braid/data"
	"braid/internal/random"
	"braid/layer"
	"braid/loss"
	"braid/tensor"
	"braid/train"
)

// BenchmarkConvolution measures a training step of a small network of two convolutions, whose
// gradients are most of the work on its weights, but whose kernels are few of the weights.
func BenchmarkConvolution(b *testing.B) {
	const rows, batch, side = 640, 64, 28
	g := braid.NewGraph("convolution")
	three := layer.Pair{3, 3}
	n := g.Input("x", tensor.Float32, side, side, 1)
	for i, filters := range []int{24, 48} {
		c := layer.Conv2D{Filters: filters, Size: three, Activation: layer.ReLU}
		n = g.Add(fmt.Sprint("conv", i), c, n)
		n = g.Add(fmt.Sprint("pool", i), layer.MaxPooling2D{}, n)
	}
	head := layer.Dense{Units: 10, Activation: layer.Softmax}
	g.Head("digit", head, g.Add("flat", layer.Flatten{}, n))
	draw := random.New(1, "pixels")
	x, labels := make([]float32, rows*side*side), make([]int32, rows)
	for i := range x {
		x[i] = draw.Normal(uint64(i))
	}
	for i := range labels {
		labels[i] = int32(i % 7)
	}
	table, err := data.NewTable(data.Floats("x", x, side, side, 1), data.Ints("digit", labels))
	if err != nil {
		b.Fatal(err)
	}
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			var spent time.Duration
			for b.Loop() {
				m, err := g.Build(1)
				if err != nil {
					b.Fatal(err)
				}
				history, err := train.Fit(context.Background(), m, table, train.Plan{
					Batch: batch, Workers: workers,
					Heads: train.Heads{"digit": {Loss: loss.SparseCategoricalCrossentropy{}}},
				})
				if err != nil {
					b.Fatal(err)
				}
				spent += history.Epochs[0].Train
			}
			b.ReportMetric(0, "ns/op") // hides the time before the training
			b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N*rows/batch), "ns/step")
		})
	}
}
