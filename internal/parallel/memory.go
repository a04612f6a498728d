package parallel

import "unsafe"

// alignment is the size in bytes of a cache line and of the widest vector.
const alignment = 64

// lanes is the number of float32 in the widest vector.
const lanes = alignment / 4

// padding is the number of float32 after each buffer: two pages. A processor prefetches beyond what
// it reads, so without padding a worker that reads one buffer takes away cache lines of the next
// one from the worker that writes it. Adam's update, in which workers share nothing, took five
// times as long.
const padding = 2 * 4096 / 4

// Floats returns n zeros that start at a multiple of 64 bytes. Padding of two pages follows, unless
// n is at most 2*lanes.
func Floats(n int) []float32 {
	if n == 0 {
		return nil
	}
	length := n + lanes - 1
	if n > 2*lanes {
		length += padding
	}
	block := make([]float32, length)
	skip := 0
	if rest := uintptr(unsafe.Pointer(&block[0])) % alignment; rest != 0 {
		skip = int(alignment-rest) / 4
	}
	return block[skip : skip+n : skip+n]
}

// Padded returns the stride of rows of some width: width rounded up to a multiple of 64 bytes, so
// that each row is aligned. It returns short widths unchanged: they would grow more than alignment
// gains.
func Padded(width int) int {
	if width < 2*lanes {
		return width
	}
	return (width + lanes - 1) / lanes * lanes
}
