package metric

import "braid"

// F1 is the harmonic mean of a class's precision and recall: 2 tp / (2 tp + fp + fn). It is 0 where
// no row is, or is predicted to be, of the class. Its figure is named by what is not the default:
// "f1_score_macro", "f1_score_at_0_7".
type F1 struct {
	Average Average `json:"average,omitzero"` // of the classes; default Binary

	// Threshold is what an output must be above to be a yes: a number between 0 and 1, of signs any
	// finite one. 0 means 0.5, of signs 0.
	Threshold float64 `json:"threshold,omitzero"`
}

// Kind is "f1_score".
func (F1) Kind() string { return "f1_score" }

// Name has the average and the threshold: "f1_score_macro", "f1_score_at_0_7".
func (m F1) Name() string { return averagedName(m.Kind(), m.Average, m.Threshold) }

// Ascends marks that more is better.
func (F1) Ascends() {}

// Bind requires labels for a head of shape [..., classes], or answers of yes and no. Binary is for
// two classes only, a threshold for answers of yes and no.
func (m F1) Bind(head braid.Spec, target Target) (Func, error) {
	return bindAveraged(m, m.Average, m.Threshold, f1, head, target)
}

func f1(right, actual, predicted float64) float64 { return ratio(2*right, actual+predicted) }
