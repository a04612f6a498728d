package exec

import "unsafe"

// alignment is a cache line and the widest vector, in bytes.
const alignment = 64

// lane is how many float32 fill the widest vector.
const lane = alignment / 4

// fence is how many float32 lie between buffers: two pages. Processors fetch ahead of what they read. So
// what one worker writes would be taken from it by another that reads what lies before it: Adam, whose
// numbers no other worker needs, took five times as long.
const fence = 2 * 4096 / 4

// Floats makes n zeros that start at a multiple of 64 bytes, and, but for a few, end far from what else
// there is.
func Floats(n int) []float32 {
	if n == 0 {
		return nil
	}
	room := n + lane - 1
	if n > 2*lane {
		room += fence
	}
	block := make([]float32, room)
	skip := 0
	if rest := uintptr(unsafe.Pointer(&block[0])) % alignment; rest != 0 {
		skip = int(alignment-rest) / 4
	}
	return block[skip : skip+n : skip+n]
}

// Padded is width rounded up so that rows which follow each other all start at a multiple of 64
// bytes. Short rows are left as they are: they would grow more than they gain.
func Padded(width int) int {
	if width < 2*lane {
		return width
	}
	return (width + lane - 1) / lane * lane
}
