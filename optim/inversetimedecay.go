package optim

// InverseTimeDecay is InitialRate / (1 + DecayRate step/DecaySteps).
type InverseTimeDecay struct {
	InitialRate float64 `json:"initial_rate"`       // required
	DecaySteps  int     `json:"decay_steps"`        // required
	DecayRate   float64 `json:"decay_rate"`         // required
	Staircase   bool    `json:"staircase,omitzero"` // step/DecaySteps is rounded down
}

// Kind is "inverse_time_decay".
func (InverseTimeDecay) Kind() string { return "inverse_time_decay" }

// Check requires rates above 0 and one step or more.
func (s InverseTimeDecay) Check() error {
	return first("InverseTimeDecay", []error{above32("InitialRate", s.InitialRate),
		count("DecaySteps", s.DecaySteps), above("DecayRate", s.DecayRate)})
}

// Rate returns the rate of a step.
func (s InverseTimeDecay) Rate(step int) float64 {
	return s.InitialRate / (1 + float64(s.DecayRate*ExponentialDecay(s).periods(step)))
}

// MarshalJSON writes the kind and the fields.
func (s InverseTimeDecay) MarshalJSON() ([]byte, error) {
	type fields InverseTimeDecay
	return withKind(s.Kind(), fields(s))
}
