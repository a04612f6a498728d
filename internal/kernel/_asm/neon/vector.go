package main

import (
	"math"

	. "braid/internal/kernel/_asm/arm64"
)

const (
	lanes = 4         // of a register
	size  = 4 * lanes // bytes of a register
)

// function starts a kernel whose name ends with the set's.
func function(name, signature, doc string) { Function(name+"NEON", signature, doc) }

// real returns a lane with a number.
func real(v float32) Lane { return Constant(math.Float32bits(v)) }

// part is the count of numbers, 1 to 3, of the last register of a row.
type part struct{ count R }

// loadTo loads the numbers at p, all four if tail is nil. Lanes beyond the tail are zero.
func loadTo(v V, p R, tail *part) {
	if tail == nil {
		LDRQ(v, p.At(0))
		return
	}
	one, done := NewLabel("loadOne"), NewLabel("loaded")
	TBZ(tail.count, 1, one)
	LDRD(v, p.At(0))
	TBZ(tail.count, 0, done)
	LD1(v.Lane(2), sum(p, 8))
	B(done)
	Label(one)
	LDRS(v, p.At(0))
	Label(done)
}

// store writes the numbers of v to p, all four if tail is nil.
func store(v V, p R, tail *part) {
	if tail == nil {
		STRQ(v, p.At(0))
		return
	}
	one, done := NewLabel("storeOne"), NewLabel("stored")
	TBZ(tail.count, 1, one)
	STRD(v, p.At(0))
	TBZ(tail.count, 0, done)
	ST1(v.Lane(2), sum(p, 8))
	B(done)
	Label(one)
	STRS(v, p.At(0))
	Label(done)
}
