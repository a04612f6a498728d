package metric

import (
	"math"

	"braid"
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
func logOf(p float64) float64 { return ln(min(max(p, least), 1-least)) }

// ln is the natural logarithm of a normal number above 0. Its bytes are the same on every
// processor; math.Log has other last digits on some. It splits x = 2^e m with m from sqrt(1/2) to
// sqrt(2). With s = (m - 1) / (m + 1), ln(m) is 2 (s + s³/3 + s⁵/5 ...), for which FreeBSD's
// e_log.c has a polynomial and an order of the sums that loses no digits.
func ln(x float64) float64 {
	const high, low = 6.93147180369123816490e-01, 1.90821492927058770002e-10 // ln 2
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, e = 2*m, e-1
	}
	f, n := m-1, float64(e)
	s := f / (2 + f)
	z := s * s
	p := 1.479819860511658591e-01
	for _, c := range [...]float64{1.531383769920937332e-01, 1.818357216161805012e-01,
		2.222219843214978396e-01, 2.857142874366239149e-01, 3.999999999940941908e-01,
		6.666666666666735130e-01} {
		p = float64(p*z) + c // not fused
	}
	p = float64(p * z)
	half := float64(f * f / 2)
	return float64(n*high) - ((half - (float64(s*(half+p)) + float64(n*low))) - f)
}
