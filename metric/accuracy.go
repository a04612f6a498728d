package metric

import (
	"fmt"

	"braid"
	"braid/internal/kernel"
	"braid/tensor"
)

// Accuracy is the fraction of right outputs, as in Keras. For labels, the class with the highest
// probability must be the label; of equal probabilities the lower class counts. For numbers, each
// must be on the target's side of 0.5; 0.5 itself counts as no.
type Accuracy struct{}

// Kind is "accuracy".
func (Accuracy) Kind() string { return "accuracy" }

// Bind requires labels for a head of shape [classes], or numbers of the head's shape.
func (Accuracy) Bind(head braid.Spec, target Target) (Func, error) {
	switch {
	case target.DType == tensor.Int32 && len(head.Shape) == 1 && target.Shape.Size() == 1:
		return mostProbable{}, nil
	case target.DType == tensor.Float32 && target.Shape.Equal(head.Shape):
		return sameSide{}, nil
	}
	return nil, fmt.Errorf("accuracy: head %q has shape %v a row and its target %v %s: want labels "+
		"for [classes], or numbers of the head's shape",
		head.Name, head.Shape, target.Shape, target.DType)
}

// mean is embedded in metrics that average over rows.
type mean struct{}

func (mean) Width() int { return 1 }

func (mean) Value(sums []float64, weight float64) float64 { return sums[0] / weight }

type mostProbable struct{ mean }

func (mostProbable) Rows(b Batch, numbers tensor.Rows[float32], lo, hi int) {
	if lo == hi {
		return
	}
	best := b.Scratch[lo:hi]
	kernel.Default().ArgMax(kernel.ArgMax{
		Rows: hi - lo, Width: b.Output.Width, Index: best, X: b.Output.From(lo), XRow: b.Output.Stride,
	})
	for i, class := range best {
		var right float32
		if b.Labels.Data[(lo+i)*b.Labels.Stride] == class {
			right = 1
		}
		numbers.Data[(lo+i)*numbers.Stride] = right
	}
}

type sameSide struct{ mean }

func (sameSide) Rows(b Batch, numbers tensor.Rows[float32], lo, hi int) {
	size := b.Output.Width
	for r := lo; r < hi; r++ {
		y, target := r*b.Output.Stride, r*b.Target.Stride
		right := 0
		for i := range size {
			if (b.Output.Data[y+i] > 0.5) == (b.Target.Data[target+i] > 0.5) {
				right++
			}
		}
		numbers.Data[r*numbers.Stride] = float32(right) / float32(size)
	}
}
