package metric

import (
	"math"

	"braid"
	"braid/tensor"
)

// R2 is the coefficient of determination: 1 - Σ(output - target)² / Σ(target - mean target)². Of
// several outputs along the last axis it is the mean, as in Keras. It is NaN if an output has the
// same target in all rows, such as for one row.
type R2 struct{}

// Kind is "r2_score".
func (R2) Kind() string { return "r2_score" }

// Ascends marks that more is better.
func (R2) Ascends() {}

// Bind requires numbers of the head's shape.
func (m R2) Bind(head braid.Spec, target Target) (Func, error) {
	_, outputs := head.Shape.Steps()
	return eachStep(head, determination{outputs}), checkNumbers(m, head, target)
}

// determination keeps the outputs and their targets. Its tally is the sum of the weights, then for
// each output the mean of the target, and the sums of the squares of the distances from the mean
// and from the output.
type determination struct{ outputs int }

func (f determination) Width() int { return 2 * f.outputs }

func (f determination) Rows(b Batch, numbers tensor.Rows[float32], lo, hi int) {
	for r := lo; r < hi; r++ {
		n := numbers.Row(r)
		copy(n, b.Output.Row(r))
		copy(n[f.outputs:], b.Target.Row(r))
	}
}

func (f determination) Tally() int { return 1 + 3*f.outputs }

// Add moves the means (West 1979), which keeps the digits of targets far from 0.
func (f determination) Add(tally []float64, numbers []float32, weight float64) {
	if weight == 0 {
		return
	}
	tally[0] += weight
	for i := range f.outputs {
		t := tally[1+3*i:][:3]
		output, target := float64(numbers[i]), float64(numbers[f.outputs+i])
		off := target - t[0]
		t[0] += float64(off*weight) / tally[0]
		t[1] += float64(float64(weight*off) * (target - t[0]))
		t[2] += float64(weight * square(output, target))
	}
}

func (f determination) Value(tally []float64) float64 {
	var sum float64
	for i := range f.outputs {
		t := tally[1+3*i:][:3]
		if t[1] == 0 {
			return math.NaN()
		}
		sum += 1 - t[2]/t[1]
	}
	return sum / float64(f.outputs)
}
