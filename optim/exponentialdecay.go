package optim

import "braid/internal/kernel"

// ExponentialDecay is InitialRate DecayRate^(step/DecaySteps).
type ExponentialDecay struct {
	InitialRate float64 `json:"initial_rate"`       // required
	DecaySteps  int     `json:"decay_steps"`        // required
	DecayRate   float64 `json:"decay_rate"`         // required
	Staircase   bool    `json:"staircase,omitzero"` // step/DecaySteps is rounded down
}

// Kind is "exponential_decay".
func (ExponentialDecay) Kind() string { return "exponential_decay" }

// Check requires rates above 0 and one step or more.
func (s ExponentialDecay) Check() error {
	return first("ExponentialDecay", []error{above32("InitialRate", s.InitialRate),
		count("DecaySteps", s.DecaySteps), above("DecayRate", s.DecayRate)})
}

// Rate returns the rate of a step.
func (s ExponentialDecay) Rate(step int) float64 {
	return s.InitialRate * kernel.Pow64(s.DecayRate, s.periods(step))
}

// MarshalJSON writes the kind and the fields.
func (s ExponentialDecay) MarshalJSON() ([]byte, error) {
	type fields ExponentialDecay
	return withKind(s.Kind(), fields(s))
}

// periods returns step/DecaySteps.
func (s ExponentialDecay) periods(step int) float64 {
	if s.Staircase {
		return float64(step / s.DecaySteps)
	}
	return float64(step) / float64(s.DecaySteps)
}
