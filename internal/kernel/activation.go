package kernel

import "math"

const sign = 1 << 31

// gelu is x Φ(x), with the normal distribution Φ: Hendrycks and Gimpel, "Gaussian error linear
// units", 2016. It is max(x, 0) - |x| Φ(-|x|), which does not cancel where it is small.
func gelu(x float32) float32 {
	size, tail, _ := normalTail(x)
	return fma(-size, tail, max(x, 0))
}

// geluSlope is Φ(x) + x φ(x), with the density φ(x) = exp(-x²/2) / √(2π).
func geluSlope(x float32) float32 {
	size, tail, density := normalTail(x)
	if x < 0 {
		size = -size
	} else {
		tail = 1 - tail
	}
	return fma(size, density*0.3989422804014327, tail)
}

// normalTail returns |x|, at most 14, where Φ(-|x|) is 0, then Φ(-|x|) and exp(-x²/2).
//
// Φ(-|x|) is exp(-x²/2) times a polynomial in t = 1 / (1 + 0.35 |x|), fitted to its smallest
// relative error, 3e-8.
func normalTail(x float32) (size, tail, density float32) {
	size = math.Float32frombits(math.Float32bits(x) &^ sign)
	if size > 14 {
		size = 14
	}
	t := 1 / fma(0.35, size, 1)
	density = exp(-0.5 * (x * x))
	p := float32(tailRatio[0])
	for _, c := range tailRatio[1:] {
		p = fma(p, t, c)
	}
	return size, density * (p * t), density
}

// tailRatio has the coefficients, from that of t⁹ to that of t.
var tailRatio = [...]float32{
	-2.9144646867058137e-2, 1.439658934304676e-1, -2.557031590211215e-1, 1.5916249375355287e-1,
	-2.310248295391428e-2, 1.0550517140802851e-1, 1.198335171057105e-1, 1.398617888008384e-1,
	1.3962140848451263e-1,
}

func geluAll(dst, src []float32) {
	for i, x := range src {
		dst[i] = gelu(x)
	}
}

func geluBack(dst, x, dy []float32) {
	for i, v := range x {
		dst[i] = dy[i] * geluSlope(v)
	}
}

func hardSigmoid(dst, src []float32) {
	for i, x := range src {
		dst[i] = min(max(fma(x, 1.0/6, 0.5), 0), 1)
	}
}

func hardSigmoidBack(dst, x, dy []float32) {
	for i, v := range x {
		d := dy[i] * (1.0 / 6)
		if !(v > -3 && v < 3) {
			d = 0
		}
		dst[i] = d
	}
}

func leak(dst, x, dy []float32, slope float32) {
	for i, v := range x {
		factor := float32(1)
		if v < 0 {
			factor = slope
		}
		dst[i] = dy[i] * factor
	}
}

// elu computes exp(x) - 1 as 2t / (1 - t) with t = tanh(x/2), which does not cancel near 0.
func elu(dst, src []float32, scale, alpha float32) {
	for i, x := range src {
		if x < 0 {
			t := tanh(0.5 * x)
			x = (2 * t) / (1 - t) * alpha
		}
		dst[i] = x * scale
	}
}

func eluBack(dst, y, dy []float32, shift, above float32) {
	for i, v := range y {
		slope := above
		if v < 0 {
			slope = v + shift
		}
		dst[i] = dy[i] * slope
	}
}

func mul(dst, x, y []float32) {
	for i, v := range x {
		dst[i] = v * y[i]
	}
}
