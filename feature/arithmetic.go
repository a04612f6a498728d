package feature

import "math"

// These functions give the same bytes on every machine, unlike those of package math, which has
// assembly for some, and where compilers may fuse products and sums. The conversions forbid fusing.

// log1p returns ln(1 + x) of x >= 0. kernel.Log64(1+x) has other last digits for one number in
// seven, which would change models that are there, and loses those of x near 0.
func log1p(x float64) float64 {
	if x <= 0.5 {
		return logRatio(x / (2 + x))
	}
	// 1 + x = m 2^e with m from sqrt(1/2) to sqrt(2).
	m, e := math.Frexp(1 + x)
	if m < math.Sqrt2/2 {
		m, e = 2*m, e-1
	}
	return float64(float64(e)*math.Ln2) + logRatio((m-1)/(m+1))
}

// logRatio returns ln((1+s)/(1-s)) of |s| <= 0.2: twice the series of the inverse hyperbolic
// tangent. The terms left out are below 1e-18 of the sum.
func logRatio(s float64) float64 {
	square, sum := float64(s*s), 0.0
	for k := 25; k >= 1; k -= 2 {
		sum = float64(square*sum) + 1/float64(k)
	}
	return float64(2 * s * sum)
}

// sinTurn returns the sine of an angle in turns: the Taylor series about the nearest whole turn.
// The terms left out are below 1e-15.
func sinTurn(turns float64) float64 {
	x := float64(2 * math.Pi * (turns - math.Round(turns)))
	square, sum := float64(x*x), 1.0
	for k := 28; k >= 2; k -= 2 {
		sum = 1 - float64(float64(square*sum)/float64(k*(k+1)))
	}
	return float64(x * sum)
}

// cosTurn returns the cosine of an angle in turns.
func cosTurn(turns float64) float64 { return sinTurn(turns + 0.25) }
