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
