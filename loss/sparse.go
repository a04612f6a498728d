package loss

import (
	"fmt"

	"braid"
	"braid/internal/kernel"
	"braid/tensor"
)

// SparseCategoricalCrossentropy is -log of the probability of the target's class, in nats. The
// target is the label of the class, int32, from 0. The loss is computed from the logits of a
// softmax head, so logits of any magnitude are accurate.
type SparseCategoricalCrossentropy struct{}

// Kind is "sparse_categorical_crossentropy".
func (SparseCategoricalCrossentropy) Kind() string { return "sparse_categorical_crossentropy" }

// Bind requires a head of shape [classes] with a softmax.
func (l SparseCategoricalCrossentropy) Bind(head braid.Spec) (Func, error) {
	if head.Activation != braid.Softmax {
		return nil, fmt.Errorf("%s: head %q has activation %s, want softmax", l.Kind(), head.Name,
			head.Activation)
	}
	if len(head.Shape) != 1 {
		return nil, fmt.Errorf("%s: head %q has shape %v a row, want [classes]", l.Kind(), head.Name,
			head.Shape)
	}
	return sparse{head.Shape[0]}, nil
}

type sparse struct{ classes int }

func (f sparse) Target() Target {
	return Target{DType: tensor.Int32, Shape: tensor.Shape{}, Classes: f.classes}
}

func (f sparse) FromLogits() bool { return true }

// Rows computes the logarithm of the sum of exp(logit), minus the label's logit. log1p keeps the
// digits of a small Rest.
func (f sparse) Rows(b Batch, losses []float32, scale float32, lo, hi int) {
	kernel.Default().Log1p(losses[lo:hi], b.LogSumExp.Rest[lo:hi])
	for r := lo; r < hi; r++ {
		losses[r] += b.LogSumExp.Max[r] - b.Logits.Data[r*b.Logits.Stride+f.label(b, r)]
	}
	if b.Grad.IsNil() {
		return
	}
	tensor.EachRow(b.Grad, b.Output, lo, hi, func(grad, y []float32) {
		kernel.Default().Scale(grad, y, scale)
	})
	for r := lo; r < hi; r++ {
		label := f.label(b, r)
		b.Grad.Data[r*b.Grad.Stride+label] = (b.Output.Data[r*b.Output.Stride+label] - 1) * scale
	}
}

func (sparse) label(b Batch, row int) int { return int(b.Labels.Data[row*b.Labels.Stride]) }
