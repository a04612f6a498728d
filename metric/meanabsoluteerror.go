package metric

import (
	"math"

	"braid"
)

// MeanAbsoluteError is the mean of |output - target|, over rows and outputs.
type MeanAbsoluteError struct{}

// Kind is "mean_absolute_error".
func (MeanAbsoluteError) Kind() string { return "mean_absolute_error" }

// Bind requires numbers of the head's shape.
func (m MeanAbsoluteError) Bind(head braid.Spec, target Target) (Func, error) {
	return eachStep(head, elementwise{of: absolute}), checkNumbers(m, head, target)
}

func absolute(output, target float64) float64 { return math.Abs(output - target) }
