package loss

import "braid"

// MeanAbsoluteError is the mean of |output - target| over the outputs of a row. The target has the
// head's shape. The head may have any activation.
type MeanAbsoluteError struct{}

// Kind is "mean_absolute_error".
func (MeanAbsoluteError) Kind() string { return "mean_absolute_error" }

// Bind accepts any head.
func (l MeanAbsoluteError) Bind(head braid.Spec) (Func, error) { return mean(l, head), nil }

func (MeanAbsoluteError) values(x block) {
	to := x.buffer(0)
	for i, p := range x.p {
		to[i] = abs(p - x.y[i])
	}
}

func (MeanAbsoluteError) slopes(x block, grad []float32) {
	for i, p := range x.p {
		grad[i] = sign(p - x.y[i])
	}
}
