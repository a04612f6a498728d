package loss

import (
	"fmt"
	"math"
	"slices"

	"braid"
)

// Activations by the range of their outputs.
var (
	zeroToOne = []braid.Activation{braid.Sigmoid, braid.Softmax, braid.HardSigmoid}
	fromZero  = append(zeroToOne[:3:3], braid.ReLU, braid.Softplus, braid.Exponential)
)

// checkSource reports whether a cross-entropy is computed from the logits of a head: if the head
// has the activation stable. The outputs of other heads must be declared to be probabilities; then
// linear heads and those with an activation in meant are accepted.
func checkSource(
	head braid.Spec, probabilities bool, stable braid.Activation, meant []braid.Activation,
) (logits bool, err error) {
	a := head.Activation
	sensible := a == braid.Linear || slices.Contains(meant, a)
	switch {
	case a == stable:
		return true, nil
	case !sensible:
		return false, fmt.Errorf("head %q has activation %s, want %s", head.Name, a, stable)
	case !probabilities:
		return false, fmt.Errorf("head %q has activation %s, want %s, or set Probabilities if the "+
			"outputs are probabilities", head.Name, a, stable)
	}
	return false, nil
}

// checkClasses returns an error unless the head has a last axis of two classes or more.
func checkClasses(head braid.Spec) error {
	if _, axis := head.Shape.Steps(); axis < 2 {
		return fmt.Errorf("head %q has shape %v a row, want [classes] or [..., classes], of 2 classes "+
			"or more", head.Name, head.Shape)
	}
	return nil
}

// checkSmoothing checks a factor of label smoothing.
func checkSmoothing(smoothing float64) error {
	if !(smoothing >= 0 && smoothing < 1) {
		return fmt.Errorf("Smoothing = %v, want 0 or more, and below 1", smoothing)
	}
	return nil
}

// focusing returns the exponent of a focal loss; nil means Keras' default.
func focusing(gamma *float64) (float32, error) {
	if gamma == nil {
		return 2, nil
	}
	if !(*gamma >= 0 && *gamma <= math.MaxFloat32) {
		return 0, fmt.Errorf("Gamma = %v, want a finite number from 0", *gamma)
	}
	return float32(*gamma), nil
}

// factors returns a number for each of n outputs: those of list, or its only number for all. An
// empty list gives nil.
func factors(field string, list []float64, n int) ([]float32, error) {
	if len(list) == 0 {
		return nil, nil
	}
	if len(list) != 1 && len(list) != n {
		return nil, fmt.Errorf("%s has %d numbers, want 1, or %d: one for each output", field,
			len(list), n)
	}
	all := make([]float32, n)
	for i := range all {
		v := list[i%len(list)]
		if !(v >= 0 && v <= math.MaxFloat32) {
			return nil, fmt.Errorf("%s[%d] = %v, want a finite number from 0", field, i%len(list), v)
		}
		all[i] = float32(v)
	}
	return all, nil
}

// wrap adds the loss's kind to an error of Bind.
func wrap(l Loss, f Func, errs ...error) (Func, error) {
	for _, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l.Kind(), err)
		}
	}
	return f, nil
}
