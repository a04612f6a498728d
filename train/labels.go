package train

import (
	"fmt"
	"slices"

	"braid/data"
	"braid/internal/kernel"
	"braid/tensor"
)

// labels says which rows of a table have a label for a head, and what they weigh. With several
// steps it says so of each step. nil means that all have one and weigh 1.
type labels struct {
	steps   int       // of a row; 1 if the label of a row is missing as a whole, and weighs as one
	missing []bool    // [rows, steps]; nil: none
	weights []float32 // [rows, steps]; 0 where a label is missing
	counts  []int32   // of each row, its steps that have a label
	totals  []float64 // of each row, the sum of its weights
}

// newLabels returns the labels of a head. It returns the column without gaps.
func newLabels(h *head, c data.Column, table *data.Table) (data.Column, *labels, error) {
	c, missing, err := c.Labels(h.label)
	if err != nil {
		return c, nil, err
	}
	weights, err := h.weights(table)
	if err != nil || missing == nil && weights == nil {
		return c, nil, err
	}
	rows := table.Rows()
	l := &labels{steps: 1}
	if len(weights) > rows || !areWhole(missing, rows) {
		l.steps = h.steps
	}
	l.weights = make([]float32, 0, rows*l.steps)
	for row := range rows {
		var count int32
		var total float64
		for step := range l.steps {
			gap, weight := of(missing, row, step, rows, false), of(weights, row, step, rows, 1)
			if gap {
				weight = 0
			} else {
				count++
			}
			if missing != nil {
				l.missing = append(l.missing, gap)
			}
			l.weights = append(l.weights, weight)
			total += float64(weight)
		}
		l.counts, l.totals = append(l.counts, count), append(l.totals, total)
	}
	return c, l, nil
}

// of returns the value of a step of a row from a list of values: one for each step of each row, one
// for each row, or none, which means otherwise.
func of[T any](list []T, row, step, rows int, otherwise T) T {
	if list == nil {
		return otherwise
	}
	steps := len(list) / rows
	return list[row*steps+step%steps]
}

// areWhole reports whether each row lacks all of its labels or none.
func areWhole(missing []bool, rows int) bool {
	for steps := len(missing) / rows; len(missing) > 0; missing = missing[steps:] {
		if slices.Contains(missing[:steps], !missing[0]) {
			return false
		}
	}
	return true
}

// weights returns the numbers of the column with the head's weights: one for each row, or one for
// each step of each row. nil means that there is none.
func (h *head) weights(table *data.Table) ([]float32, error) {
	if h.rowWeight == "" {
		return nil, nil
	}
	w, err := table.Column(h.rowWeight)
	if err != nil {
		return nil, err
	}
	if w.DType != tensor.Float32 || w.Shape.Size() != 1 && !w.Shape.Equal(h.stepShape) {
		want := "one float32: a row's weight"
		if h.steps > 1 {
			want += fmt.Sprintf(", or float32 of shape %v: a weight for each step", h.stepShape)
		}
		return nil, fmt.Errorf("column %q is %s of shape %v a row, want %s", w.Name, w.DType, w.Shape,
			want)
	}
	if err := w.CheckRange(0, maxRowWeight); err != nil {
		return nil, err
	}
	tensors, err := table.Tensors(w.Name)
	return tensors[w.Name].Float32s(), err
}

// maxRowWeight bounds a row's weight: larger ones are a mistake, such as an id.
const maxRowWeight = 1e6

// example returns what one of a row's examples for a metric weighs, and whether it has a label. A
// row has one example, or one for each step of the head.
func (l *labels) example(row int32, at, examples int) (weight float64, labelled bool) {
	if l == nil || l.steps != examples {
		return l.whole(row)
	}
	i := int(row)*examples + at
	return float64(l.weights[i]), l.missing == nil || !l.missing[i]
}

// whole is example for steps that share the label of the row, and for a row of several labels: it
// weighs the mean of its steps.
func (l *labels) whole(row int32) (weight float64, labelled bool) {
	if l == nil {
		return 1, true
	}
	return l.totals[row] / float64(l.steps), l.counts[row] > 0
}

// examples returns how many examples of a batch have a label, if a row has that many.
func (l *labels) examples(order []int32, examples int) int {
	switch {
	case l == nil:
		return len(order) * examples
	case l.steps == 1:
		return l.count(order) * examples
	case examples > 1:
		return l.count(order)
	}
	n := 0
	for _, row := range order {
		n += int(min(l.counts[row], 1))
	}
	return n
}

// count returns how many labels the rows of a batch have: one each, or one for each step.
func (l *labels) count(order []int32) int {
	if l == nil {
		return len(order)
	}
	n := 0
	for _, row := range order {
		n += int(l.counts[row])
	}
	return n
}

// total returns the sum of the weights of a batch.
func (l *labels) total(order []int32) float64 {
	if l == nil {
		return float64(len(order))
	}
	var sum float64
	for _, row := range order {
		sum += l.totals[row]
	}
	return sum
}

// per returns a number of labels, or a sum of their weights, as one of examples, of which a row has
// so many. Where one step of seven has a label, the row is a seventh of an example of a whole row.
func (l *labels) per(examples int, labels float64) float64 {
	switch {
	case l == nil:
		return labels * float64(examples)
	case l.steps == examples:
		return labels
	}
	return labels * float64(examples) / float64(l.steps) // one of both is 1
}

// ofSteps reports whether the steps of a row have labels and weights each.
func (l *labels) ofSteps() bool { return l != nil && l.steps > 1 }

// gather sets rows lo to hi of to to the weights of the steps of rows order[lo] to order[hi].
func (l *labels) gather(to tensor.Rows[float32], order []int32, lo, hi int) {
	for r := lo; r < hi; r++ {
		copy(to.Row(r), l.weights[int(order[r])*l.steps:])
	}
}

// weigh multiplies the losses of rows lo to hi, and their gradients, by the rows' weights; the loss
// has done so with the weights of steps. What has no label gets zeros, whatever the network
// answered.
func (l *labels) weigh(h *head, order []int32, lo, hi int) {
	if l == nil {
		return
	}
	for r := lo; r < hi; r++ {
		row := int(order[r])
		var grad []float32
		if !h.batch.Grad.IsNil() {
			grad = h.batch.Grad.Row(r)
		}
		w := l.weights[row*l.steps]
		switch {
		case l.counts[row] == 0:
			h.losses[r] = 0
			clear(grad)
		case l.steps > 1:
			l.clearSteps(grad, row)
		case w != 1:
			h.losses[r] *= w
			kernel.Default().Scale(grad, grad, w)
		}
	}
}

// clearSteps sets the gradient of a row to 0 at the steps that lack a label.
func (l *labels) clearSteps(grad []float32, row int) {
	if l.missing == nil {
		return
	}
	axis := len(grad) / l.steps
	for step, gap := range l.missing[row*l.steps:][:l.steps] {
		if gap {
			clear(grad[step*axis:][:axis])
		}
	}
}
