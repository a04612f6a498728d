package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// smallestNormal is 2^-126: what is below it is flushed.
const smallestNormal = 0x1p-126

// softmax512 writes softmax in three passes: the largest, exp and its sum, the quotients.
func softmax512() {
	TEXT("softmaxAVX512", NOSPLIT, "func(dst, x *float32, n uint64)")
	Pragma("noescape")
	Doc("softmaxAVX512 computes n numbers, n at least 1.")
	n := Load(Param("n"), GP64())
	mask := tailMask(n)
	// pass writes a loop over x or dst from the start.
	pass := func(name string, step func(masked bool, x, dst Mem)) {
		x, dst, left := Load(Param("x"), GP64()), Load(Param("dst"), GP64()), GP64()
		MOVQ(n, left)
		SUBQ(Imm(16), left)
		JL(LabelRef(name + "Tail"))
		Label(name)
		step(false, Mem{Base: x}, Mem{Base: dst})
		ADDQ(Imm(vector), x)
		ADDQ(Imm(vector), dst)
		SUBQ(Imm(16), left)
		JGE(LabelRef(name))
		Label(name + "Tail")
		CMPQ(left, I32(-16))
		JE(LabelRef(name + "Done"))
		step(true, Mem{Base: x}, Mem{Base: dst})
		Label(name + "Done")
	}

	// NaN needs no care here: whatever the largest comes out as, its exp makes the sum NaN.
	largest := filled(float32(math.Inf(-1)))
	pass("largest", func(masked bool, x, _ Mem) {
		if masked {
			VMAXPS(x, largest, mask, largest)
		} else {
			VMAXPS(x, largest, largest)
		}
	})
	acrossLanes(largest, func(a, b VecVirtual) { VMAXPS(a, b, b) })

	sum := zeros()
	pass("exp", func(masked bool, x, dst Mem) {
		e := ZMM()
		if masked {
			VMOVUPS_Z(x, mask, e)
			VSUBPS(largest, e, e)
			e = exp512(e)
			VADDPS(e, sum, mask, sum)
			VMOVUPS(e, mask, dst)
		} else {
			VMOVUPS(x, e)
			VSUBPS(largest, e, e)
			e = exp512(e)
			VADDPS(e, sum, sum)
			VMOVUPS(e, dst)
		}
	})
	acrossLanes(sum, func(a, b VecVirtual) { VADDPS(a, b, b) })

	pass("quotient", func(masked bool, _, dst Mem) {
		q, normal := ZMM(), K()
		if masked {
			VMOVUPS_Z(dst, mask, q)
		} else {
			VMOVUPS(dst, q)
		}
		VDIVPS(sum, q, q)
		VCMPPS_BCST(Imm(notLess), number(smallestNormal), q, normal)
		VMOVAPS_Z(q, normal, q)
		if masked {
			VMOVUPS(q, mask, dst)
		} else {
			VMOVUPS(q, dst)
		}
	})
	VZEROUPPER()
	RET()
}

// acrossLanes folds x by the fixed tree, lane i with i+8, i+4, i+2, i+1, and leaves the result in
// every lane: each lane does the sums of lane 0 with their operands in either order.
func acrossLanes(x VecVirtual, combine func(a, b VecVirtual)) {
	t := ZMM()
	VSHUFF32X4(Imm(0x4e), x, x, t)
	combine(t, x)
	VSHUFF32X4(Imm(0xb1), x, x, t)
	combine(t, x)
	VPERMILPS(Imm(0x4e), x, t)
	combine(t, x)
	VPERMILPS(Imm(0xb1), x, t)
	combine(t, x)
}

// The coefficients of log's polynomial, the highest first, as in the reference.
var logSeries = []float32{
	7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
	-1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
}

const (
	rootHalf    = 0x3f3504f3 // the bits of sqrt(1/2)
	mantissa    = 1<<23 - 1
	equal       = 0x00 // a predicate of VCMPPS, as those of functions512.go
	notAtLeast  = 0x19 // true with NaN
	largestReal = math.MaxFloat32
)

// log512 is the reference's log.
func log512(x VecVirtual) VecVirtual {
	denormal := K()
	VCMPPS_BCST(Imm(less), number(smallestNormal), x, denormal)
	b, e, extra := copied(x), ZMM(), ZMM()
	VMULPS_BCST(number(1<<23), x, denormal, b)
	VPSUBD_BCST(bitsOf(rootHalf), b, b)
	VPSRAD(Imm(23), b, e)
	VCVTDQ2PS(e, e)
	VBROADCASTSS_Z(number(-23), denormal, extra)
	VADDPS(extra, e, e)
	VPANDD_BCST(bitsOf(mantissa), b, b)
	VPADDD_BCST(bitsOf(rootHalf), b, b)
	f, z, p := b, ZMM(), filled(logSeries[0])
	VSUBPS_BCST(number(1), f, f)
	VMULPS(f, f, z)
	for _, c := range logSeries[1:] {
		VFMADD213PS_BCST(number(c), f, p)
	}
	VMULPS(f, p, p)
	VMULPS(z, p, p)
	VFMADD231PS_BCST(number(-2.12194440e-4), e, p)
	VFMADD231PS_BCST(number(-0.5), z, p)
	VADDPS(p, f, p)
	VFMADD231PS_BCST(number(0.693359375), e, p)
	for _, special := range []struct {
		predicate uint64
		than      float32
		result    Op
	}{
		{equal, 0, number(float32(math.Inf(-1)))},
		{notAtLeast, 0, number(float32(math.NaN()))},
		{greater, largestReal, number(float32(math.Inf(1)))},
	} {
		k := K()
		VCMPPS_BCST(Imm(special.predicate), number(special.than), x, k)
		VBROADCASTSS(special.result, k, p)
	}
	return p
}
