package train

import (
	"fmt"

	"braid/data"
	"braid/internal/kernel"
	"braid/tensor"
)

// labels says which rows of a table have a label for a head, and what they weigh. nil means that
// all have one and weigh 1.
type labels struct {
	missing []bool    // nil: no row
	weights []float32 // nil: all 1; 0 where a label is missing
}

// newLabels returns the labels of a head. It returns the column without gaps.
func newLabels(
	c data.Column, table *data.Table, weightColumn string,
) (data.Column, *labels, error) {
	c, missing, err := c.Labels()
	if err != nil {
		return c, nil, err
	}
	l := &labels{missing: missing}
	if weightColumn != "" {
		w, err := table.Column(weightColumn)
		if err != nil {
			return c, nil, err
		}
		if w.DType != tensor.Float32 || w.Shape.Size() != 1 {
			return c, nil, fmt.Errorf("column %q is %s of shape %v a row, want one float32: a row's weight",
				weightColumn, w.DType, w.Shape)
		}
		if err := w.CheckRange(0, maxRowWeight); err != nil {
			return c, nil, err
		}
		tensors, err := table.Tensors(weightColumn)
		if err != nil {
			return c, nil, err
		}
		l.weights = tensors[weightColumn].Float32s()
	}
	if l.missing == nil && l.weights == nil {
		return c, nil, nil
	}
	weights := make([]float32, table.Rows())
	for i := range weights {
		switch {
		case l.isMissing(int32(i)):
		case l.weights == nil:
			weights[i] = 1
		default:
			weights[i] = l.weights[i]
		}
	}
	l.weights = weights
	return c, l, nil
}

// maxRowWeight bounds a row's weight: larger ones are a mistake, such as an id.
const maxRowWeight = 1e6

func (l *labels) isMissing(example int32) bool {
	return l != nil && l.missing != nil && l.missing[example]
}

// weight returns what an example weighs.
func (l *labels) weight(example int32) float64 {
	if l == nil {
		return 1
	}
	return float64(l.weights[example])
}

// count returns how many examples of a batch have a label.
func (l *labels) count(order []int32) int {
	if l == nil || l.missing == nil {
		return len(order)
	}
	n := 0
	for _, example := range order {
		if !l.missing[example] {
			n++
		}
	}
	return n
}

// total returns the sum of the weights of a batch.
func (l *labels) total(order []int32) float64 {
	if l == nil {
		return float64(len(order))
	}
	var sum float64
	for _, example := range order {
		sum += l.weight(example)
	}
	return sum
}

// weigh multiplies the losses of rows lo to hi, and their gradients, by the rows' weights. Rows
// without a label get zeros, whatever the network answered.
func (l *labels) weigh(h *head, order []int32, lo, hi int) {
	if l == nil {
		return
	}
	for r := lo; r < hi; r++ {
		example := order[r]
		w := l.weights[example]
		var grad []float32
		if !h.batch.Grad.IsNil() {
			grad = h.batch.Grad.Row(r)
		}
		switch {
		case l.isMissing(example):
			h.losses[r] = 0
			clear(grad)
		case w != 1:
			h.losses[r] *= w
			kernel.Default().Scale(grad, grad, w)
		}
	}
}
