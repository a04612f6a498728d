package loss

import (
	"fmt"

	"braid"
	"braid/internal/kernel"
	"braid/tensor"
)

// SparseCategoricalCrossentropy is -log of the probability that a softmax head gives to the right
// class, in nats. The target is the class as a label, int32, from 0. It is computed from the head's
// logits, so that no logit is too large.
type SparseCategoricalCrossentropy struct{}

// Kind is "sparse_categorical_crossentropy".
func (SparseCategoricalCrossentropy) Kind() string { return "sparse_categorical_crossentropy" }

// Bind wants a head [classes] with softmax.
func (l SparseCategoricalCrossentropy) Bind(head braid.Spec) (Func, error) {
	if head.Activation != braid.Softmax {
		return nil, fmt.Errorf("%s: head %q has activation %s, want softmax", l.Kind(), head.Name, head.Activation)
	}
	if len(head.Shape) != 1 {
		return nil, fmt.Errorf("%s: head %q has shape %v a row, want [classes]", l.Kind(), head.Name, head.Shape)
	}
	return sparse{head.Shape[0]}, nil
}

type sparse struct{ classes int }

func (f sparse) Target() Target {
	return Target{DType: tensor.Int32, Shape: tensor.Shape{}, Limit: f.classes}
}

func (f sparse) FromLogits() bool { return true }

func (f sparse) Rows(b Batch, losses []float32, scale float32, lo, hi int) {
	for r := lo; r < hi; r++ {
		z, label := b.Output.Row(r), b.Labels.Row(r)[0]
		logSumExp(b.Kernels, losses[r:r+1], z, b.Room.Row(r))
		losses[r] -= z[label]
		if b.Grad.IsNil() {
			continue
		}
		grad := b.Grad.Row(r)
		b.Kernels.Softmax(grad, z)
		grad[label]--
		for i := range grad {
			grad[i] *= scale
		}
	}
}

// logSumExp puts into sum, one number, the log of the sum of exp(z), for logits of any size. A NaN,
// or nothing but -Inf, gives NaN. Room is as wide as z.
func logSumExp(k *kernel.Set, sum, z, room []float32) {
	first := 0 // of the highest
	for i, v := range z {
		if v > z[first] || v != v {
			first = i
		}
	}
	highest := z[first]
	for i, v := range z {
		room[i] = v - highest
	}
	k.Exp(room, room)
	// The sum over all but one of the highest: what is left of 1 + rest keeps its digits in log1p.
	var rest float32
	for i, e := range room {
		if i != first || e != e {
			rest += e
		}
	}
	if sum[0] = rest; rest > 1 {
		sum[0] = 1 + rest
		k.Log(sum, sum)
	} else {
		log1p(k, sum)
	}
	sum[0] += highest
}
