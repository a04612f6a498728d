package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// instructions is an instruction set. The functions of this program write code for the current set,
// so that each kernel is described once.
type instructions struct {
	name string // suffix of its kernels' names
	size int    // bytes of a register
}

var (
	avx2   = instructions{"AVX2", 32}
	avx512 = instructions{"AVX512", 64}
	set    instructions // current set
)

func (s instructions) lanes() int { return s.size / 4 }

// halves returns the number of registers for the 16 lanes of a sum.
func (s instructions) halves() int { return 16 / s.lanes() }

// register returns a new vector register.
func register() VecVirtual {
	if set == avx512 {
		return ZMM()
	}
	return YMM()
}

// constant is a vector with one number, given by its bits, in every lane.
type constant uint32

func real(v float32) constant { return constant(math.Float32bits(v)) }

var constants = map[constant]Mem{}

// memory returns the address of the constant's data.
func (c constant) memory() Mem {
	m, ok := constants[c]
	if !ok {
		m = ConstData(fmt.Sprintf("%s_%08x", set.name, uint32(c)), U32(uint32(c)))
		constants[c] = m
	}
	return m
}

// filled returns a register with a constant.
func filled(c constant) VecVirtual {
	v := register()
	VBROADCASTSS(c.memory(), v)
	return v
}

// zeros returns a register of zeros. It loads them: avo's allocator would take XOR of a register
// with itself for a read before a write.
func zeros() VecVirtual { return filled(0) }

func copied(x VecVirtual) VecVirtual {
	v := register()
	VMOVAPS(x, v)
	return v
}

// parameter returns a register with a parameter in every lane.
func parameter(name string) VecVirtual {
	v := register()
	VBROADCASTSS(argument(name), v)
	return v
}

// argument returns the address of a parameter.
func argument(name string) Mem {
	address, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return address.Addr
}

// operation is an instruction in two forms: with a register or memory as its first operand, and
// with one number from memory for all lanes, which AVX2 lacks.
type operation struct{ plain, constant func(...Op) }

var (
	add    = operation{VADDPS, VADDPS_BCST}
	sub    = operation{VSUBPS, VSUBPS_BCST} // b, a, dst: dst = a - b
	mul    = operation{VMULPS, VMULPS_BCST}
	div    = operation{VDIVPS, VDIVPS_BCST}             // b, a, dst: dst = a / b
	fma231 = operation{VFMADD231PS, VFMADD231PS_BCST}   // b, a, acc: acc = acc + a b
	fma213 = operation{VFMADD213PS, VFMADD213PS_BCST}   // c, b, a: a = a b + c
	nma231 = operation{VFNMADD231PS, VFNMADD231PS_BCST} // b, a, acc: acc = acc - a b
	nma213 = operation{VFNMADD213PS, VFNMADD213PS_BCST} // c, b, a: a = c - a b
	addInt = operation{VPADDD, VPADDD_BCST}
	subInt = operation{VPSUBD, VPSUBD_BCST}
	and    = operation{VANDPS, VANDPS_BCST}
	or     = operation{VORPS, VORPS_BCST}
)

// do writes the instruction. The first operand is a register, memory, or a constant.
func (o operation) do(first Op, rest ...Op) {
	if c, ok := first.(constant); ok {
		if set == avx512 {
			o.constant(append([]Op{c.memory()}, rest...)...)
			return
		}
		first = filled(c)
	}
	o.plain(append([]Op{first}, rest...)...)
}

// Asm makes constant an Op of avo.
func (c constant) Asm() string { return c.memory().Asm() }

// made writes the instruction and returns a new register with its result.
func (o operation) made(first Op, second Op) VecVirtual {
	v := register()
	o.do(first, second, v)
	return v
}

// mask selects lanes: by a mask register, or in AVX2 by a vector register with ones in them.
type mask struct {
	k OpmaskVirtual
	v VecVirtual
}

// The predicates of a comparison a ? b.
const (
	equal      = 0x00 // false with NaN
	unordered  = 0x03 // only with NaN
	less       = 0x11 // false with NaN
	notLess    = 0x15 // true with NaN
	notAtLeast = 0x19 // true with NaN
	greater    = 0x1e // false with NaN
)

// compared returns the mask of a ? b.
func compared(a VecVirtual, predicate uint64, b Op) mask {
	if set == avx512 {
		k := K()
		if c, ok := b.(constant); ok {
			VCMPPS_BCST(Imm(predicate), c.memory(), a, k)
		} else {
			VCMPPS(Imm(predicate), b, a, k)
		}
		return mask{k: k}
	}
	if c, ok := b.(constant); ok {
		b = filled(c)
	}
	v := register()
	VCMPPS(Imm(predicate), b, a, v)
	return mask{v: v}
}

// choose copies x to the selected lanes of dst.
func (m mask) choose(x Op, dst VecVirtual) {
	c, isConstant := x.(constant)
	switch {
	case set == avx512 && isConstant:
		VBROADCASTSS(c.memory(), m.k, dst)
	case set == avx512:
		VMOVAPS(x, m.k, dst)
	case isConstant:
		VBLENDVPS(m.v, filled(c), dst, dst)
	default:
		VBLENDVPS(m.v, x, dst, dst)
	}
}

// keep sets the lanes of x that are not selected to zero.
func (m mask) keep(x VecVirtual) {
	if set == avx512 {
		VMOVAPS_Z(x, m.k, x)
	} else {
		VANDPS(m.v, x, x)
	}
}

// bits returns a general register with a bit for each lane.
func (m mask) bits() GPVirtual {
	r := GP64()
	if set == avx512 {
		KMOVW(m.k, r.As32())
	} else {
		VMOVMSKPS(m.v, r.As32())
	}
	return r
}

// maskOf returns the mask of the lanes whose bit is set.
func maskOf(bits GPVirtual) mask {
	if set == avx512 {
		k := K()
		KMOVW(bits.As32(), k)
		return mask{k: k}
	}
	v, x, each := register(), XMM(), register()
	VMOVD(bits.As32(), x)
	VPBROADCASTD(x, v)
	VMOVDQU(table("bits", func(lane int) uint32 { return 1 << lane }), each)
	VPAND(each, v, v)
	VPCMPEQD(each, v, v)
	return mask{v: v}
}

// low returns the mask of the lanes i with first + i < count.
func low(count Register, first int) mask {
	if set == avx512 {
		bits, k := GP64(), K()
		MOVQ(U64(0xffffffffffffffff), bits)
		BZHIQ(count, bits, bits)
		KMOVW(bits.As32(), k)
		return mask{k: k}
	}
	number, v, x := register(), register(), XMM()
	from := func(lane int) uint32 { return uint32(first + lane) }
	VMOVDQU(table(fmt.Sprint("from", first), from), number)
	VMOVD(count.(GPVirtual).As32(), x)
	VPBROADCASTD(x, v)
	VPCMPGTD(number, v, v)
	return mask{v: v}
}

var tables = map[string]Mem{}

// table returns the address of a vector with a number for each lane.
func table(name string, number func(lane int) uint32) Mem {
	m, ok := tables[name]
	if !ok {
		m = GLOBL(set.name+"_"+name, RODATA|NOPTR)
		for lane := range set.lanes() {
			DATA(4*lane, U32(number(lane)))
		}
		tables[name] = m
	}
	return m
}

// load reads the lanes that m selects, or all if m is nil; the others are zero.
func load(from Mem, m *mask) VecVirtual {
	v := register()
	switch {
	case m == nil:
		VMOVUPS(from, v)
	case set == avx512:
		VMOVUPS_Z(from, m.k, v)
	default:
		VMASKMOVPS(from, m.v, v)
	}
	return v
}

// store writes the lanes that m selects, or all if m is nil.
func store(x VecVirtual, to Mem, m *mask) {
	switch {
	case m == nil:
		VMOVUPS(x, to)
	case set == avx512:
		VMOVUPS(x, m.k, to)
	default:
		VMASKMOVPS(x, m.v, to)
	}
}

// along writes a loop over n numbers: step for each full register, then once for the remaining
// numbers, with their mask. It advances the pointers after each full register. It overwrites n.
func along(name string, n Register, step func(tail *mask), pointers ...Register) {
	lanes := set.lanes()
	SUBQ(Imm(uint64(lanes)), n)
	JL(LabelRef(name + "Tail"))
	Label(name)
	step(nil)
	for _, p := range pointers {
		ADDQ(Imm(uint64(set.size)), p)
	}
	SUBQ(Imm(uint64(lanes)), n)
	JGE(LabelRef(name))
	Label(name + "Tail")
	ADDQ(Imm(uint64(lanes)), n)
	JZ(LabelRef(name + "Done"))
	tail := low(n, 0)
	step(&tail)
	Label(name + "Done")
}

// function starts a kernel whose name ends with the set's.
func function(name, signature, doc string) {
	TEXT(name+set.name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(name + set.name + " " + doc)
}

// end ends a kernel.
func end() {
	VZEROUPPER()
	RET()
}

// pointer loads a parameter into a general register.
func pointer(name string) GPVirtual { return Load(Param(name), GP64()).(GPVirtual) }

func at(p Register) Mem { return Mem{Base: p} }

// duplicate returns a new register with the value of r.
func duplicate(r Register) GPVirtual {
	c := GP64()
	MOVQ(r, c)
	return c
}
