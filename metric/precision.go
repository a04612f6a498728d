package metric

import "braid"

// Precision is, of the rows that are predicted to be of a class, the fraction that are: tp / (tp +
// fp). It is 0 where no row is predicted to be. Its figure is named by what is not the default:
// "precision_macro", "precision_at_0_7".
type Precision struct {
	Average Average `json:"average,omitzero"` // of the classes; default Binary

	// Threshold is what an output must be above to be a yes: a number between 0 and 1, of signs any
	// finite one. 0 means 0.5, of signs 0.
	Threshold float64 `json:"threshold,omitzero"`
}

// Kind is "precision".
func (Precision) Kind() string { return "precision" }

// Name has the average and the threshold: "precision_macro", "precision_at_0_7".
func (m Precision) Name() string { return averagedName(m.Kind(), m.Average, m.Threshold) }

// Ascends marks that more is better.
func (Precision) Ascends() {}

// Bind requires labels for a head of shape [..., classes], or answers of yes and no. Binary is for
// two classes only, a threshold for answers of yes and no.
func (m Precision) Bind(head braid.Spec, target Target) (Func, error) {
	return bindAveraged(m, m.Average, m.Threshold, precision, head, target)
}

func precision(right, _, predicted float64) float64 { return ratio(right, predicted) }
