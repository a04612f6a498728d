package train

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"braid/internal/suggest"
	"braid/optim"
)

// Plateau lowers the learning rate when a figure of the history stops improving: Keras'
// ReduceLROnPlateau. The rate follows from the history alone, so a resumed run has the same.
type Plateau struct {
	Figure   string   `json:"figure"`            // "" means val_loss, or loss without validation data
	Mode     Mode     `json:"mode"`              // which values of the figure are best
	Factor   float64  `json:"factor"`            // of the rate, below 1; 0 means 0.1
	Patience int      `json:"patience"`          // epochs without improvement; 0 means 10
	MinDelta *float64 `json:"min_delta"`         // smallest improvement; nil means 0.0001
	Cooldown int      `json:"cooldown,omitzero"` // epochs after a reduction that do not count
	MinRate  float64  `json:"min_rate,omitzero"` // the rate is not lowered further
}

// withDefaults returns the checked configuration with the defaults filled in. h has the names of
// the run's figures.
func (p Plateau) withDefaults(h *History, o optim.Optimizer) (Plateau, error) {
	p.Figure = cmp.Or(p.Figure, defaultFigure(h.Names))
	figure := slices.Index(h.Names, p.Figure)
	p.Factor, p.Patience = cmp.Or(p.Factor, 0.1), cmp.Or(p.Patience, 10)
	if p.MinDelta == nil {
		p.MinDelta = new(1e-4)
	}
	_, scaled := o.(optim.Scaled)
	_, rated := o.(optim.Rated)
	switch {
	case figure < 0:
		return p, fmt.Errorf("Plateau.Figure: %w", suggest.Unknown("figure", p.Figure, h.Names))
	case p.Mode > Max:
		return p, fmt.Errorf("Plateau.Mode = %v, want one of %s", p.Mode, suggest.List(modes.List))
	case !(p.Factor > 0 && p.Factor < 1):
		return p, fmt.Errorf("Plateau.Factor = %v, want above 0 and below 1", p.Factor)
	case p.Patience < 1:
		return p, fmt.Errorf("Plateau.Patience = %d, want 1 or more", p.Patience)
	case !(*p.MinDelta >= 0 && *p.MinDelta < math.Inf(1)):
		return p, fmt.Errorf("Plateau.MinDelta = %v, want a finite number, 0 or more", *p.MinDelta)
	case p.Cooldown < 0:
		return p, fmt.Errorf("Plateau.Cooldown = %d, want 0 or more", p.Cooldown)
	case !(p.MinRate >= 0 && p.MinRate < math.Inf(1)):
		return p, fmt.Errorf("Plateau.MinRate = %v, want a finite number, 0 or more", p.MinRate)
	case !scaled:
		return p, fmt.Errorf("Plateau lowers the learning rate, but the optimizer %s has no method "+
			"Scaled", o.Kind())
	case p.MinRate > 0 && !rated:
		return p, fmt.Errorf("Plateau.MinRate = %v, but the optimizer %s has no method LearningRate",
			p.MinRate, o.Kind())
	}
	if p.Mode == Auto {
		p.Mode = Min
		if h.ascends(figure) {
			p.Mode = Max
		}
	}
	return p, nil
}

// scale returns the factor of the learning rate after the epochs of a series of the figure. rate
// returns the rate without the factor after a number of epochs.
func (p Plateau) scale(series []float64, rate func(epochs int) float64) float64 {
	sign := 1.0
	if p.Mode == Max {
		sign = -1
	}
	scale, best, wait, cooldown := 1.0, math.Inf(1), 0, 0
	for i, v := range series {
		if cooldown > 0 {
			cooldown--
			wait = 0
		}
		if v *= sign; v < best-*p.MinDelta {
			best, wait = v, 0
			continue
		}
		if cooldown > 0 {
			continue
		}
		if wait++; wait < p.Patience {
			continue
		}
		if now := rate(i + 1); p.MinRate == 0 {
			scale *= p.Factor
		} else if now*scale > p.MinRate {
			scale = max(scale*p.Factor, p.MinRate/now)
		} else {
			continue
		}
		wait, cooldown = 0, p.Cooldown
	}
	return scale
}

// plateauScale returns the factor of the learning rate that follows from the history.
func (f *fit) plateauScale() float64 {
	if f.plan.Plateau == nil {
		return 1
	}
	rate := func(int) float64 { return 1 }
	if o, ok := f.plan.Optimizer.(optim.Rated); ok {
		rate = func(epochs int) float64 { return o.LearningRate(epochs*f.updates() + 1) }
	}
	return f.plan.Plateau.scale(f.history.Series(f.plan.Plateau.Figure), rate)
}
