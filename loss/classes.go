package loss

import (
	"braid"
	"braid/internal/kernel"
	"braid/tensor"
)

// classes has the layout of a head of classes, and smooths its targets. It is embedded in the Funcs
// of these heads.
type classes struct {
	head   tensor.Shape
	steps  int
	count  int // of classes
	smooth smoothed
}

// classesOf returns the layout of a head. Smoothing s turns y into y (1 - s) + s/classes.
func classesOf(head braid.Spec, smoothing float64) classes {
	steps, axis := head.Shape.Steps()
	return classes{head.Shape, steps, axis,
		smoothed{float32(1 - smoothing), float32(smoothing / float64(max(axis, 1)))}}
}

// Target describes probabilities of the head's shape.
func (c classes) Target() Target {
	return Target{DType: tensor.Float32, Shape: c.head, Unit: true}
}

// step returns the classes of one step of a row.
func (c classes) step(rows tensor.Rows[float32], row, step int) []float32 {
	lo := row*rows.Stride + step*c.count
	return rows.Data[lo : lo+c.count]
}

// logRests writes log(1 + Rest) of each step of rows lo to hi to the first columns of scratch: the
// logarithm of a sum of exponentials without Max. log1p keeps the digits of a small Rest.
func (c classes) logRests(b Batch, lo, hi int) {
	to := b.Scratch.Columns(0, c.steps)
	rests := tensor.Rows[float32]{Data: b.LogSumExp.Rest, Width: c.steps, Stride: c.steps}
	tensor.EachRow(to, rests, lo, hi, kernel.Default().Log1p)
}

// logSum returns the logarithm of a step's sum of exponentials in two numbers: add high first, as
// it cancels with a logit.
func (c classes) logSum(b *Batch, row, step int) (high, rest float32) {
	return b.LogSumExp.Max[row*c.steps+step], b.Scratch.Data[row*b.Scratch.Stride+step]
}

// shares writes the outputs of a step, divided by their sum, to to, each at least epsilon and at
// most 1 - epsilon. A sum below epsilon counts as epsilon; then fixed is true: the sum has no
// gradient.
func shares(to, p []float32) (sum float32, fixed bool) {
	for _, v := range p {
		sum += v
	}
	if fixed = sum < epsilon; fixed {
		sum = epsilon
	}
	for i, v := range p {
		to[i] = clip(v/sum, epsilon, 1-epsilon)
	}
	return sum, fixed
}

// throughSum turns grad, the gradient with respect to the shares, into that with respect to the
// outputs, times factor.
func throughSum(grad, p []float32, sum float32, fixed bool, factor float32) {
	var common float32
	for i, v := range p {
		if share := v / sum; !inside(share) {
			grad[i] = 0 // it was clipped
		} else if !fixed {
			common += float32(grad[i] * share)
		}
	}
	factor /= sum
	for i := range grad {
		grad[i] = (grad[i] - common) * factor
	}
}
