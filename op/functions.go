package op

import (
	"math"

	"braid/internal/kernel"
)

// The functions of this file use kernels and single operations, each rounded to float32, so that
// every instruction set and compiler gives the same bytes. float32(x*y) prevents fusing a product
// with a sum.

const (
	geluRoot = 0.7978845608028654 // √(2/π)
	geluCube = 0.044715
)

// geluTanh is the approximation of gelu by tanh, from the paper of gelu.
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
		slope := float32(0.5*(1+t)) + float32(float32(0.5*v)*float32((1-float32(t*t))*inner))
		d[i] *= slope
	}
}

// silu is z sigmoid(z), also named swish: Elfwing, Uchibe and Doya, 2017.
func silu(y, z, tmp []float32) {
	kernel.Default().Sigmoid(tmp, z)
	kernel.Default().Mul(y, z, tmp)
}

func siluBack(d, _, z, tmp []float32) {
	kernel.Default().Sigmoid(tmp, z)
	for i, v := range z {
		s := tmp[i]
		d[i] *= s * (1 + float32(v*(1-s)))
	}
}

// elu is exp(z) - 1 below 0: Clevert, Unterthiner and Hochreiter, 2015.
func elu(y, z, _ []float32) { kernel.Default().ELU(y, z, 1, 1) }

func eluBack(d, y, _, _ []float32) { kernel.Default().ELUBack(d, y, d, 1, 1) }

// The scale and alpha of SELU: Klambauer and others, "Self-normalizing neural networks", 2017.
const (
	seluScale = 1.0507009873554805
	seluAlpha = 1.6732632423543772
)

func selu(y, z, _ []float32) { kernel.Default().ELU(y, z, seluScale, seluAlpha) }

func seluBack(d, y, _, _ []float32) {
	kernel.Default().ELUBack(d, y, d, seluScale*seluAlpha, seluScale)
}

const leaky = 0.2 // the slope of LeakyReLU below 0, as in Keras

func leakyReLU(y, z, _ []float32)        { kernel.Default().Leak(y, z, z, leaky) }
func leakyReLUBack(d, y, _, _ []float32) { kernel.Default().Leak(d, y, d, leaky) }

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
	kernel.Default().Mul(d, tmp, d)
}

func softsign(y, z, _ []float32) {
	for i, v := range z {
		y[i] = v / (1 + size(v))
	}
}

func softsignBack(d, _, z, _ []float32) {
	for i, v := range z {
		below := 1 + size(v)
		d[i] /= float32(below * below)
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
		dst[i] = -size(v)
	}
	kernel.Default().Exp(dst, dst)
}

// size is |x|.
func size(x float32) float32 {
	const sign = 1 << 31
	return math.Float32frombits(math.Float32bits(x) &^ sign)
}
