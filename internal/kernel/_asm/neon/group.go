package main

import (
	"math"

	. "braid/internal/kernel/_asm/arm64"
)

// group is registers on which the same instructions work, one register after the other, so that
// their latencies overlap. A group of one register stands for as many as the others have.
type group []V

func newGroup(registers int) group {
	g := make(group, registers)
	for i := range g {
		g[i] = NewV()
	}
	return g
}

func (g group) at(i int) V {
	if len(g) == 1 {
		return g[0]
	}
	return g[i]
}

// made returns new registers with the results of an instruction.
func made(write func(d, n, m V), n, m group) group {
	d := newGroup(max(len(n), len(m)))
	for i := range d {
		write(d[i], n.at(i), m.at(i))
	}
	return d
}

// made1 is made for an instruction with one operand.
func made1(write func(d, n V), n group) group {
	return made(func(d, n, _ V) { write(d, n) }, n, n)
}

// update writes an instruction that changes the registers of d.
func (d group) update(write func(d, n, m V), n, m group) {
	for i := range d {
		write(d[i], n.at(i), m.at(i))
	}
}

func multiply(d, n, m V)    { FMUL(d, n, m) }
func multiplyAdd(d, n, m V) { FMLA(d, n, m) }
func multiplySub(d, n, m V) { FMLS(d, n, m) }

// The operations return new registers, except addProduct and subProduct, which change sum.
func add(x, y group) group       { return made(FADD, x, y) }
func sub(x, y group) group       { return made(FSUB, x, y) }
func mul(x, y group) group       { return made(multiply, x, y) }
func div(x, y group) group       { return made(FDIV, x, y) }
func and(x, y group) group       { return made(VAND, x, y) }
func addProduct(sum, x, y group) { sum.update(multiplyAdd, x, y) }
func subProduct(sum, x, y group) { sum.update(multiplySub, x, y) }

// times returns x factor, addTimes adds it to sum, subTimes subtracts it.
func times(x group, factor float32) group { return timesLane(x, real(factor)) }

func timesLane(x group, factor Lane) group {
	return made1(func(d, n V) { FMUL(d, n, factor) }, x)
}

func addTimes(sum, x group, factor float32) {
	sum.update(func(d, n, _ V) { FMLA(d, n, real(factor)) }, x, x)
}

func subTimes(sum, x group, factor float32) {
	sum.update(func(d, n, _ V) { FMLS(d, n, real(factor)) }, x, x)
}

// choose copies x to y where the mask has ones. keep leaves y there and copies x elsewhere. clear
// sets y to zero where the mask has ones.
func (y group) choose(x, mask group) { y.update(BIT, x, mask) }
func (y group) keep(x, mask group)   { y.update(BIF, x, mask) }
func (y group) clear(mask group)     { y.update(BIC, y, mask) }

// either returns x where the mask has ones and y elsewhere. It overwrites the mask.
func (mask group) either(x, y group) group {
	mask.update(BSL, x, y)
	return mask
}

// copied returns new registers with the numbers of g.
func (g group) copied() group { return made1(VMOV, g) }

// constant is a register with a number in all lanes, which the function keeps. loaded is one that
// the function loads each time, which saves a register.
func constant(number float32) group { return group{Kept(math.Float32bits(number))} }

func loaded(number float32) group { return copies(number, 1) }

// bits is constant for the bits of a number.
func bits(b uint32) group { return group{Kept(b)} }

// copies returns new registers with a number in all lanes.
func copies(number float32, registers int) group {
	return Copies(math.Float32bits(number), registers)
}
