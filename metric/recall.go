package metric

import "braid"

// Recall is, of the rows of a class, the fraction that are predicted to be: tp / (tp + fn). It is 0
// where no row is of the class. Its figure is named by what is not the default: "recall_macro",
// "recall_at_0_7".
type Recall struct {
	Average Average `json:"average,omitzero"` // of the classes; default Binary

	// Threshold is what an output must be above to be a yes: a number between 0 and 1, of signs any
	// finite one. 0 means 0.5, of signs 0.
	Threshold float64 `json:"threshold,omitzero"`
}

// Kind is "recall".
func (Recall) Kind() string { return "recall" }

// Name has the average and the threshold: "recall_macro", "recall_at_0_7".
func (m Recall) Name() string { return averagedName(m.Kind(), m.Average, m.Threshold) }

// Ascends marks that more is better.
func (Recall) Ascends() {}

// Bind requires labels for a head of shape [..., classes], or answers of yes and no. Binary is for
// two classes only, a threshold for answers of yes and no.
func (m Recall) Bind(head braid.Spec, target Target) (Func, error) {
	return bindAveraged(m, m.Average, m.Threshold, recall, head, target)
}

func recall(right, actual, _ float64) float64 { return ratio(right, actual) }
