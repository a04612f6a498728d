package kernel

import "math"

// Parts of ln 2: n times the first is exact for the exponents of float64.
const (
	ln2High64 = 6.93147180369123816490e-01
	ln2Low64  = 1.90821492927058770002e-10
)

// Log64 is the natural logarithm of a normal number above 0. Its bytes are the same on every
// processor; math.Log has other last digits on some. It splits x = 2^e m with m from sqrt(1/2) to
// sqrt(2). With s = (m - 1) / (m + 1), ln(m) is 2 (s + s³/3 + s⁵/5 ...), for which FreeBSD's
// e_log.c has a polynomial and an order of the sums that loses no digits.
func Log64(x float64) float64 {
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
	return float64(n*ln2High64) - ((half - (float64(s*(half+p)) + float64(n*ln2Low64))) - f)
}

// Pow64 is x^y. If y is whole or ±1/2, that takes products and roots only, as in package math,
// whose other powers have other last digits on some processors.
func Pow64(x, y float64) float64 {
	if y == math.Trunc(y) || math.Abs(y) == 0.5 || x <= 0 {
		return math.Pow(x, y)
	}
	return Exp64(float64(y * Log64(x)))
}

// Exp64 is e^x for x from -700 to 700; beyond it is that of the bound. Its bytes are the same on
// every processor. It splits x = n ln 2 + r with |r| <= ln 2 / 2; exp(r) is a rational function of
// r and a polynomial of r², those of FreeBSD's e_exp.c.
func Exp64(x float64) float64 {
	x = min(max(x, -700), 700)
	n := math.RoundToEven(x / math.Ln2)
	high, low := x-float64(n*ln2High64), float64(n*ln2Low64)
	r := high - low
	z := r * r
	p := 4.13813679705723846039e-08
	for _, c := range [...]float64{-1.65339022054652515390e-06, 6.61375632143793436117e-05,
		-2.77777777770155933842e-03, 1.66666666666666019037e-01} {
		p = float64(p*z) + c // not fused
	}
	c := r - float64(z*p)
	return math.Ldexp(1-((low-float64(r*c)/(2-c))-high), int(n))
}
