package loss

import (
	"fmt"
	"math"

	"braid"
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
	tensor.EachRow(b.Room, b.Logits, lo, hi, func(room, z []float32) {
		for i, v := range z {
			room[i] = math.Float32frombits(math.Float32bits(v) | 1<<31) // -|v|
		}
		b.Kernels.Exp(room, room)
		b.Kernels.Log1p(room, room)
	})
	size := float32(f.shape.Size())
	for r := lo; r < hi; r++ {
		var sum float32
		rest, target := b.Room.Row(r), b.Target.Row(r)
		for i, v := range b.Logits.Row(r) {
			sum += max(v, 0) - float32(v*target[i]) + rest[i]
		}
		losses[r] = sum / size
	}
	if b.Grad.IsNil() {
		return
	}
	share := scale / size
	for r := lo; r < hi; r++ {
		grad, target := b.Grad.Row(r), b.Target.Row(r)
		for i, y := range b.Output.Row(r) {
			grad[i] = (y - target[i]) * share
		}
	}
}
