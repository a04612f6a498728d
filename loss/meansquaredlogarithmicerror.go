package loss

import (
	"math"

	"braid"
	"braid/internal/kernel"
)

// MeanSquaredLogarithmicError is the mean of (log(1 + output) - log(1 + target))² over the outputs
// of a row. The target has the head's shape; its numbers are 0 or more. The head may have any
// activation. An output below 1e-7 counts as 1e-7 and has no gradient.
type MeanSquaredLogarithmicError struct{}

// Kind is "mean_squared_logarithmic_error".
func (MeanSquaredLogarithmicError) Kind() string { return "mean_squared_logarithmic_error" }

// Bind accepts any head.
func (l MeanSquaredLogarithmicError) Bind(head braid.Spec) (Func, error) {
	f := mean(l, head)
	f.target.NotNegative = true
	return f, nil
}

func (l MeanSquaredLogarithmicError) values(x block) {
	to := x.buffer(0)
	l.logRatio(to, x)
	for i, d := range to {
		to[i] = d * d
	}
}

func (l MeanSquaredLogarithmicError) slopes(x block, grad []float32) {
	l.logRatio(grad, x)
	for i, p := range x.p {
		if p < epsilon {
			grad[i] = 0
		} else {
			grad[i] = 2 * (grad[i] / (1 + p))
		}
	}
}

// logRatio computes log((1 + p) / (1 + y)). A logarithm of 1 and more keeps its digits where p and
// y are close: log(1 + |p - y| / (1 + the smaller)), with the sign of p - y.
func (MeanSquaredLogarithmicError) logRatio(to []float32, x block) {
	for i, v := range x.p {
		p, y := max(v, epsilon), max(x.y[i], epsilon)
		to[i] = abs(p-y) / (1 + min(p, y))
	}
	kernel.Default().Log1p(to, to)
	const sign = 1 << 31
	for i, v := range x.p {
		distance := math.Float32bits(max(v, epsilon) - max(x.y[i], epsilon))
		to[i] = math.Float32frombits(math.Float32bits(to[i]) | distance&sign)
	}
}
