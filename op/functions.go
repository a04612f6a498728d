package op

import (
	"math"

	"braid/internal/kernel"
)

// The functions of this file use kernels and single operations, each rounded to float32, so that
// every instruction set and compiler gives the same bytes. float32(x*y) prevents fusing a product
// with a sum.

// gelu computes z Φ(z), with the normal distribution Φ(z) = (1 + erf(z/√2)) / 2: Hendrycks and
// Gimpel, "Gaussian error linear units", 2016.
func gelu(y, z, tmp []float32) {
	normal(tmp, z)
	for i, v := range z {
		y[i] = v * tmp[i]
	}
}

// geluBack multiplies by the slope Φ(z) + z φ(z), with the density φ(z) = exp(-z²/2) /
// √(2π).
func geluBack(d, _, z, tmp []float32) {
	for i, v := range z {
		tmp[i] = -0.5 * float32(v*v)
	}
	kernel.Default().Exp(tmp, tmp)
	const density = 0.3989422804014327 // 1 / √(2π)
	for i, v := range z {
		tmp[i] = float32(float32(v*tmp[i])*density) + normalOf(v, tmp[i])
	}
	multiply(d, tmp)
}

// normal computes Φ of each number.
func normal(dst, z []float32) {
	for i, v := range z {
		dst[i] = -0.5 * float32(v*v)
	}
	kernel.Default().Exp(dst, dst)
	for i, v := range z {
		dst[i] = normalOf(v, dst[i])
	}
}

// normalOf returns Φ(z), given e = exp(-z²/2). Near 0 it uses the polynomial of erff, elsewhere
// those of erfcf, from Moshier's Cephes library.
func normalOf(z, e float32) float32 {
	x := z * math.Sqrt2 / 2
	size := float32(math.Abs(float64(x)))
	if size < 1 {
		return 0.5 + 0.5*float32(x*erfNear(float32(x*x)))
	}
	q := 1 / size
	square := float32(q * q)
	coefficients := erfcFar[:]
	if size < 2 {
		coefficients = erfcMiddle[:]
	}
	tail := 0.5 * float32(float32(e*q)*polynomial(square, coefficients))
	if z > 0 {
		return 1 - tail
	}
	return tail
}

// erfNear returns erf(x) / x for x² = s below 1. It is polynomial without the loop.
func erfNear(s float32) float32 {
	p := float32(7.853861353153693e-5*s) - 8.010193625184903e-4
	p = float32(p*s) + 5.188327685732524e-3
	p = float32(p*s) - 2.685381193529856e-2
	p = float32(p*s) + 1.128358514861418e-1
	p = float32(p*s) - 3.761262582423300e-1
	return float32(p*s) + 1.128379165726710e+0
}

// polynomial evaluates a polynomial with the highest coefficient first.
func polynomial(x float32, coefficients []float32) float32 {
	sum := coefficients[0]
	for _, c := range coefficients[1:] {
		sum = float32(sum*x) + c
	}
	return sum
}

var (
	erfcMiddle = [...]float32{ // 1 to 2
		2.326819970068386e-2, -1.387039388740657e-1, 3.687424674597105e-1, -5.824733027278666e-1,
		6.210004621745983e-1, -4.944515323274145e-1, 3.404879937665872e-1, -2.741127028184656e-1,
		5.638259427386472e-1,
	}
	erfcFar = [...]float32{ // from 2 up
		-1.047766399936249e+1, 1.297719955372516e+1, -7.495518717768503e+0, 2.921019019210786e+0,
		-1.015265279202700e+0, 4.218463358204948e-1, -2.820767439740514e-1, 5.641895067754075e-1,
	}
)

const (
	geluRoot = 0.7978845608028654 // √(2/π)
	geluCube = 0.044715
)

// geluTanh is the approximation of gelu by tanh, from the same paper.
func geluTanh(y, z, tmp []float32) {
	geluInner(tmp, z)
	for i, v := range z {
		y[i] = float32(0.5*v) * (1 + tmp[i])
	}
}

// geluInner computes tanh(√(2/π) (z + 0.044715 z³)).
func geluInner(dst, z []float32) {
	for i, v := range z {
		cube := float32(float32(v*v) * v)
		dst[i] = geluRoot * (v + float32(geluCube*cube))
	}
	kernel.Default().Tanh(dst, dst)
}

func geluTanhBack(d, _, z, tmp []float32) {
	geluInner(tmp, z)
	for i, v := range z {
		t := tmp[i]
		inner := geluRoot * (1 + float32(3*geluCube*float32(v*v)))
		slope := 0.5*(1+t) + float32(float32(0.5*v)*float32((1-float32(t*t))*inner))
		d[i] *= slope
	}
}

// silu is z sigmoid(z), also named swish: Elfwing, Uchibe and Doya, 2017.
func silu(y, z, tmp []float32) {
	kernel.Default().Sigmoid(tmp, z)
	for i, v := range z {
		y[i] = v * tmp[i]
	}
}

func siluBack(d, _, z, tmp []float32) {
	kernel.Default().Sigmoid(tmp, z)
	for i, v := range z {
		s := tmp[i]
		d[i] *= s * (1 + float32(v*(1-s)))
	}
}

// elu is exp(z) - 1 below 0: Clevert, Unterthiner and Hochreiter, 2015. It is computed as 2t / (1 -
// t) with t = tanh(z/2), which does not cancel near 0.
func elu(y, z, tmp []float32) {
	for i, v := range z {
		tmp[i] = 0.5 * v
	}
	kernel.Default().Tanh(tmp, tmp)
	for i, v := range z {
		y[i] = choose(v, 2*tmp[i]/(1-tmp[i]), v)
	}
}

func eluBack(d, y, _, _ []float32) {
	for i, v := range y {
		d[i] *= choose(v, v+1, 1)
	}
}

// The scale and alpha of SELU: Klambauer and others, "Self-normalizing neural networks", 2017.
const (
	seluScale = 1.0507009873554805
	seluAlpha = 1.6732632423543772
)

func selu(y, z, tmp []float32) {
	elu(y, z, tmp)
	for i, v := range y {
		y[i] = seluScale * float32(v*choose(v, seluAlpha, 1))
	}
}

func seluBack(d, y, _, _ []float32) {
	for i, v := range y {
		d[i] *= choose(v, v+seluScale*seluAlpha, seluScale)
	}
}

const leak = 0.2 // the slope of LeakyReLU below 0, as in Keras

func leakyReLU(y, z, _ []float32) {
	for i, v := range z {
		y[i] = v * choose(v, leak, 1)
	}
}

func leakyReLUBack(d, y, _, _ []float32) {
	for i, v := range y {
		d[i] *= choose(v, leak, 1)
	}
}

// softplus is max(z, 0) + log(1 + exp(-|z|)).
func softplus(y, z, tmp []float32) {
	expMinusSize(tmp, z)
	kernel.Default().Log1p(tmp, tmp)
	for i, v := range z {
		y[i] = max(v, 0) + tmp[i]
	}
}

func softplusBack(d, _, z, tmp []float32) {
	kernel.Default().Sigmoid(tmp, z)
	multiply(d, tmp)
}

func softsign(y, z, _ []float32) {
	for i, v := range z {
		y[i] = v / (1 + float32(math.Abs(float64(v))))
	}
}

func softsignBack(d, _, z, _ []float32) {
	for i, v := range z {
		below := 1 + float32(math.Abs(float64(v)))
		d[i] /= float32(below * below)
	}
}

func hardSigmoid(y, z, _ []float32) {
	for i, v := range z {
		v = v/6 + 0.5
		if v < 0 { // seldom: min and max take longer
			v = 0
		} else if v > 1 {
			v = 1
		}
		y[i] = v
	}
}

func hardSigmoidBack(d, _, z, _ []float32) {
	const sign, three = 1 << 31, 0x40400000 // bits of 3
	for i, v := range z {
		inside := uint32(int32(math.Float32bits(v)&^sign-three) >> 31)
		d[i] = math.Float32frombits(math.Float32bits(d[i]/6) & inside)
	}
}

// mish is z tanh(softplus(z)): Misra, 2019.
func mish(y, z, tmp []float32) {
	expMinusSize(tmp, z)
	for i, v := range z {
		t, _ := mishTerms(v, tmp[i])
		y[i] = v * t
	}
}

// mishBack has the slope t + z sigmoid(z) (1 - t²) with t = tanh(softplus(z)).
func mishBack(d, _, z, tmp []float32) {
	expMinusSize(tmp, z)
	for i, v := range z {
		t, s := mishTerms(v, tmp[i])
		d[i] *= t + float32(float32(v*s)*(1-float32(t*t)))
	}
}

// mishTerms returns tanh(softplus(z)) and sigmoid(z), where e is exp(-|z|). Neither overflows.
func mishTerms(z, e float32) (t, s float32) {
	s = 1 / (1 + e)
	above, two := 1+2*e, float32(2*float32(e*e))
	if z < 0 {
		s = e / (1 + e)
		above, two = float32(e*e)+2*e, 2
	}
	return above / (above + two), s
}

// expMinusSize computes exp(-|z|).
func expMinusSize(dst, z []float32) {
	for i, v := range z {
		dst[i] = -float32(math.Abs(float64(v)))
	}
	kernel.Default().Exp(dst, dst)
}

// choose returns below if x < 0, else other. It has no branch, which could not be predicted. For
// NaN it returns either.
func choose(x, below, other float32) float32 {
	x += 0                                               // turns -0 into 0
	negative := uint32(int32(math.Float32bits(x)) >> 31) // all bits or none
	return math.Float32frombits(
		math.Float32bits(below)&negative | math.Float32bits(other)&^negative)
}

func multiply(dst, by []float32) {
	for i, v := range by {
		dst[i] *= v
	}
}
