package loss

import "braid"

// MeanSquaredError is the mean of (output - target)² over the outputs of a row. The target has the
// head's shape. The head may have any activation.
type MeanSquaredError struct{}

// Kind is "mean_squared_error".
func (MeanSquaredError) Kind() string { return "mean_squared_error" }

// Bind accepts any head.
func (l MeanSquaredError) Bind(head braid.Spec) (Func, error) { return mean(l, head), nil }

func (MeanSquaredError) values(x block) {
	to := x.buffer(0)
	for i, p := range x.p {
		d := p - x.y[i]
		to[i] = d * d
	}
}

func (MeanSquaredError) slopes(x block, grad []float32) {
	for i, p := range x.p {
		grad[i] = 2 * (p - x.y[i])
	}
}
