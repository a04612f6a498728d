package metric

import (
	"braid"
	"braid/tensor"
)

// Brier is the mean of (probability - truth)², where the truth is 1 for what is true, otherwise 0.
// It is summed over the classes of a softmax, averaged over answers of yes and no.
type Brier struct{}

// Kind is "brier_score".
func (Brier) Kind() string { return "brier_score" }

// Bind requires labels or numbers of the head's shape for a softmax, or numbers for a sigmoid.
func (m Brier) Bind(head braid.Spec, target Target) (Func, error) {
	o, err := readProbabilities(m, head, target)
	if err != nil {
		return nil, err
	}
	return eachStep(head, brier{outputs: o}), nil
}

type brier struct {
	mean
	outputs
}

func (f brier) Rows(b Batch, numbers tensor.Rows[float32], lo, hi int) {
	if f.reading == yesNo {
		elementwise{of: square}.Rows(b, numbers, lo, hi)
		return
	}
	for r := lo; r < hi; r++ {
		var sum float64
		class := f.class(&b, r)
		for i, v := range b.Output.Row(r) {
			truth := 0.0
			if i == class {
				truth = 1
			}
			sum += float64(square(float64(v), truth))
		}
		numbers.Row(r)[0] = float32(sum)
	}
}
