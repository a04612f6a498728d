package metric

import (
	"math"

	"braid"
	"braid/tensor"
)

// RootMeanSquaredError is the square root of the mean of (output - target)², over rows and outputs.
type RootMeanSquaredError struct{}

// Kind is "root_mean_squared_error".
func (RootMeanSquaredError) Kind() string { return "root_mean_squared_error" }

// Bind requires numbers of the head's shape.
func (m RootMeanSquaredError) Bind(head braid.Spec, target Target) (Func, error) {
	return eachStep(head, rootMeanSquare{}), checkNumbers(m, head, target)
}

// rootMeanSquare keeps the root of each row's mean, whose square float32 may not hold.
type rootMeanSquare struct{}

func (rootMeanSquare) Width() int { return 1 }

func (rootMeanSquare) Rows(b Batch, numbers tensor.Rows[float32], lo, hi int) {
	eachError(b, lo, hi, square,
		func(row int, v float64) { numbers.Row(row)[0] = float32(math.Sqrt(v)) })
}

func square(output, target float64) float64 {
	return float64((output - target) * (output - target)) // not fused with a sum
}

func (rootMeanSquare) Tally() int { return 2 }

func (rootMeanSquare) Add(tally []float64, numbers []float32, weight float64) {
	v := float64(numbers[0])
	tally[0] += float64(weight * v * v)
	tally[1] += weight
}

func (rootMeanSquare) Value(tally []float64) float64 { return math.Sqrt(tally[0] / tally[1]) }
