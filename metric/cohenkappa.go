package metric

import "braid"

// CohenKappa is how far true and predicted classes agree beyond chance: (po - pe) / (1 - pe), where
// po is the accuracy, and pe that of guesses with the same frequencies of classes. It is NaN if all
// rows are, and are predicted to be, of one class.
type CohenKappa struct{}

// Kind is "cohen_kappa".
func (CohenKappa) Kind() string { return "cohen_kappa" }

// Ascends marks that more is better.
func (CohenKappa) Ascends() {}

// Bind requires labels for a head of shape [..., classes], or one answer of yes or no.
func (m CohenKappa) Bind(head braid.Spec, target Target) (Func, error) {
	o, err := readOne(m, head, target)
	if err != nil {
		return nil, err
	}
	return eachStep(head, agreement{counts{o, o.middle}, kappa}), nil
}

func kappa(w weights) float64 {
	// Both sides of the fraction times the square of the weights: without rounding for whole numbers.
	chance := dot(w.actual, w.predicted)
	all := float64(w.all * w.all)
	return (float64(add(w.right)*w.all) - chance) / (all - chance)
}
