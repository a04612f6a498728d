package metric

import (
	"braid"
	"braid/internal/kernel"
	"braid/tensor"
)

// LogLoss is the mean of -ln of the probability of what is true, of several answers of yes and no
// their mean. Probabilities are at least 1e-7 from 0 and 1, as in Keras.
type LogLoss struct{}

// Kind is "log_loss".
func (LogLoss) Kind() string { return "log_loss" }

// Bind requires labels or numbers of the head's shape for a softmax, or numbers for a sigmoid.
func (m LogLoss) Bind(head braid.Spec, target Target) (Func, error) {
	o, err := readProbabilities(m, head, target)
	if err != nil {
		return nil, err
	}
	return eachStep(head, logLoss{outputs: o}), nil
}

type logLoss struct {
	mean
	outputs
}

func (f logLoss) Rows(b Batch, numbers tensor.Rows[float32], lo, hi int) {
	if f.reading == yesNo {
		elementwise{of: binaryLogLoss}.Rows(b, numbers, lo, hi)
		return
	}
	for r := lo; r < hi; r++ {
		var total, p float64
		output := b.Output.Row(r)
		for _, v := range output {
			total += float64(v)
		}
		if c := f.class(&b, r); c >= 0 {
			p = float64(output[c]) / total
		}
		numbers.Row(r)[0] = float32(-logOf(p))
	}
}

func binaryLogLoss(output, target float64) float64 {
	return -float64(target*logOf(output)) - float64((1-target)*logOf(1-output))
}

// logOf returns the logarithm of a probability.
func logOf(p float64) float64 { return kernel.Log64(min(max(p, least), 1-least)) }
