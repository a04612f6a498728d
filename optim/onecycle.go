package optim

import (
	"cmp"
	"fmt"
)

// OneCycle rises from MaxRate/DivFactor to MaxRate within a share of the steps, and falls to
// MaxRate/DivFactor/FinalDivFactor at the last: Smith and Topin, "Super-convergence", 2019, with
// the defaults of PyTorch's OneCycleLR. It stays there after TotalSteps.
type OneCycle struct {
	MaxRate        float64 `json:"max_rate"`                  // required
	TotalSteps     int     `json:"total_steps"`               // required
	PctStart       float64 `json:"pct_start,omitzero"`        // share that rises; 0 means 0.3
	DivFactor      float64 `json:"div_factor,omitzero"`       // 0 means 25
	FinalDivFactor float64 `json:"final_div_factor,omitzero"` // 0 means 10000
	Linear         bool    `json:"linear,omitzero"`           // straight lines, not cosines
}

// Kind is "one_cycle".
func (OneCycle) Kind() string { return "one_cycle" }

// Check requires a rate above 0, and a rise and a fall of at least a step.
func (s OneCycle) Check() error {
	errs := []error{above32("MaxRate", s.MaxRate), count("TotalSteps", s.TotalSteps),
		share("PctStart", s.PctStart), above("DivFactor", cmp.Or(s.DivFactor, 25)),
		above("FinalDivFactor", cmp.Or(s.FinalDivFactor, 1e4))}
	if top := s.top(); !(top > 0 && top < float64(s.TotalSteps-1)) {
		errs = append(errs, fmt.Errorf("PctStart = %v of TotalSteps = %d steps put the highest rate "+
			"at step %v, want it after the first step and before the last",
			cmp.Or(s.PctStart, 0.3), s.TotalSteps, top))
	}
	return first("OneCycle", errs)
}

// Rate returns the rate of a step.
func (s OneCycle) Rate(step int) float64 {
	low := s.MaxRate / cmp.Or(s.DivFactor, 25)
	top, last := s.top(), float64(s.TotalSteps-1)
	at := min(float64(step), last)
	if at <= top {
		return s.between(low, s.MaxRate, at/top)
	}
	return s.between(s.MaxRate, low/cmp.Or(s.FinalDivFactor, 1e4), (at-top)/(last-top))
}

// top returns the step of the highest rate, which may lie between two steps.
func (s OneCycle) top() float64 {
	return float64(cmp.Or(s.PctStart, 0.3)*float64(s.TotalSteps)) - 1
}

// between returns the rate at a share of the way from one rate to another.
func (s OneCycle) between(from, to, way float64) float64 {
	if s.Linear {
		return linear(from, to, way)
	}
	return linear(to, from, cosine(way))
}

// MarshalJSON writes the kind and the fields.
func (s OneCycle) MarshalJSON() ([]byte, error) {
	type fields OneCycle
	return withKind(s.Kind(), fields(s))
}
