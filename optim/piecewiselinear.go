package optim

import (
	"fmt"
	"slices"
)

// PiecewiseLinear follows straight lines between points: the rate of step Steps[i] is Rates[i].
// Before the first point it is the first rate, after the last point the last: NumPy's interp.
//
// A rise over the first quarter of 1000 steps, and a fall to 0, is
//
//	PiecewiseLinear{Steps: []int{0, 250, 1000}, Rates: []float64{0.001, 0.01, 0}}
type PiecewiseLinear struct {
	Steps []int     `json:"steps"` // ascending, from 0; required
	Rates []float64 `json:"rates"` // one for each of Steps, 0 or more; required
}

// Kind is "piecewise_linear".
func (PiecewiseLinear) Kind() string { return "piecewise_linear" }

// Check requires ascending steps and a rate for each, one of them above 0.
func (s PiecewiseLinear) Check() error {
	if len(s.Steps) < 2 || len(s.Rates) != len(s.Steps) {
		return fmt.Errorf("PiecewiseLinear: got %d Steps and %d Rates, want 2 or more, as many of each",
			len(s.Steps), len(s.Rates))
	}
	for i, step := range s.Steps {
		if step < 0 || i > 0 && step <= s.Steps[i-1] {
			return fmt.Errorf("PiecewiseLinear: Steps = %v, want ascending steps from 0", s.Steps)
		}
	}
	for i, rate := range s.Rates {
		if err := atLeast(fmt.Sprintf("Rates[%d]", i), rate, 0); err != nil {
			return fmt.Errorf("PiecewiseLinear: %w", err)
		}
	}
	if err := above32("the largest of Rates", slices.Max(s.Rates)); err != nil {
		return fmt.Errorf("PiecewiseLinear: %w", err)
	}
	return nil
}

// Rate returns the rate of a step.
func (s PiecewiseLinear) Rate(step int) float64 {
	i, found := slices.BinarySearch(s.Steps, step)
	switch {
	case found:
		return s.Rates[i]
	case i == 0:
		return s.Rates[0]
	case i == len(s.Steps):
		return s.Rates[i-1]
	}
	from, to := s.Steps[i-1], s.Steps[i]
	return linear(s.Rates[i-1], s.Rates[i], float64(step-from)/float64(to-from))
}

// MarshalJSON writes the kind and the fields.
func (s PiecewiseLinear) MarshalJSON() ([]byte, error) {
	type fields PiecewiseLinear
	return withKind(s.Kind(), fields(s))
}
