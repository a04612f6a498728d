package optim

import (
	"cmp"

	"braid/internal/kernel"
)

// PolynomialDecay falls from InitialRate to EndRate:
//
//	(InitialRate - EndRate) (1 - step/DecaySteps)^Power + EndRate
//
// After DecaySteps it stays at EndRate; with Cycle, DecaySteps is there multiplied by the least
// integer that makes it reach the step.
type PolynomialDecay struct {
	InitialRate float64  `json:"initial_rate"`      // required
	DecaySteps  int      `json:"decay_steps"`       // required
	EndRate     *float64 `json:"end_rate,omitzero"` // nil means 0.0001
	Power       float64  `json:"power,omitzero"`    // 0 means 1
	Cycle       bool     `json:"cycle,omitzero"`    // the rate falls again and again
}

// Kind is "polynomial_decay".
func (PolynomialDecay) Kind() string { return "polynomial_decay" }

// Check requires rates from 0, one step or more, and a Power above 0.
func (s PolynomialDecay) Check() error {
	return first("PolynomialDecay", []error{above32("InitialRate", s.InitialRate),
		count("DecaySteps", s.DecaySteps), atLeast32("EndRate", or(s.EndRate, 1e-4)),
		above("Power", cmp.Or(s.Power, 1))})
}

// Rate returns the rate of a step.
func (s PolynomialDecay) Rate(step int) float64 {
	steps := s.DecaySteps
	if s.Cycle && step > 0 {
		steps *= (step + steps - 1) / steps
	}
	left := 1 - float64(min(step, steps))/float64(steps)
	return linear(or(s.EndRate, 1e-4), s.InitialRate, kernel.Pow64(left, cmp.Or(s.Power, 1)))
}

// MarshalJSON writes the kind and the fields.
func (s PolynomialDecay) MarshalJSON() ([]byte, error) {
	type fields PolynomialDecay
	return withKind(s.Kind(), fields(s))
}
