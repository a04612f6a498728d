package kernel

import "math"

// AdamBlock is a block of weights, their gradients and both moments.
type AdamBlock struct {
	Rows, Width int
	W, G, M, V  []float32
	WRow, GRow  int // MRow and VRow are WRow: the moments are laid out like the weights
}

func (b *AdamBlock) check() {
	for _, x := range [][]float32{b.W, b.M, b.V} {
		checkRows(x, b.Rows, b.Width, b.WRow)
	}
	checkRows(b.G, b.Rows, b.Width, b.GRow)
}

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

// sqrt is exact: rounding the float64 root to float32 never rounds a second time wrongly.
func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

func flush(x float32) float32 {
	if math.Float32bits(x)<<1 < 1<<24 { // the exponent's bits are zero
		return 0
	}
	return x
}
