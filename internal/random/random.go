// Package random draws numbers as a function of what they are for. A stream is named by a seed and
// a purpose (and, say, an epoch); its numbers are read by index, in any order, by any worker, and
// never depend on what else was drawn.
package random

import (
	"math"

	"braid/internal/kernel"
)

// Stream is a sequence of numbers, each found by its index.
type Stream uint64

// New names the stream of a purpose under a seed: "weights/asked/kernel", say. Numbers tell apart
// streams with one purpose, such as the epoch of a shuffle.
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

const golden = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio, the step of SplitMix64

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
// generators", 2014).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Bits is number i of the stream, 64 even bits.
func (s Stream) Bits(i uint64) uint64 { return mix(uint64(s) + (i+1)*golden) }

// Unit is number i of the stream, even in [0, 1), a multiple of 2^-24.
func (s Stream) Unit(i uint64) float32 { return float32(s.Bits(i)>>40) * (1.0 / (1 << 24)) }

// Normal is number i of the stream, from the normal distribution: Marsaglia's polar method, with
// the logarithm of package kernel, so that it is the same on every machine.
func (s Stream) Normal(i uint64) float32 {
	pairs := Stream(s.Bits(i))
	for k := uint64(0); ; k += 2 {
		x, y := 2*pairs.Unit(k)-1, 2*pairs.Unit(k+1)-1
		// Converting each product keeps compilers from fusing it with the sum.
		r := float32(x*x) + float32(y*y)
		if r >= 1 || r == 0 {
			continue
		}
		var log [1]float32
		kernel.Sets()[0].Log(log[:], []float32{r})
		return x * float32(math.Sqrt(float64(-2*log[0]/r)))
	}
}

// Permutation fills order with 0 to len(order)-1, shuffled by Fisher and Yates' method.
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
