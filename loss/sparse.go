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
		losses[r] = logSumExp(b.Kernels, z) - z[label]
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

// logSumExp is log of the sum of exp(z), for logits of any size. A NaN, or nothing but -Inf, gives
// NaN.
func logSumExp(k *kernel.Set, z []float32) float32 {
	highest := z[0]
	for _, v := range z {
		if v > highest || v != v {
			highest = v
		}
	}
	// The sum over all but one of the highest: what is left of 1 + rest keeps its digits in log1p.
	var rest float32
	skipped := false
	for _, v := range z {
		if v == highest && !skipped {
			skipped = true
			continue
		}
		e := [1]float32{v - highest}
		k.Exp(e[:], e[:])
		rest += e[0]
	}
	if rest > 1 {
		return highest + log(k, 1+rest)
	}
	return highest + log1p(k, rest)
}
