package main

import (
	"math"

	. "braid/internal/kernel/_asm/arm64"
)

// The functions have the same operations, in the same order, as the Go reference. They overwrite
// operands only where they say so.

const (
	smallestNormal = 0x1p-126 // smaller results are flushed to zero
	toInteger      = 12582912
	expLowest      = -87.33654
	expHighest     = 88.72283
	log2e          = 1.44269504
	ln2High        = 0.693359375
	ln2Low         = -2.12194440e-4
)

// polynomial evaluates a polynomial at x. The coefficients start with the highest power.
func polynomial(x group, coefficients ...float32) group {
	p := copies(coefficients[0], len(x))
	for _, c := range coefficients[1:] {
		next := copies(c, len(x))
		addProduct(next, p, x)
		p = next
	}
	return p
}

// expParts returns p and rounded, with exp(x) = p 2^n and n + bias in the low bits of rounded. It
// overwrites x.
func expParts(x group, bias float32) (p, rounded group) {
	rounded = copies(toInteger+bias, len(x))
	addTimes(rounded, x, log2e)
	n := sub(rounded, loaded(toInteger+bias))
	subTimes(x, n, ln2High)
	subTimes(x, n, ln2Low)
	p = polynomial(x, 1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2,
		1.6666665459e-1, 5.0000001201e-1)
	addProduct(x, p, mul(x, x))
	return add(constant(1), x), rounded
}

// exp is e^x.
func exp(x group) group {
	p, rounded := expParts(x.copied(), 0)
	p = made(VADD, p, made1(func(d, n V) { SHL(d, n, 23) }, rounded))
	p.clear(made(FCMGT, constant(expLowest), x))
	// Above the highest x, Inf; for NaN, NaN, from which the exponent may have made a number.
	p.keep(add(constant(float32(math.Inf(1))), x), made(FCMGE, constant(expHighest), x))
	return p
}

// expBelow is exp for x <= 0 or NaN; low returns the mask of x < expLowest. It overwrites x.
//
// 2^n is a float32 here. Its exponent, n + 127, comes from the rounding of x log2(e), whose result
// is the same with that bias: no float32 x in this range has a product halfway between integers.
func expBelow(x group, low func() group) group {
	p, rounded := expParts(x, 127)
	p = mul(p, made1(func(d, n V) { SHL(d, n, 23) }, rounded))
	p.clear(low())
	return p
}

const signBit = 1 << 31

// expOfSize is exp(-|x|).
func expOfSize(x group) group {
	return expBelow(made(ORR, x, bits(signBit)), func() group {
		return made(FACGT, x, loaded(-expLowest))
	})
}

func sigmoid(x group) group {
	e := expOfSize(x)
	below := add(constant(1), e)
	q := div(made1(FCMLT0, x).either(e, constant(1)), below)
	lost := sub(e, sub(below, constant(1)))
	subProduct(q, q, lost)
	return q
}

func tanh(x group) group {
	size := made1(FABS, x)
	e := expBelow(times(size, -2), func() group {
		return made(FACGT, x, loaded(-expLowest/2))
	})
	y := div(sub(constant(1), e), add(constant(1), e))
	z := mul(x, x)
	p := polynomial(z, -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1,
		-3.33332819422e-1)
	near := x.copied()
	addProduct(near, mul(p, z), x)
	y.choose(near, made(FACGT, loaded(0.625), x))
	y.choose(x, bits(signBit))
	return y
}

func logarithm(x group) group {
	const rootHalf, mantissa = 0x3f3504f3, 1<<23 - 1 // bits of sqrt(1/2), mask of the mantissa
	denormal := made(FCMGT, loaded(smallestNormal), x)
	b := x.copied()
	b.choose(times(x, 1<<23), denormal)
	b = made(VSUB, b, bits(rootHalf))
	e := made1(SCVTF, made1(func(d, n V) { SSHR(d, n, 23) }, b))
	e = add(e, and(denormal, loaded(-23)))
	f := sub(made(VADD, and(b, bits(mantissa)), bits(rootHalf)), constant(1))
	y := polynomial(f, 7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1,
		1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1)
	z := mul(f, f)
	y = mul(mul(y, f), z)
	addTimes(y, e, ln2Low)
	subTimes(y, z, 0.5)
	y = add(f, y)
	addTimes(y, e, ln2High)
	y.choose(loaded(float32(math.Inf(-1))), made1(FCMEQ0, x))
	y.keep(x, made(FCMGE, loaded(math.MaxFloat32), x)) // Inf and NaN
	y.choose(loaded(float32(math.NaN())), made1(FCMLT0, x))
	return y
}

func log1p(x group) group {
	u := add(constant(1), x)
	lost := sub(x, sub(u, constant(1)))
	lost = and(lost, made(FCMGT, loaded(1<<24), x))
	return add(logarithm(u), div(lost, u))
}

// normalTail returns |x|, at most 14, then Φ(-|x|) and exp(-x²/2).
func normalTail(x group) (size, tail, density group) {
	density = expBelow(times(mul(x, x), -0.5), func() group {
		return made(FACGT, x, loaded(densityEnd()))
	})
	size = made(FMIN, made1(FABS, x), loaded(14))
	below := copies(1, len(x))
	addTimes(below, size, 0.35)
	t := div(constant(1), below)
	tail = polynomial(t, -2.9144646867058137e-2, 1.439658934304676e-1, -2.557031590211215e-1,
		1.5916249375355287e-1, -2.310248295391428e-2, 1.0550517140802851e-1, 1.198335171057105e-1,
		1.398617888008384e-1, 1.3962140848451263e-1)
	return size, mul(density, mul(tail, t)), density
}

// densityEnd returns the largest x for which -x²/2, rounded, is not below expLowest.
func densityEnd() float32 {
	x := float32(math.Sqrt(-2 * expLowest))
	for float32(x*x) > float32(-2*expLowest) {
		x = math.Nextafter32(x, 0)
	}
	for next := x; float32(next*next) <= float32(-2*expLowest); next = math.Nextafter32(next, 99) {
		x = next
	}
	return x
}

func gelu(x group) group {
	size, tail, _ := normalTail(x)
	y := made(FMAX, x, bits(0))
	subProduct(y, size, tail)
	return y
}

func geluSlope(x group) group {
	size, tail, density := normalTail(x)
	slope := made1(FCMLT0, x).either(tail, sub(constant(1), tail))
	size.choose(x, bits(signBit))
	addProduct(slope, size, times(density, 0.3989422804014327))
	return slope
}

func hardSigmoid(x group) group {
	y := copies(0.5, len(x))
	addTimes(y, x, 1.0/6)
	return made(FMIN, made(FMAX, y, bits(0)), constant(1))
}
