package optim

// CosineDecay falls from InitialRate along half a period of the cosine, and stays at Alpha times
// InitialRate after DecaySteps: Loshchilov and Hutter, "SGDR", 2017. With a warm-up it first rises
// linearly from InitialRate to WarmupTarget within WarmupSteps, and then falls from WarmupTarget.
type CosineDecay struct {
	InitialRate  float64 `json:"initial_rate"`           // required without warm-up
	DecaySteps   int     `json:"decay_steps"`            // after the warm-up; required
	Alpha        float64 `json:"alpha,omitzero"`         // last rate as a share of the highest
	WarmupTarget float64 `json:"warmup_target,omitzero"` // required with WarmupSteps
	WarmupSteps  int     `json:"warmup_steps,omitzero"`  // in which the rate rises; 0 means none
}

// Kind is "cosine_decay".
func (CosineDecay) Kind() string { return "cosine_decay" }

// Check requires one step or more, an Alpha from 0 to 1, and rates from 0.
func (s CosineDecay) Check() error {
	errs := []error{count("DecaySteps", s.DecaySteps), share("Alpha", s.Alpha)}
	if s.WarmupSteps == 0 && s.WarmupTarget == 0 {
		errs = append(errs, above32("InitialRate", s.InitialRate))
	} else {
		errs = append(errs, atLeast32("InitialRate", s.InitialRate),
			count("WarmupSteps", s.WarmupSteps), above32("WarmupTarget", s.WarmupTarget))
	}
	return first("CosineDecay", errs)
}

// Rate returns the rate of a step.
func (s CosineDecay) Rate(step int) float64 {
	from := s.InitialRate
	if s.WarmupSteps > 0 {
		if step < s.WarmupSteps {
			return linear(from, s.WarmupTarget, float64(step)/float64(s.WarmupSteps))
		}
		from, step = s.WarmupTarget, step-s.WarmupSteps
	}
	fallen := float64(min(step, s.DecaySteps)) / float64(s.DecaySteps)
	return from * linear(s.Alpha, 1, cosine(fallen))
}

// MarshalJSON writes the kind and the fields.
func (s CosineDecay) MarshalJSON() ([]byte, error) {
	type fields CosineDecay
	return withKind(s.Kind(), fields(s))
}
