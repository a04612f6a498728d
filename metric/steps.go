package metric

import (
	"braid"
	"braid/tensor"
)

// Steps is the Func of a metric that counts each step of a head as an example. Func computes it for
// a head that has the last axis alone: the rows of its batch are the steps of a row, and its Value,
// Add and Table take the examples in place of rows.
type Steps struct {
	Func
	Count int // steps of a row
}

// Width is how many numbers the figure is computed from for all steps of a row.
func (s Steps) Width() int { return s.Count * s.Func.Width() }

// Rows writes the numbers of the steps, one after the other.
func (s Steps) Rows(b Batch, numbers tensor.Rows[float32], lo, hi int) {
	for r := lo; r < hi; r++ {
		steps := Batch{
			Output: cut(b.Output, r, s.Count), Labels: cut(b.Labels, r, s.Count),
			Target: cut(b.Target, r, s.Count), Scratch: b.Scratch[r*s.Count:][:s.Count],
		}
		s.Func.Rows(steps, cut(numbers, r, s.Count), 0, s.Count)
	}
}

// cut returns the steps of a row as rows.
func cut[T float32 | int32](rows tensor.Rows[T], row, steps int) tensor.Rows[T] {
	if rows.IsNil() {
		return rows
	}
	return tensor.RowsOf(rows.Row(row), rows.Width/steps)
}

// eachStep returns the Func of a head whose steps count as rows. f is that of one step.
func eachStep(head braid.Spec, f Func) Func {
	steps, _ := head.Shape.Steps()
	if steps == 1 {
		return f
	}
	return Steps{f, steps}
}
