package loss

import (
	"fmt"
	"math"

	"braid"
	"braid/internal/kernel"
	"braid/tensor"
)

// BinaryCrossentropy is the cross-entropy of binary targets, in nats, averaged over the elements of
// a row. The target has the head's shape, each element from 0 (no) to 1 (yes). The loss is computed
// from the logits of a sigmoid head, so logits of any magnitude are accurate.
type BinaryCrossentropy struct{}

// Kind is "binary_crossentropy".
func (BinaryCrossentropy) Kind() string { return "binary_crossentropy" }

// Bind requires a head with a sigmoid.
func (l BinaryCrossentropy) Bind(head braid.Spec) (Func, error) {
	if head.Activation != braid.Sigmoid {
		return nil, fmt.Errorf("%s: head %q has activation %s, want sigmoid", l.Kind(), head.Name,
			head.Activation)
	}
	return binary{head.Shape}, nil
}

type binary struct{ shape tensor.Shape }

func (f binary) Target() Target { return Target{DType: tensor.Float32, Shape: f.shape, Unit: true} }

func (f binary) FromLogits() bool { return true }

// Rows computes log(1 + exp(z)) - z t as max(z, 0) - z t + log(1 + exp(-|z|)): exp never overflows.
func (f binary) Rows(b Batch, losses []float32, scale float32, lo, hi int) {
	tensor.EachRow(b.Scratch, b.Logits, lo, hi, func(scratch, z []float32) {
		for i, v := range z {
			scratch[i] = math.Float32frombits(math.Float32bits(v) | 1<<31) // -|v|
		}
		kernel.Default().Exp(scratch, scratch)
		kernel.Default().Log1p(scratch, scratch)
	})
	size := f.shape.Size()
	for r := lo; r < hi; r++ {
		var sum float32
		z, target, log1p := r*b.Logits.Stride, r*b.Target.Stride, r*b.Scratch.Stride
		for i := range size {
			v := b.Logits.Data[z+i]
			sum += max(v, 0) - float32(v*b.Target.Data[target+i]) + b.Scratch.Data[log1p+i]
		}
		losses[r] = sum / float32(size)
	}
	if b.Grad.IsNil() {
		return
	}
	share := scale / float32(size)
	for r := lo; r < hi; r++ {
		grad, y, target := r*b.Grad.Stride, r*b.Output.Stride, r*b.Target.Stride
		for i := range size {
			b.Grad.Data[grad+i] = (b.Output.Data[y+i] - b.Target.Data[target+i]) * share
		}
	}
}
