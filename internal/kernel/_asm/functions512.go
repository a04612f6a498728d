package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// number is a constant in memory, by its exact bits.
func number(v float32) Mem { return bitsOf(math.Float32bits(v)) }

var placed = map[uint32]Mem{}

func bitsOf(bits uint32) Mem {
	m, ok := placed[bits]
	if !ok {
		m = ConstData(fmt.Sprintf("avx512_%08x", bits), U32(bits))
		placed[bits] = m
	}
	return m
}

// filled is a register of one number.
func filled(v float32) VecVirtual {
	z := ZMM()
	VBROADCASTSS(number(v), z)
	return z
}

func copied(x VecVirtual) VecVirtual {
	z := ZMM()
	VMOVAPS(x, z)
	return z
}

// The predicates of VCMPPS, whose operands stand as (predicate, b, a) for a ? b.
const (
	less    = 0x11 // false with NaN
	notLess = 0x15 // true with NaN
	greater = 0x1e // false with NaN
)

const signBit = 1 << 31

func functions512() {
	each512("exp", 1, func(x []VecVirtual) VecVirtual { return exp512(x[0]) })
	each512("sigmoid", 1, func(x []VecVirtual) VecVirtual { return sigmoid512(x[0]) })
	each512("tanh", 1, func(x []VecVirtual) VecVirtual { return tanh512(x[0]) })
	each512("relu", 1, func(x []VecVirtual) VecVirtual {
		zero := zeros()
		// Of zero and NaN the maximum is the second operand; adding zero makes 0 of -0.
		VMAXPS(x[0], zero, x[0])
		VADDPS(zero, x[0], x[0])
		return x[0]
	})
	each512("reluBack", 2, func(x []VecVirtual) VecVirtual {
		positive := K()
		VCMPPS(Imm(greater), zeros(), x[0], positive)
		VMOVAPS_Z(x[1], positive, x[1])
		return x[1]
	})
	each512("add", 2, func(x []VecVirtual) VecVirtual {
		VADDPS(x[1], x[0], x[0])
		return x[0]
	})
	each512("log", 1, func(x []VecVirtual) VecVirtual { return log512(x[0]) })
	softmax512()
	bytes512()
}

// each512 writes a kernel that computes dst[i] from element i of one or two sources.
func each512(name string, sources int, compute func(x []VecVirtual) VecVirtual) {
	parameters := []string{"x", "y"}[:sources]
	signature := "func(dst, x *float32, n uint64)"
	if sources == 2 {
		signature = "func(dst, x, y *float32, n uint64)"
	}
	TEXT(name+"AVX512", NOSPLIT, signature)
	Pragma("noescape")
	Doc(name + "AVX512 computes n numbers.")
	dst, n := Load(Param("dst"), GP64()), Load(Param("n"), GP64())
	var from []Register
	for _, p := range parameters {
		from = append(from, Load(Param(p), GP64()))
	}
	mask := tailMask(n)
	step := func(masked bool) {
		var x []VecVirtual
		for _, p := range from {
			z := ZMM()
			if masked {
				VMOVUPS_Z(Mem{Base: p}, mask, z)
			} else {
				VMOVUPS(Mem{Base: p}, z)
			}
			x = append(x, z)
		}
		if y := compute(x); masked {
			VMOVUPS(y, mask, Mem{Base: dst})
		} else {
			VMOVUPS(y, Mem{Base: dst})
		}
	}
	sixteens(n, step, func() {
		for _, p := range append(from, dst) {
			ADDQ(Imm(vector), p)
		}
	})
}

// sixteens writes the loop over n numbers: step for each whole register, with next after it, then
// step once more, masked, for what is left.
func sixteens(n Register, step func(masked bool), next func()) {
	SUBQ(Imm(16), n)
	JL(LabelRef("tail"))
	Label("whole")
	step(false)
	next()
	SUBQ(Imm(16), n)
	JGE(LabelRef("whole"))
	Label("tail")
	CMPQ(n, I32(-16))
	JE(LabelRef("done"))
	step(true)
	Label("done")
	VZEROUPPER()
	RET()
}

// exp512 is the reference's exp, step by step.
func exp512(x VecVirtual) VecVirtual {
	const toInteger = 12582912
	n := filled(toInteger)
	VFMADD231PS_BCST(number(1.44269504), x, n)
	VSUBPS_BCST(number(toInteger), n, n)
	high := copied(x)
	VFNMADD231PS_BCST(number(0.693359375), n, high)
	r := copied(high)
	VFNMADD231PS_BCST(number(-2.12194440e-4), n, r)
	rest := ZMM()
	VSUBPS(r, high, rest)
	VFNMADD231PS_BCST(number(-2.12194440e-4), n, rest)
	p := filled(1.9875691500e-4)
	for _, c := range []float32{1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1} {
		VFMADD213PS_BCST(number(c), r, p)
	}
	square, whole, lost := ZMM(), ZMM(), ZMM()
	VMULPS(r, r, square)
	VFMADD213PS(rest, square, p)
	VADDPS_BCST(number(1), r, whole)
	VSUBPS_BCST(number(1), whole, lost)
	VSUBPS(lost, r, lost)
	VADDPS(lost, p, p)
	VADDPS(p, whole, p)
	// 2^n in two factors.
	power, half := ZMM(), ZMM()
	VCVTTPS2DQ(n, power)
	VPSRAD(Imm(1), power, half)
	VPSUBD(half, power, power)
	for _, f := range []VecVirtual{half, power} {
		VPADDD_BCST(bitsOf(127), f, f)
		VPSLLD(Imm(23), f, f)
		VMULPS(f, p, p)
	}
	inside, above := K(), K()
	VCMPPS_BCST(Imm(notLess), number(-87.33654), x, inside)
	VMOVAPS_Z(p, inside, p)
	VCMPPS_BCST(Imm(greater), number(88.72283), x, above)
	VBROADCASTSS(number(float32(math.Inf(1))), above, p)
	return p
}

// sigmoid512 is the reference's sigmoid.
func sigmoid512(x VecVirtual) VecVirtual {
	minus, negative := ZMM(), K()
	VPORD_BCST(bitsOf(signBit), x, minus)
	e := exp512(minus)
	above, below, lost := filled(1), ZMM(), ZMM()
	VCMPPS(Imm(less), zeros(), x, negative)
	VMOVAPS(e, negative, above)
	VADDPS_BCST(number(1), e, below)
	VDIVPS(below, above, above)
	VSUBPS_BCST(number(1), below, lost)
	VSUBPS(lost, e, lost)
	VFNMADD213PS(above, above, lost)
	return lost
}

// tanh512 is the reference's tanh.
func tanh512(x VecVirtual) VecVirtual {
	size, twice := ZMM(), ZMM()
	VPANDD_BCST(bitsOf(signBit-1), x, size)
	VADDPS(size, size, twice)
	e := exp512(twice)
	VADDPS_BCST(number(1), e, e)
	q, y := filled(2), filled(1)
	VDIVPS(e, q, q)
	VSUBPS(q, y, y)
	z, p := ZMM(), filled(-5.70498872745e-3)
	VMULPS(x, x, z)
	for _, c := range []float32{2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1} {
		VFMADD213PS_BCST(number(c), z, p)
	}
	VMULPS(z, p, p)
	VFMADD213PS(x, x, p)
	small, sign := K(), ZMM()
	VCMPPS_BCST(Imm(less), number(0.625), size, small)
	VMOVAPS(p, small, y)
	VPANDD_BCST(bitsOf(signBit), x, sign)
	VPORD(sign, y, y)
	return y
}

// bytes512 writes the kernel that makes float32 of bytes.
func bytes512() {
	TEXT("bytesAVX512", NOSPLIT, "func(dst *float32, src *uint8, n uint64, scale, shift float32)")
	Pragma("noescape")
	Doc("bytesAVX512 computes n numbers.")
	dst, src, n := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("n"), GP64())
	scale, shift := parameter512("scale"), parameter512("shift")
	mask := tailMask(n)
	step := func(masked bool) {
		x := ZMM()
		if masked {
			VPMOVZXBD_Z(Mem{Base: src}, mask, x)
		} else {
			VPMOVZXBD(Mem{Base: src}, x)
		}
		VCVTDQ2PS(x, x)
		VFMADD213PS(shift, scale, x)
		if masked {
			VMOVUPS(x, mask, Mem{Base: dst})
		} else {
			VMOVUPS(x, Mem{Base: dst})
		}
	}
	sixteens(n, step, func() {
		ADDQ(Imm(vector), dst)
		ADDQ(Imm(16), src)
	})
}

// parameter512 is a register of a parameter's number.
func parameter512(name string) VecVirtual {
	address, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	z := ZMM()
	VBROADCASTSS(address.Addr, z)
	return z
}
