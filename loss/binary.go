package loss

import (
	"fmt"
	"math"

	"braid"
	"braid/internal/kernel"
	"braid/tensor"
)

// BinaryCrossentropy is the cross-entropy of yes-or-no answers, in nats, averaged over the answers
// of a row. The target has the head's shape, from 0 (no) to 1 (yes). It is computed from the
// logits of a sigmoid head, so that no logit is too large.
type BinaryCrossentropy struct{}

// Kind is "binary_crossentropy".
func (BinaryCrossentropy) Kind() string { return "binary_crossentropy" }

// Bind wants a head with sigmoid.
func (l BinaryCrossentropy) Bind(head braid.Spec) (Func, error) {
	if head.Activation != braid.Sigmoid {
		return nil, fmt.Errorf("%s: head %q has activation %s, want sigmoid", l.Kind(), head.Name, head.Activation)
	}
	return binary{head.Shape}, nil
}

type binary struct{ shape tensor.Shape }

func (f binary) Target() Target { return Target{DType: tensor.Float32, Shape: f.shape, Unit: true} }

func (f binary) FromLogits() bool { return true }

// Rows takes the loss log(1 + exp(z)) - z t, arranged so that exp never overflows.
func (f binary) Rows(b Batch, losses []float32, scale float32, lo, hi int) {
	tensor.EachRow(b.Scratch, b.Logits, lo, hi, func(room, z []float32) {
		for i, v := range z {
			room[i] = math.Float32frombits(math.Float32bits(v) | 1<<31) // -|v|
		}
		kernel.Default().Exp(room, room)
		kernel.Default().Log1p(room, room)
	})
	size := f.shape.Size()
	for r := lo; r < hi; r++ {
		var sum float32
		z, target, rest := r*b.Logits.Stride, r*b.Target.Stride, r*b.Scratch.Stride
		for i := range size {
			v := b.Logits.Data[z+i]
			sum += max(v, 0) - float32(v*b.Target.Data[target+i]) + b.Scratch.Data[rest+i]
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
