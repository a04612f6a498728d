package metric

import (
	"braid"
	"braid/tensor"
)

// checkNumbers tests that the target has the head's numbers.
func checkNumbers(m Metric, head braid.Spec, target Target) error {
	if target.DType == tensor.Float32 && target.Shape.Equal(head.Shape) {
		return nil
	}
	return mistake(m, head, "it has shape %v a row and its target %v %s, want numbers of the head's "+
		"shape", head.Shape, target.Shape, target.DType)
}

// elementwise averages a function of an output and its target over the outputs of each row.
type elementwise struct {
	mean
	of func(output, target float64) float64
}

func (f elementwise) Rows(b Batch, numbers tensor.Rows[float32], lo, hi int) {
	eachError(b, lo, hi, f.of, func(row int, v float64) { numbers.Row(row)[0] = float32(v) })
}

// eachError visits the rows from lo to hi with the mean of a function of an output and its target.
func eachError(
	b Batch, lo, hi int, of func(output, target float64) float64, visit func(row int, v float64),
) {
	for r := lo; r < hi; r++ {
		var sum float64
		target := b.Target.Row(r)
		for i, v := range b.Output.Row(r) {
			sum += of(float64(v), float64(target[i]))
		}
		visit(r, sum/float64(len(target)))
	}
}

// least is Keras' epsilon.
const least = 1e-7
