package op

import (
	"math"

	"braid/internal/kernel"
)

// gelu computes z Φ(z), with the normal distribution Φ(z) = (1 + erf(z/√2)) / 2: Hendrycks and
// Gimpel, "Gaussian error linear units", 2016. It is max(z, 0) - |z| Φ(-|z|), which does not cancel
// where it is small.
func gelu(y, z, tmp []float32) {
	size, density, ratio := normalTail(z, tmp)
	kernel.Default().ReLU(y, z)
	density, ratio, y = density[:len(size)], ratio[:len(size)], y[:len(size)]
	for i, v := range size {
		y[i] -= float32(v * float32(density[i]*ratio[i]))
	}
}

// geluBack multiplies by the slope Φ(z) + z φ(z), with the density φ(z) = exp(-z²/2) / √(2π).
// Φ(z) is y/z.
func geluBack(d, y, z, tmp []float32) {
	density := tmp[:len(z)]
	for i, v := range z {
		density[i] = -0.5 * float32(v*v)
	}
	kernel.Default().Exp(density, density)
	const root = 0.3989422804014327 // 1 / √(2π)
	d, y = d[:len(z)], y[:len(z)]
	for i, v := range z {
		const sign, least, most = 1 << 31, 0x0d800000, 0x41600000 // bits of 2^-100 and 14
		slope := y[i]/v + float32(float32(root*v)*density[i])
		if math.Float32bits(v)&^sign-least > most-least {
			slope = geluSlopeFar(v)
		}
		d[i] *= slope
	}
}

// geluSlopeFar returns the slope at numbers so small or large that y/z is not accurate.
func geluSlopeFar(z float32) float32 {
	switch {
	case z > 14:
		return 1
	case z < -14:
		return 0
	}
	return 0.5 + z // 0.5 near 0, and NaN for NaN
}

// geluBuffers is the number of buffers of normalTail.
const geluBuffers = 8

// normalTail returns Φ(-|z|) as the product of density, exp(-z²/2), and ratio, and |z|, at most 14,
// where Φ(-|z|) is 0. tmp has geluBuffers buffers as long as z.
//
// ratio is a polynomial in t = 1 / (1 + 0.35 |z|), fitted to its smallest relative error, 3e-8. It
// is evaluated in kernels: three polynomials of degree 3 in t first, and then one in t³ of these.
func normalTail(z, tmp []float32) (size, density, ratio []float32) {
	n, k := len(z), kernel.Default()
	powers, sums := tmp[:3*n], tmp[3*n:6*n]
	t, square, cube := powers[:n], powers[n:2*n], powers[2*n:]
	size, density = tmp[6*n:7*n], tmp[7*n:8*n]
	tailArguments(size, t, density, z)
	k.Exp(density, density)
	clear(powers[n:])
	add := func(y, x, w []float32) {
		k.MulRows(kernel.RowProducts{Rows: 1, Width: n, Y: y, X: x, W: w})
	}
	add(square, t, t)
	add(cube, square, t)
	k.MulLanes(kernel.Product{
		Fresh: true, Rows: 3, Columns: n, Inner: 3,
		C: sums, CRow: n, A: tailRatio[:], ARow: 3, ACol: 1, B: powers, BRow: n,
	})
	add(sums[n:2*n], sums[2*n:], cube)
	add(sums[:n], sums[n:2*n], cube)
	return size, density, sums[:n]
}

// tailArguments computes |z|, at most 14, t, and the exponent of the density.
func tailArguments(size, t, exponent, z []float32) {
	const sign, most = 1 << 31, 0x41600000 // bits of 14
	size, t, exponent = size[:len(z)], t[:len(z)], exponent[:len(z)]
	for i, v := range z {
		a := math.Float32frombits(min(math.Float32bits(v)&^sign, most))
		size[i] = a
		t[i] = 1 / (1 + float32(0.35*a))
		exponent[i] = -0.5 * float32(v*v)
	}
}

// tailRatio has the coefficients of t, t² and so on.
var tailRatio = [9]float32{
	1.3962140848451263e-1, 1.398617888008384e-1, 1.198335171057105e-1, 1.0550517140802851e-1,
	-2.310248295391428e-2, 1.5916249375355287e-1, -2.557031590211215e-1, 1.439658934304676e-1,
	-2.9144646867058137e-2,
}
