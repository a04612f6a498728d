package target

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"braid/feature"
	"braid/internal/kinds"
	"braid/internal/suggest"
)

// ClassWeights says what the loss of each class counts. The zero value is none: all count the same.
// In JSON it is "none", "balanced", or an object with weights by class.
type ClassWeights struct {
	// Balanced weights a class by the number of rows / (classes * its rows), as scikit-learn does.
	Balanced bool
	// ByName has the weights of some classes; others weigh 1.
	ByName map[string]float64
}

// IsZero reports whether all classes weigh 1.
func (w ClassWeights) IsZero() bool { return !w.Balanced && len(w.ByName) == 0 }

// MarshalJSON writes the weights.
func (w ClassWeights) MarshalJSON() ([]byte, error) {
	switch {
	case w.Balanced && len(w.ByName) > 0:
		return nil, errors.New("ClassWeights has both Balanced and ByName, want one of them")
	case w.Balanced:
		return json.Marshal("balanced")
	case len(w.ByName) > 0:
		return json.Marshal(w.ByName)
	}
	return json.Marshal("none")
}

// UnmarshalJSON reads weights.
func (w *ClassWeights) UnmarshalJSON(text []byte) error {
	*w = ClassWeights{}
	switch string(text) {
	case `"none"`:
		return nil
	case `"balanced"`:
		w.Balanced = true
		return nil
	}
	if text[0] != '{' || kinds.Unmarshal(text, &w.ByName) != nil {
		return fmt.Errorf("got %s, want none, balanced, or a number for each class, such as "+
			"{cat: 2, dog: 0.5}", suggest.Shorten(string(text)))
	}
	return nil
}

func (w ClassWeights) check() error {
	if w.Balanced && len(w.ByName) > 0 {
		return errors.New("class_weights: got both balanced and weights by class, want one of them")
	}
	for _, class := range slices.Sorted(maps.Keys(w.ByName)) {
		if v := w.ByName[class]; !(v >= 0 && v <= math.MaxFloat32) {
			return fmt.Errorf("class_weights: %q: got %v, want a finite number from 0", class, v)
		}
	}
	return nil
}

// of returns the weight of each class; nil means that all are 1. counts has the rows of each.
func (w ClassWeights) of(classes []string, counts []int) ([]float64, error) {
	if w.IsZero() {
		return nil, nil
	}
	byName := map[string]float64{}
	for _, class := range slices.Sorted(maps.Keys(w.ByName)) {
		name := feature.Trim(class, nil) // as classes are
		if !slices.Contains(classes, name) {
			return nil, fmt.Errorf("class_weights: %w", suggest.Unknown("class", class, classes))
		}
		byName[name] = w.ByName[class]
	}
	weights := make([]float64, len(classes))
	for i, class := range classes {
		if weights[i] = 1; w.Balanced {
			weights[i] = float64(sum(counts)) / float64(len(classes)*max(counts[i], 1))
		} else if weight, ok := byName[class]; ok {
			weights[i] = weight
		}
	}
	return weights, nil
}

func sum(counts []int) int {
	total := 0
	for _, n := range counts {
		total += n
	}
	return total
}
