package optim

import (
	"cmp"
	"math"

	"braid/internal/kernel"
)

// CosineDecayRestarts falls like CosineDecay again and again: Loshchilov and Hutter, "SGDR", 2017.
// Each period is TMul times as long as the one before, and starts MMul times as high.
type CosineDecayRestarts struct {
	InitialRate     float64 `json:"initial_rate"`      // required
	FirstDecaySteps int     `json:"first_decay_steps"` // required
	TMul            float64 `json:"t_mul,omitzero"`    // 0 means 2
	MMul            float64 `json:"m_mul,omitzero"`    // 0 means 1
	Alpha           float64 `json:"alpha,omitzero"`    // least rate as a share of InitialRate
}

// Kind is "cosine_decay_restarts".
func (CosineDecayRestarts) Kind() string { return "cosine_decay_restarts" }

// Check requires one step or more, a TMul from 1, an MMul above 0, and an Alpha from 0 to 1.
func (s CosineDecayRestarts) Check() error {
	return first("CosineDecayRestarts", []error{above32("InitialRate", s.InitialRate),
		count("FirstDecaySteps", s.FirstDecaySteps), atLeast("TMul", cmp.Or(s.TMul, 2), 1),
		above("MMul", cmp.Or(s.MMul, 1)), share("Alpha", s.Alpha)})
}

// Rate returns the rate of a step.
func (s CosineDecayRestarts) Rate(step int) float64 {
	tMul, mMul := cmp.Or(s.TMul, 2), cmp.Or(s.MMul, 1)
	at, length, height := float64(step), float64(s.FirstDecaySteps), 1.0
	if tMul == 1 {
		height = kernel.Pow64(mMul, math.Floor(at/length))
		at = math.Mod(at, length)
	}
	for at >= length {
		at -= length
		length *= tMul
		height *= mMul
	}
	return s.InitialRate * (float64((1-s.Alpha)*float64(height*cosine(at/length))) + s.Alpha)
}

// MarshalJSON writes the kind and the fields.
func (s CosineDecayRestarts) MarshalJSON() ([]byte, error) {
	type fields CosineDecayRestarts
	return withKind(s.Kind(), fields(s))
}
