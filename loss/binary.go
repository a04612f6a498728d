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

func (f binary) Rows(b Batch, losses []float32, scale float32, lo, hi int) {
	size := f.shape.Size()
	room := b.Room.Data[lo*b.Room.Stride:][:(hi-lo)*size]
	// log(1 + exp(z)) - z t, arranged so that exp never overflows.
	for r := lo; r < hi; r++ {
		to := room[(r-lo)*size:][:size]
		for i, v := range b.Output.Row(r) {
			to[i] = math.Float32frombits(math.Float32bits(v) | 1<<31) // -|v|
		}
	}
	b.Kernels.Exp(room, room)
	b.Kernels.Log1p(room, room)
	for r := lo; r < hi; r++ {
		var sum float32
		rest, target := room[(r-lo)*size:][:size], b.Target.Row(r)
		for i, v := range b.Output.Row(r) {
			sum += max(v, 0) - float32(v*target[i]) + rest[i]
		}
		losses[r] = sum / float32(size)
	}
	if b.Grad.IsNil() {
		return
	}
	for r := lo; r < hi; r++ {
		copy(room[(r-lo)*size:][:size], b.Output.Row(r))
	}
	b.Kernels.Sigmoid(room, room)
	share := scale / float32(size)
	for r := lo; r < hi; r++ {
		y, target := room[(r-lo)*size:][:size], b.Target.Row(r)
		for i := range b.Grad.Row(r) {
			b.Grad.Row(r)[i] = (y[i] - target[i]) * share
		}
	}
}
