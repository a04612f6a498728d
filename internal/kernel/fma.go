package kernel

import "math"

// softFMA returns x*y + z in float32, rounded once, where fma has no instruction for it. The
// product of two float32 is exact in float64; the sum is rounded to 53 bits and then to 24.
// Rounding twice differs from rounding once only if the first result was rounded to a midpoint of
// two float32, whose low 29 bits are 1 0...0. roundOnce handles these, and possible denormals,
// whose midpoints have other low bits.
func softFMA(x, y, z float32) float32 {
	p := float64(x) * float64(y)
	s := p + float64(z)
	b := math.Float64bits(s)
	if b&(1<<29-1) == 1<<28 || b<<1 < smallestNormal<<1 {
		return roundOnce(p, float64(z), s)
	}
	return float32(s)
}

const smallestNormal = (1023 - 126) << 52 // 2^-126, as float64 bits

// roundOnce rounds p+z, whose float64 sum is s, to float32 in one step. It first rounds to odd
// (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008), so that the last bit
// records an inexact sum.
func roundOnce(p, z, s float64) float32 {
	if math.IsInf(s, 0) || math.IsNaN(s) {
		return float32(s)
	}
	back := s - p
	rest := (p - (s - back)) + (z - back)
	b := math.Float64bits(s)
	if rest != 0 && b&1 == 0 {
		if (rest > 0) == (s > 0) {
			b++
		} else {
			b--
		}
	}
	return float32(math.Float64frombits(b))
}
