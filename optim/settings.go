package optim

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"braid/internal/kernel"
	"braid/internal/kinds"
	"braid/tensor"
)

// Decay is decoupled weight decay: each step subtracts the decay's rate times the learning rate
// times the weight, as in Keras. Loshchilov and Hutter, "Decoupled weight decay regularization",
// 2019.
//
// Without All it applies to kernels: weights with two axes or more, except those whose name ends in
// embeddings, bias, gamma or beta. Decay would shrink the embeddings of rare ids to nothing, and it
// limits nothing where it shrinks biases and a normalization's weights. Keras' default is All.
type Decay struct {
	Rate float64 `json:"rate,omitzero"` // 0 means none; in AdamW 0.004
	All  bool    `json:"all,omitzero"`  // it applies to all weights
	// Except leaves out the weights whose name contains one of these words. Training refuses a word
	// that no name contains.
	Except []string `json:"except,omitzero"`
}

// Applies reports whether a weight of some name and shape decays.
func (d Decay) Applies(name string, shape tensor.Shape) bool {
	contained := func(word string) bool { return strings.Contains(name, word) }
	if d.Rate == 0 || slices.ContainsFunc(d.Except, contained) {
		return false
	}
	ends := func(word string) bool { return strings.HasSuffix(name, word) }
	plain := slices.ContainsFunc([]string{"embeddings", "bias", "gamma", "beta"}, ends)
	return d.All || len(shape) > 1 && !plain
}

func (d Decay) check() error {
	if err := atLeast32("WeightDecay.Rate", d.Rate); err != nil {
		return err
	}
	if slices.Contains(d.Except, "") {
		return errors.New("WeightDecay.Except has an empty word, which every name contains")
	}
	return nil
}

// settings are the fields that all optimizers have. Its methods are those of the optimizers.
type settings struct {
	name     string // in errors
	rate     float64
	fallback float64 // rate if both rate and schedule are unset
	schedule Schedule
	decay    Decay
}

// at returns the rate of a step, counted from 1.
func (s settings) at(step int) float64 {
	if s.schedule != nil {
		return s.schedule.Rate(step - 1)
	}
	return cmp.Or(s.rate, s.fallback)
}

// decayed returns the rate and the decay of a step, in its last number.
func (s settings) decayed(step int) (rate float64, numbers Step) {
	rate = s.at(step)
	numbers[decayAt] = float32(rate * s.decay.Rate)
	return rate, numbers
}

// scaled returns rate and schedule with factor times the rate.
func (s settings) scaled(factor float64) (float64, Schedule) {
	if s.schedule != nil {
		return 0, scaledSchedule{s.schedule, factor}
	}
	return s.at(1) * factor, nil
}

// check checks the settings and reports the first error of them and of others.
func (s settings) check(others ...error) error {
	others = append(others, s.decay.check())
	if s.schedule == nil {
		others = append(others, above32("Rate", s.at(1)))
	} else if err := kinds.NotNil(s.schedule, "a schedule, or nil for none"); err != nil {
		others = append(others, fmt.Errorf("Schedule is %w", err))
	} else {
		others = append(others, s.schedule.Check())
		if s.rate != 0 {
			others = append(others, fmt.Errorf("Rate = %v beside a Schedule, want one of them", s.rate))
		}
	}
	return first(s.name, others)
}

// first returns the first error of a list, after a name.
func first(name string, list []error) error {
	for _, err := range list {
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// above requires a finite number above 0.
func above(field string, value float64) error {
	if !(value > 0 && value < math.Inf(1)) {
		return fmt.Errorf("%s = %v, want a finite number above 0", field, value)
	}
	return nil
}

// above32 requires a number above 0 that is so as float32 too, the type of a Step.
func above32(field string, value float64) error {
	return cmp.Or(above(field, value), in32(field, value))
}

// atLeast32 requires 0, or what above32 requires.
func atLeast32(field string, value float64) error {
	return cmp.Or(atLeast(field, value, 0), in32(field, value))
}

// in32 requires 0, or a number that is neither 0 nor infinite as float32.
func in32(field string, value float64) error {
	switch as := float32(value); {
	case as == 0 && value != 0:
		return fmt.Errorf("%s = %v, which is 0 as float32: want %.2g or more", field, value,
			math.SmallestNonzeroFloat32)
	case math.IsInf(float64(as), 0):
		return fmt.Errorf("%s = %v, which is infinite as float32: want %.2g or less", field, value,
			math.MaxFloat32)
	}
	return nil
}

// atLeast requires a finite number from least on.
func atLeast(field string, value, least float64) error {
	if !(value >= least && value < math.Inf(1)) {
		return fmt.Errorf("%s = %v, want a finite number, %v or more", field, value, least)
	}
	return nil
}

// fraction requires a number from 0 up to, not including, 1, also as float32.
func fraction(field string, value float64) error {
	if !(value >= 0 && value < 1) {
		return fmt.Errorf("%s = %v, want 0 or more, and below 1", field, value)
	}
	if float32(value) == 1 {
		return fmt.Errorf("%s = %v, which is 1 as float32: want 0.9999999 or less", field, value)
	}
	return nil
}

// share requires a number from 0 to 1.
func share(field string, value float64) error {
	if !(value >= 0 && value <= 1) {
		return fmt.Errorf("%s = %v, want 0 to 1", field, value)
	}
	return nil
}

// or returns the number that p points at, or fallback if p is nil.
func or(p *float64, fallback float64) float64 {
	if p == nil {
		return fallback
	}
	return *p
}

// decayAt is the index of the decay in a Step: the weight decay times the rate.
const decayAt = len(Step{}) - 1

// decay subtracts from each weight of a block that decays its product with the step's decay.
func decay(s Step, p Block) {
	by := s[decayAt]
	if !p.Decay || by == 0 {
		return
	}
	tensor.EachRow(p.Weights, p.Weights, 0, p.Rows, func(w, _ []float32) {
		kernel.Default().Blend(w, w, 1, -by)
	})
}

// flush returns 0 for a denormal number: a slot whose gradient is zero would otherwise slow every
// later step.
func flush(x float32) float32 {
	const sign, smallest = 1 << 31, 1 << 23   // bits of 2^-126
	if math.Float32bits(x)&^sign < smallest { // a branch by the sign could not be predicted
		return 0
	}
	return x
}

// root is the correctly rounded square root.
func root(x float32) float32 { return float32(math.Sqrt(float64(x))) }
