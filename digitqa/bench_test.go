package digitqa

import (
	"context"
	"fmt"
	"testing"

	"braid/data"
	"braid/internal/kernel"
	"braid/train"
)

// BenchmarkTrain measures a training step of the book's network, over epochs of 9,600 examples.
func BenchmarkTrain(b *testing.B) {
	mnist, err := findMNIST()
	if err != nil {
		b.Skipf("skipped: no MNIST: %v", err)
	}
	standard, err := data.Measure(mnist.Train.Pixels.Uint8s())
	if err != nil {
		b.Fatal(err)
	}
	whole, err := Table(mnist.Train, standard)
	if err != nil {
		b.Fatal(err)
	}
	const examples = 9600
	table, err := whole.Slice(0, examples)
	if err != nil {
		b.Fatal(err)
	}
	defer kernel.Use(kernel.Default())
	for _, set := range kernel.Sets() {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("set=%s/workers=%d", set.Name, workers), func(b *testing.B) {
				kernel.Use(set)
				model, err := Network(28, 28).Build(1)
				if err != nil {
					b.Fatal(err)
				}
				plan := Plan()
				plan.Epochs, plan.Workers = 1, workers
				for b.Loop() {
					if _, err := train.Fit(context.Background(), model, table, plan); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(examples/64), "ns/step")
			})
		}
	}
}
