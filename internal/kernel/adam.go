package kernel

import "math"

// AdamBlock is a block of weights, their gradients and both moments.
type AdamBlock struct {
	Rows, Width int
	W, G, M, V  []float32
	WRow, GRow  int // strides; M and V have the stride of W
}

func (b *AdamBlock) check() {
	for _, x := range [][]float32{b.W, b.M, b.V} {
		checkRows(x, b.Rows, b.Width, b.WRow)
	}
	checkRows(b.G, b.Rows, b.Width, b.GRow)
}

// AdamStep holds the numbers of one step of Adam that are the same for every weight.
type AdamStep struct {
	Beta1, Rest1 float32 // decay of the first moment, and 1 - decay
	Beta2, Rest2 float32 // decay of the second moment, and 1 - decay
	Rate         float32 // learning rate with both bias corrections
	Epsilon      float32 // added to the root of the uncorrected second moment, as in Keras
}

// adam computes, for every weight,
//
//	m = Beta1 m + Rest1 g
//	v = Beta2 v + Rest2 g g
//	w = w - Rate m / (sqrt(v) + Epsilon)
//
// A denormal moment becomes zero: a unit whose gradient is zero would otherwise slow every later
// step.
func adam(b AdamBlock, s AdamStep) {
	b.check()
	for r := range b.Rows {
		adamRow(b.W[r*b.WRow:][:b.Width], b.G[r*b.GRow:], b.M[r*b.WRow:], b.V[r*b.WRow:], s)
	}
}

func adamRow(w, g, m, v []float32, s AdamStep) {
	for i := range w {
		first := flush(fma(s.Beta1, m[i], s.Rest1*g[i]))
		second := flush(fma(s.Beta2, v[i], s.Rest2*g[i]*g[i]))
		m[i], v[i] = first, second
		w[i] = fma(-s.Rate, first/(sqrt(second)+s.Epsilon), w[i])
	}
}

// sqrt is correctly rounded: rounding the float64 root to float32 gives the same result.
func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

func flush(x float32) float32 {
	if math.Float32bits(x)<<1 < 1<<24 { // the exponent's bits are zero
		return 0
	}
	return x
}
