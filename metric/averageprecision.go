package metric

import (
	"slices"

	"braid"
)

// AveragePrecision is the mean of the precisions at all thresholds, by how much the recall grows at
// each: the area under the curve of precision over recall, in steps, as in scikit-learn. For
// several classes it is the mean over the classes, each against the rest, without those that no row
// has. It is exact, and keeps the outputs of all rows of an epoch: 4 bytes for each class. It is
// NaN if no row is of a class, which for yes and no means that no row is a yes.
type AveragePrecision struct{}

// Kind is "average_precision".
func (AveragePrecision) Kind() string { return "average_precision" }

// Ascends marks that more is better.
func (AveragePrecision) Ascends() {}

// Bind requires labels for a head of shape [..., classes], or answers of yes and no.
func (m AveragePrecision) Bind(head braid.Spec, target Target) (Func, error) {
	o, err := read(m, head, target)
	if err != nil {
		return nil, err
	}
	return eachStep(head, ranking{o, averagePrecision}), nil
}

func averagePrecision(steps []step) float64 {
	var sum, yes, no float64
	for _, s := range slices.Backward(steps) {
		yes, no = yes+s.yes, no+s.no
		sum += float64(s.yes * ratio(yes, yes+no))
	}
	return sum / yes
}
