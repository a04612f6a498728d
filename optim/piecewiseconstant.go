package optim

import (
	"fmt"
	"slices"
)

// PiecewiseConstant is Values[i] up to and including step Boundaries[i], as in Keras, and the last
// value after the last boundary.
type PiecewiseConstant struct {
	Boundaries []int     `json:"boundaries"` // steps, ascending; required
	Values     []float64 `json:"values"`     // one more than the boundaries; required
}

// Kind is "piecewise_constant".
func (PiecewiseConstant) Kind() string { return "piecewise_constant" }

// Check requires ascending boundaries and one value more, all above 0.
func (s PiecewiseConstant) Check() error {
	if len(s.Boundaries) == 0 || len(s.Values) != len(s.Boundaries)+1 {
		return fmt.Errorf("PiecewiseConstant: got %d Boundaries and %d Values, want boundaries and one "+
			"value more", len(s.Boundaries), len(s.Values))
	}
	for i, b := range s.Boundaries {
		if b < 0 || i > 0 && b <= s.Boundaries[i-1] {
			return fmt.Errorf("PiecewiseConstant: Boundaries = %v, want ascending steps from 0",
				s.Boundaries)
		}
	}
	for i, v := range s.Values {
		if err := above32(fmt.Sprintf("Values[%d]", i), v); err != nil {
			return fmt.Errorf("PiecewiseConstant: %w", err)
		}
	}
	return nil
}

// Rate returns the rate of a step.
func (s PiecewiseConstant) Rate(step int) float64 {
	i, _ := slices.BinarySearch(s.Boundaries, step)
	return s.Values[i]
}

// MarshalJSON writes the kind and the fields.
func (s PiecewiseConstant) MarshalJSON() ([]byte, error) {
	type fields PiecewiseConstant
	return withKind(s.Kind(), fields(s))
}
