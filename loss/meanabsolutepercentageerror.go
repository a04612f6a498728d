package loss

import "braid"

// MeanAbsolutePercentageError is the mean of 100 |output - target| / |target| over the outputs of a
// row. The target has the head's shape. A target below 1e-7 in magnitude counts as 1e-7, so that
// any error there is large. The head may have any activation.
type MeanAbsolutePercentageError struct{}

// Kind is "mean_absolute_percentage_error".
func (MeanAbsolutePercentageError) Kind() string { return "mean_absolute_percentage_error" }

// Bind accepts any head.
func (l MeanAbsolutePercentageError) Bind(head braid.Spec) (Func, error) {
	return mean(l, head), nil
}

func (MeanAbsolutePercentageError) values(x block) {
	to := x.buffer(0)
	for i, p := range x.p {
		to[i] = 100 * (abs(p-x.y[i]) / max(abs(x.y[i]), epsilon))
	}
}

func (MeanAbsolutePercentageError) slopes(x block, grad []float32) {
	for i, p := range x.p {
		grad[i] = 100 * (sign(p-x.y[i]) / max(abs(x.y[i]), epsilon))
	}
}
