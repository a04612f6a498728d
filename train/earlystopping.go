package train

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"braid/internal/kinds"
	"braid/internal/suggest"
)

// EarlyStopping ends training when a figure, or a sum of figures, no longer improves, as Keras'
// callback of the same name. What it does after an epoch follows from the history alone: a resumed
// run stops after the same epoch as one that was never interrupted.
//
// A sum joins the heads of a model: with {"val_digit_loss": 1, "val_answer_loss": 0.5} training
// goes on while one head gains more than the other loses.
type EarlyStopping struct {
	// Figure is the name of a figure; "" means val_loss, or loss without validation data.
	Figure string
	// Sum replaces Figure: the sum of these figures, each times its factor.
	Sum map[string]float64
	// Mode says which values are best.
	Mode Mode

	// Patience is the number of epochs without an improvement after which training ends. 0 and 1 both
	// mean the first such epoch.
	Patience int
	// MinDelta is what a value must differ by from the best one so far to be an improvement.
	MinDelta float64
	// Baseline, unless nil, is a value that must be improved on as well: an epoch that does not is one
	// without an improvement.
	Baseline *float64
	// StartFrom is the number of epochs at the beginning that are ignored.
	StartFrom int

	// RestoreBest sets the weights to those of the best epoch when training ends by itself: after the
	// last epoch, or because a callback returns ErrStop. A run with checkpoints keeps the one of that
	// epoch, and a resumed run reads it.
	RestoreBest bool
}

// Mode is which values of a figure are best.
type Mode uint8

// The modes.
const (
	Auto Mode = iota // the largest values of a metric.Ascending, the least of other figures
	Min              // the least
	Max              // the largest
)

var modes = kinds.Names[Mode]{Noun: "mode", List: []string{Auto: "auto", Min: "min", Max: "max"}}

// String returns the mode's name in configurations.
func (m Mode) String() string { return modes.String(m) }

// MarshalText writes the name.
func (m Mode) MarshalText() ([]byte, error) { return modes.Marshal(m) }

// UnmarshalText reads a name.
func (m *Mode) UnmarshalText(text []byte) error { return modes.Unmarshal(m, text) }

// Callback returns the callback. It can be used for one run at a time.
func (e EarlyStopping) Callback() Callback {
	s := &stopping{EarlyStopping: e}
	c := Callback{Check: e.check, Start: s.start, Epoch: s.epoch, End: s.end}
	if e.RestoreBest {
		c.Keep = func(h *History) int {
			best, err := e.Best(h)
			if err != nil {
				return 0 // Check returns it
			}
			return best
		}
	}
	return c
}

// Best returns the epoch with the best value, from 1, or 0 if there is none. Epochs that StartFrom
// ignores are left out.
func (e EarlyStopping) Best(h *History) (epoch int, err error) {
	rule, err := e.rule(h)
	if err != nil {
		return 0, err
	}
	return rule.follow(h.Epochs).best, nil
}

// rule is an EarlyStopping for the figures of a run.
type rule struct {
	EarlyStopping
	figures []int // indices
	factors []float64
	sign    float64 // of the values: 1 if the least are best, -1 if the largest
}

// rule checks the configuration for the figures of a run.
func (e EarlyStopping) rule(h *History) (*rule, error) {
	figures := h.Names
	switch {
	case e.Patience < 0:
		return nil, fmt.Errorf("EarlyStopping: Patience = %d, want 0 or more", e.Patience)
	case !(e.MinDelta >= 0) || math.IsInf(e.MinDelta, 0):
		return nil, fmt.Errorf("EarlyStopping: MinDelta = %v, want a finite number from 0", e.MinDelta)
	case e.StartFrom < 0:
		return nil, fmt.Errorf("EarlyStopping: StartFrom = %d, want 0 or more", e.StartFrom)
	case e.Baseline != nil && math.IsNaN(*e.Baseline):
		return nil, errors.New("EarlyStopping: Baseline = NaN, want a number")
	case e.Figure != "" && len(e.Sum) > 0:
		return nil, errors.New("EarlyStopping: Figure and Sum are both set, want one of them")
	}
	sum := e.Sum
	if len(sum) == 0 {
		figure := e.Figure
		if figure == "" {
			figure = defaultFigure(figures)
		}
		sum = map[string]float64{figure: 1}
	}
	r := &rule{EarlyStopping: e}
	largest := 0 // figures of which the largest value is best
	for _, name := range slices.Sorted(maps.Keys(sum)) {
		at, factor := slices.Index(figures, name), sum[name]
		if at < 0 {
			return nil, fmt.Errorf("EarlyStopping: %w", suggest.Unknown("figure", name, figures))
		}
		if factor == 0 || math.IsNaN(factor) || math.IsInf(factor, 0) {
			return nil, fmt.Errorf("EarlyStopping: Sum[%q] = %v, want a finite factor other than 0", name,
				factor)
		}
		if h.ascends(at) == (factor > 0) {
			largest++
		}
		r.figures, r.factors = append(r.figures, at), append(r.factors, factor)
	}
	switch {
	case e.Mode == Min, e.Mode == Auto && largest == 0:
		r.sign = 1
	case e.Mode == Max, e.Mode == Auto && largest == len(sum):
		r.sign = -1
	case e.Mode == Auto:
		return nil, errors.New("EarlyStopping: of some terms of Sum the largest is best, of others the " +
			"least: want Mode Min or Max, or other signs of the factors")
	default:
		return nil, fmt.Errorf("EarlyStopping: Mode = %v, want Auto, Min or Max", e.Mode)
	}
	return r, nil
}

func (e EarlyStopping) check(h *History) error {
	_, err := e.rule(h)
	return err
}

// progress is what follows from the epochs so far.
type progress struct {
	best  int     // epoch from 1; 0: none
	value float64 // of that epoch, times the rule's sign
	wait  int     // epochs without an improvement
	stop  bool    // training ends
}

// value returns what the rule watches, times its sign: the least is best.
func (r *rule) value(e Epoch) float64 {
	var sum float64
	for i, figure := range r.figures {
		sum += float64(r.factors[i] * e.Values[figure]) // not fused
	}
	return float64(r.sign * sum)
}

// follow returns the progress after the last of the epochs.
func (r *rule) follow(epochs []Epoch) progress {
	p := progress{value: math.Inf(1)}
	for i, e := range epochs {
		p.stop = false
		if i < r.StartFrom {
			continue
		}
		value := r.value(e)
		p.wait++
		if value+r.MinDelta < p.value { // not if it is NaN
			p.best, p.value = i+1, value
			if r.Baseline == nil || value+r.MinDelta < r.sign**r.Baseline {
				p.wait = 0
			}
			continue
		}
		p.stop = p.wait >= r.Patience && i > 0
	}
	return p
}

// stopping is the callback of an EarlyStopping.
type stopping struct {
	EarlyStopping
	rule    *rule
	run     Start
	best    int         // epoch of weights
	weights [][]float32 // if RestoreBest is set
}

func (s *stopping) start(run Start) error {
	rule, err := s.EarlyStopping.rule(run.History)
	if err != nil {
		return err
	}
	s.rule, s.run, s.best = rule, run, 0
	p := rule.follow(run.History.Epochs)
	if s.RestoreBest && p.best > 0 {
		if s.weights, err = run.weights(p.best); err != nil {
			return fmt.Errorf("EarlyStopping: the weights of epoch %d, the best, cannot be restored: %w; "+
				"without RestoreBest the run can be resumed", p.best, err)
		}
		s.best = p.best
	}
	return s.stop(p)
}

// stop returns an error that ends training if the rule says so.
func (*stopping) stop(p progress) error {
	if !p.stop {
		return nil
	}
	return fmt.Errorf("EarlyStopping: no improvement since epoch %d: %w", p.best, ErrStop)
}

func (s *stopping) epoch(e Epoch) error {
	p := s.rule.follow(s.run.History.Epochs)
	if s.RestoreBest && p.best == e.Number {
		s.copyWeights()
		s.best = p.best
	}
	return s.stop(p)
}

func (s *stopping) copyWeights() {
	list := s.run.Model.Weights()
	if s.weights == nil {
		s.weights = make([][]float32, len(list))
	}
	for i, w := range list {
		if s.weights[i] == nil {
			s.weights[i] = make([]float32, w.Shape().Size())
		}
		w.Unpack(s.weights[i], w.Memory().Storage)
	}
}

// end restores the best weights, unless training was interrupted.
func (s *stopping) end(*History) error {
	if s.best == 0 || !s.run.ended() {
		return nil
	}
	for i, w := range s.run.Model.Weights() {
		if err := w.Set(s.weights[i]); err != nil {
			return fmt.Errorf("EarlyStopping: restoring the weights of epoch %d: %w", s.best, err)
		}
	}
	return nil
}
