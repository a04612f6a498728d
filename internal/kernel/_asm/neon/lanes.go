package main

import . "braid/internal/kernel/_asm/arm64"

// inLanes writes a loop over n numbers in 16 lanes: step for four registers, then for each register
// of the remaining numbers, with its quad. step moves the pointers. inLanes does not change n.
func inLanes(name string, n R, step func(s span)) {
	loop, rest, done := NewLabel(name), NewLabel(name+"Rest"), NewLabel(name+"Done")
	left := NewR()
	SUBS(left, n, 4*lanes)
	BLT(rest)
	Label(loop)
	step(span{registers: 4})
	SUBS(left, left, 4*lanes)
	BGE(loop)
	Label(rest)
	ADD(left, left, 4*lanes)
	CBZ(left, done)
	var tails [3]string
	for q := range tails {
		tails[q] = NewLabel(name + "Tail")
		CMP(left, lanes)
		BLT(tails[q])
		step(span{registers: 1, quad: q})
		SUBS(left, left, lanes)
		BEQ(done)
	}
	step(span{registers: 1, quad: 3, tail: &part{left}})
	for q, tail := range tails {
		B(done)
		Label(tail)
		step(span{registers: 1, quad: q, tail: &part{left}})
	}
	Label(done)
}

const allOnes = 1<<32 - 1

// mask returns a register with ones in the lanes of the tail.
func (t *part) mask() V {
	m, at := NewV(), NewR()
	LSL(at, t.count, 4)
	LDRQ(m, Table("tailsNEON", []uint32{
		0, 0, 0, 0, allOnes, 0, 0, 0, allOnes, allOnes, 0, 0, allOnes, allOnes, allOnes, 0,
	}).Index(at))
	return m
}

// update changes the sums of 16 lanes that the span's numbers belong to. Lanes beyond a tail keep
// their sums: adding 0 would turn -0 into 0.
func (s span) update(sums group, change func(sums group)) {
	sums = sums[s.quad : s.quad+s.registers]
	if s.tail == nil {
		change(sums)
		return
	}
	before := sums.copied()
	change(sums)
	sums.keep(before, group{s.tail.mask()})
}

// fold combines the numbers of 16 lanes, lane i with i+8, i+4, i+2 and i+1. The result is in all
// lanes of a new register.
func fold(sums group, combine func(d, n, m V)) group {
	sums = made(combine, sums[:2], sums[2:])
	sums = made(combine, sums[:1], sums[1:])
	other := made(func(d, n, m V) { EXT(d, n, m, size/2) }, sums, sums)
	sums = made(combine, sums, other)
	return made(combine, sums, made1(REV64, sums))
}
