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

// Rows takes the loss z_highest - z_label + log(1 + rest), where rest is the sum of exp(z - z_highest)
// over all but the highest: what is left of 1 + rest keeps its digits in log1p.
func (f sparse) Rows(b Batch, losses []float32, scale float32, lo, hi int) {
	if lo == hi {
		return
	}
	highest, room := losses[lo:hi], b.Room.Data[lo*b.Room.Stride:hi*b.Room.Stride]
	rest, y := room[:hi-lo], tensor.Rows[float32]{Data: room[hi-lo:], Width: f.classes, Stride: f.classes}
	if !b.Grad.IsNil() {
		y = tensor.Rows[float32]{Data: b.Grad.From(lo), Width: f.classes, Stride: b.Grad.Stride}
	}
	b.Kernels.Softmax(kernel.Softmax{
		Rows: hi - lo, Width: f.classes, Y: y.Data, YRow: y.Stride,
		X: b.Output.From(lo), XRow: b.Output.Stride, Highest: highest, Rest: rest,
	})
	b.Kernels.Log1p(rest, rest)
	for i, r := range rest {
		label := b.Labels.Row(lo + i)[0]
		losses[lo+i] = highest[i] - b.Output.Row(lo + i)[label] + r
		y.Row(i)[label]--
	}
	if b.Grad.IsNil() {
		return
	}
	if y.Stride == y.Width {
		all := y.Data[:(hi-lo)*y.Width]
		b.Kernels.Scale(all, all, scale)
		return
	}
	for r := range hi - lo {
		b.Kernels.Scale(y.Row(r), y.Row(r), scale)
	}
}
