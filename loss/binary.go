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
	share := scale / float32(f.shape.Size())
	for r := lo; r < hi; r++ {
		z, target, room := b.Output.Row(r), b.Target.Row(r), b.Room.Row(r)
		for i, v := range z {
			room[i] = -float32(math.Abs(float64(v)))
		}
		b.Kernels.Exp(room, room)
		var sum float32
		for i, v := range z {
			// log(1 + exp(z)) - z t, arranged so that exp never overflows.
			log1p(b.Kernels, room[i:i+1])
			sum += max(v, 0) - float32(v*target[i]) + room[i]
		}
		losses[r] = sum / float32(len(z))
		if b.Grad.IsNil() {
			continue
		}
		grad := b.Grad.Row(r)
		b.Kernels.Sigmoid(grad, z)
		for i, t := range target {
			grad[i] = (grad[i] - t) * share
		}
	}
}
