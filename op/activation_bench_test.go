package op_test

import (
	"fmt"
	"testing"

	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// BenchmarkActivation measures activations forward and backward. Backward includes the time to fill
// the gradient, which it overwrites.
func BenchmarkActivation(b *testing.B) {
	defer kernel.Use(kernel.Default())
	const rows, width = 32, 16384
	x, y, d := tensor.NewRows[float32](rows, width), tensor.NewRows[float32](rows, width),
		tensor.NewRows[float32](rows, width)
	for i := range x.Data {
		x.Data[i] = float32(i*2654435761%1000003)/1000003*6 - 3
	}
	tmp := make([]float32, op.TemporarySize)
	for a := op.ReLU; a <= op.Mish; a++ {
		if a == op.Softmax {
			continue
		}
		for _, set := range kernel.Sets() {
			kernel.Use(set)
			run := func(pass string, work func()) {
				b.Run(fmt.Sprintf("function=%s/set=%s/pass=%s", a, set.Name, pass), func(b *testing.B) {
					for b.Loop() {
						work()
					}
				})
			}
			run("forward", func() { a.Forward(y, x, 0, rows, width, op.LogSumExp{}, tmp) })
			run("backward", func() {
				for i := range d.Data {
					d.Data[i] = 1
				}
				a.Backward(d, y, x, 0, rows, width, tmp)
			})
		}
	}
}
