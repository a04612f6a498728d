package metric

import (
	"math"

	"braid"
)

// Matthews is the Matthews correlation coefficient of true and predicted classes, from -1 to 1, in
// Gorodkin's form for several classes (2004), as in scikit-learn. It is 0 if all rows are, or are
// predicted to be, of one class.
type Matthews struct{}

// Kind is "matthews_corrcoef".
func (Matthews) Kind() string { return "matthews_corrcoef" }

// Ascends marks that more is better.
func (Matthews) Ascends() {}

// Bind requires labels for a head of shape [..., classes], or one answer of yes or no.
func (m Matthews) Bind(head braid.Spec, target Target) (Func, error) {
	o, err := readOne(m, head, target)
	if err != nil {
		return nil, err
	}
	return eachStep(head, agreement{counts{o, o.middle}, matthews}), nil
}

func matthews(w weights) float64 {
	all := float64(w.all * w.all)
	actual := all - dot(w.actual, w.actual)
	predicted := all - dot(w.predicted, w.predicted)
	covariance := float64(add(w.right)*w.all) - dot(w.actual, w.predicted)
	return defined(ratio(covariance, math.Sqrt(actual)*math.Sqrt(predicted)), w)
}
