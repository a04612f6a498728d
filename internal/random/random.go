// Package random generates random numbers from counters. A stream is determined by a seed, a
// purpose and, for example, an epoch. Its numbers are read by index, in any order and from any
// goroutine, and do not depend on other draws.
package random

import (
	"math"

	"braid/internal/kernel"
)

// Stream is a sequence of random numbers, read by index.
type Stream uint64

// New returns the stream for a seed and a purpose, such as "weights/asked/kernel". numbers
// distinguish streams with the same purpose, such as the epoch of a shuffle.
func New(seed uint64, purpose string, numbers ...uint64) Stream {
	h := mix(seed + golden)
	for _, c := range []byte(purpose) {
		h = mix(h ^ uint64(c))
	}
	for _, n := range numbers {
		h = mix(h + golden ^ mix(n+golden))
	}
	return Stream(h)
}

const golden = 0x9e3779b97f4a7c15 // 2^64 / golden ratio, the increment of SplitMix64

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
// generators", 2014).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Bits returns number i of the stream as 64 uniform bits.
func (s Stream) Bits(i uint64) uint64 { return mix(uint64(s) + (i+1)*golden) }

// Unit returns number i of the stream, uniform in [0, 1), a multiple of 2^-24.
func (s Stream) Unit(i uint64) float32 {
	return float32(float32(s.Bits(i)>>40) * (1.0 / (1 << 24)))
}

// Normal returns number i of the stream from the standard normal distribution, by Marsaglia's polar
// method. It uses the logarithm of package kernel, so the bytes are the same on every machine.
func (s Stream) Normal(i uint64) float32 {
	pairs := Stream(s.Bits(i))
	for k := uint64(0); ; k += 2 {
		x, y := 2*pairs.Unit(k)-1, 2*pairs.Unit(k+1)-1
		// The conversions prevent fusing a product with the sum.
		r := float32(x*x) + float32(y*y)
		if r >= 1 || r == 0 {
			continue
		}
		return x * float32(math.Sqrt(float64(-2*kernel.Log(r)/r)))
	}
}

// Permutation fills order with a random permutation of 0 to len(order)-1, by Fisher and Yates'
// shuffle.
func (s Stream) Permutation(order []int32) {
	for i := range order {
		order[i] = int32(i)
	}
	for i := len(order) - 1; i > 0; i-- {
		// 32 bits scaled to i+1 choices: the bias is below 2^-32 * len(order).
		j := s.Bits(uint64(i)) >> 32 * uint64(i+1) >> 32
		order[i], order[j] = order[j], order[i]
	}
}
