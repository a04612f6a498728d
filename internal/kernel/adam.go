package kernel

import "math"

// AdamStep holds the numbers of one step of Adam that are the same for every weight.
type AdamStep struct {
	Beta1, Rest1 float32 // the first moment's decay, and 1 less it
	Beta2, Rest2 float32 // the second moment's decay, and 1 less it
	Rate         float32 // the learning rate with both bias corrections
	Epsilon      float32 // added to the root of the uncorrected second moment, as in Keras
}

// adam is, for every weight,
//
//	m = Beta1 m + Rest1 g
//	v = Beta2 v + Rest2 g g
//	w = w - Rate m / (sqrt(v) + Epsilon)
//
// A moment that would become denormal becomes zero: a unit whose gradient has died would else
// slow every later step.
func adam(w, g, m, v []float32, s AdamStep) {
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	for i := range w {
		first := flush(fma(s.Beta1, m[i], s.Rest1*g[i]))
		second := flush(fma(s.Beta2, v[i], s.Rest2*g[i]*g[i]))
		m[i], v[i] = first, second
		w[i] = fma(-s.Rate, first/(sqrt(second)+s.Epsilon), w[i])
	}
}

// sqrt is exact: rounding the float64 root to float32 never rounds a second time wrongly.
func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

func flush(x float32) float32 {
	if math.Float32bits(x)<<1 < 1<<24 { // the exponent's bits are zero
		return 0
	}
	return x
}
