package kernel

import "math"

// Constants of exp. Below expLowest the result is not normal and is flushed to zero; above
// expHighest it overflows.
const (
	expLowest  = -87.33654   // ln 2^-126, rounded up
	expHighest = 88.72283    // ln of the largest float32, rounded down
	toInteger  = 12582912    // 1.5 * 2^23: adding and subtracting it rounds to an integer
	ln2High    = 0.693359375 // has 9 bits, so n*ln2High is exact
	ln2Low     = -2.12194440e-4
)

// exp splits x = n ln 2 + r with |r| <= ln 2 / 2 and computes exp(r) by a polynomial of degree 7,
// with the coefficients of expf in Moshier's Cephes library.
func exp(x float32) float32 {
	switch {
	case x != x:
		return x
	case x < expLowest:
		return 0
	case x > expHighest:
		return float32(math.Inf(1))
	}
	rounded := fma(x, 1.44269504, toInteger)
	n := rounded - toInteger
	r := fma(-n, ln2Low, fma(-n, ln2High, x))
	p := fma(1.9875691500e-4, r, 1.3981999507e-3)
	p = fma(p, r, 8.3334519073e-3)
	p = fma(p, r, 4.1665795894e-2)
	p = fma(p, r, 1.6666665459e-1)
	p = fma(p, r, 5.0000001201e-1)
	p = fma(p, r*r, r) + 1
	// Multiply by 2^n: shift n from the low bits of rounded to the exponent. The result is a normal
	// number, so this is exact.
	return math.Float32frombits(math.Float32bits(p) + math.Float32bits(rounded)<<23)
}

// sigmoid is 1 / (1 + exp(-x)) for x >= 0 and exp(x) / (1 + exp(x)) for x < 0, so that exp does not
// overflow. The quotient is corrected for the rounding of the divisor.
func sigmoid(x float32) float32 {
	e := exp(-math.Float32frombits(math.Float32bits(x) &^ (1 << 31)))
	above := float32(1)
	if x < 0 {
		above = e
	}
	below := 1 + e
	q := above / below
	return fma(-q, e-(below-1), q)
}

// tanh is (1 - exp(-2x)) / (1 + exp(-2x)). Near zero, where that cancels, it is an odd polynomial
// with the coefficients of tanhf in Cephes.
func tanh(x float32) float32 {
	const sign = 1 << 31
	size := math.Float32frombits(math.Float32bits(x) &^ sign)
	e := exp(-2 * size)
	y := (1 - e) / (1 + e)
	if size < 0.625 {
		z := x * x
		p := fma(-5.70498872745e-3, z, 2.06390887954e-2)
		p = fma(p, z, -5.37397155531e-2)
		p = fma(p, z, 1.33314422036e-1)
		p = fma(p, z, -3.33332819422e-1)
		y = fma(p*z, x, x)
	}
	return math.Float32frombits(math.Float32bits(y) | math.Float32bits(x)&sign)
}

// Log returns the logarithm of one number, with the bytes of Set.Log.
func Log(x float32) float32 { return log(x) }

// log splits x = 2^e m with m from sqrt(1/2) to sqrt(2) and computes log(m) by a polynomial with
// the coefficients of logf in Cephes.
func log(x float32) float32 {
	switch {
	case x != x || x < 0:
		return float32(math.NaN())
	case x == 0:
		return float32(math.Inf(-1))
	case x > math.MaxFloat32:
		return x
	}
	var e float32
	if x < 1.17549435e-38 { // scale a denormal
		x *= 1 << 23
		e = -23
	}
	const half = 0x3f3504f3 // bits of sqrt(1/2): e increases where m would reach sqrt(2)
	b := int32(math.Float32bits(x)) - half
	e += float32(b >> 23)
	m := math.Float32frombits(uint32(b&(1<<23-1) + half))
	f := m - 1
	z := f * f
	p := fma(7.0376836292e-2, f, -1.1514610310e-1)
	p = fma(p, f, 1.1676998740e-1)
	p = fma(p, f, -1.2420140846e-1)
	p = fma(p, f, 1.4249322787e-1)
	p = fma(p, f, -1.6668057665e-1)
	p = fma(p, f, 2.0000714765e-1)
	p = fma(p, f, -2.4999993993e-1)
	p = fma(p, f, 3.3333331174e-1)
	y := p * f * z
	y = fma(e, ln2Low, y)
	y = fma(-0.5, z, y)
	return fma(e, ln2High, f+y)
}

// log1p is log(1+x) for x >= 0. It corrects the rounding of 1+x by the slope of the logarithm.
func log1p(x float32) float32 {
	u := 1 + x
	var lost float32
	if x < 1<<24 {
		lost = x - (u - 1)
	}
	return log(u) + lost/u
}

func log1pAll(dst, src []float32) {
	for i, x := range src {
		dst[i] = log1p(x)
	}
}

func expAll(dst, src []float32) {
	for i, x := range src {
		dst[i] = exp(x)
	}
}

func logAll(dst, src []float32) {
	for i, x := range src {
		dst[i] = log(x)
	}
}

func tanhAll(dst, src []float32) {
	for i, x := range src {
		dst[i] = tanh(x)
	}
}

func sigmoidAll(dst, src []float32) {
	for i, x := range src {
		dst[i] = sigmoid(x)
	}
}
