package metric

import (
	"math"

	"braid"
)

// MeanAbsolutePercentageError is 100 times the mean of |output - target| / |target|, over rows and
// outputs. A target closer to 0 than 1e-7 divides as 1e-7, as in Keras.
type MeanAbsolutePercentageError struct{}

// Kind is "mean_absolute_percentage_error".
func (MeanAbsolutePercentageError) Kind() string { return "mean_absolute_percentage_error" }

// Bind requires numbers of the head's shape.
func (m MeanAbsolutePercentageError) Bind(head braid.Spec, target Target) (Func, error) {
	return eachStep(head, elementwise{of: percentage}), checkNumbers(m, head, target)
}

func percentage(output, target float64) float64 {
	return 100 * math.Abs(output-target) / max(math.Abs(target), least)
}
