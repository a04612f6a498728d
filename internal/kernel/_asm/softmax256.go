package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// softmax256 writes softmax in three passes: the largest, exp and its sum, the quotients. The 16
// lanes of the sum are two registers, so that a step takes two.
func softmax256() {
	TEXT("softmaxAVX2", NOSPLIT, "func(dst, x *float32, n uint64)")
	Pragma("noescape")
	Doc("softmaxAVX2 computes n numbers, n at least 1.")
	n := Load(Param("n"), GP64())
	// pass writes a loop over x or dst from the start; h is which half of the 16 lanes it is at.
	pass := func(name string, step func(h int, mask *VecVirtual, x, dst Mem)) {
		x, dst, left := Load(Param("x"), GP64()), Load(Param("dst"), GP64()), GP64()
		both := func(mask func(h int) *VecVirtual) {
			for h := range 2 {
				step(h, mask(h), Mem{Base: x, Disp: half * h}, Mem{Base: dst, Disp: half * h})
			}
		}
		MOVQ(n, left)
		SUBQ(Imm(16), left)
		JL(LabelRef(name + "Tail"))
		Label(name)
		both(func(int) *VecVirtual { return nil })
		ADDQ(Imm(2*half), x)
		ADDQ(Imm(2*half), dst)
		SUBQ(Imm(16), left)
		JGE(LabelRef(name))
		Label(name + "Tail")
		ADDQ(Imm(16), left)
		JZ(LabelRef(name + "Done"))
		both(func(h int) *VecVirtual {
			mask := mask256(left, 8*h)
			return &mask
		})
		Label(name + "Done")
	}
	load := func(m Mem, mask *VecVirtual) VecVirtual {
		y := YMM()
		if mask != nil {
			VMASKMOVPS(m, *mask, y)
		} else {
			VMOVUPS(m, y)
		}
		return y
	}
	store := func(y VecVirtual, mask *VecVirtual, m Mem) {
		if mask != nil {
			VMASKMOVPS(y, *mask, m)
		} else {
			VMOVUPS(y, m)
		}
	}

	// NaN needs no care here: whatever the largest comes out as, its exp makes the sum NaN.
	largest := number256(float32(math.Inf(-1)))
	pass("largest", func(_ int, mask *VecVirtual, x, _ Mem) {
		y := load(x, mask)
		if mask != nil {
			VBLENDVPS(*mask, y, largest, y)
		}
		VMAXPS(y, largest, largest)
	})
	acrossLanes256(largest, func(a, b VecVirtual) { VMAXPS(a, b, b) })

	sums := [2]VecVirtual{broadcast256(0), broadcast256(0)}
	pass("exp", func(h int, mask *VecVirtual, x, dst Mem) {
		e := load(x, mask)
		VSUBPS(largest, e, e)
		e = exp256(e)
		store(e, mask, dst)
		if mask != nil { // adding 0 changes no sum: none is -0
			VANDPS(*mask, e, e)
		}
		VADDPS(e, sums[h], sums[h])
	})
	sum := sums[0]
	VADDPS(sums[1], sum, sum)
	acrossLanes256(sum, func(a, b VecVirtual) { VADDPS(a, b, b) })

	pass("quotient", func(_ int, mask *VecVirtual, _, dst Mem) {
		q, normal := load(dst, mask), YMM()
		VDIVPS(sum, q, q)
		VCMPPS(Imm(notLess), number256(smallestNormal), q, normal)
		VANDPS(normal, q, q)
		store(q, mask, dst)
	})
	VZEROUPPER()
	RET()
}

// acrossLanes256 folds x by the lower steps of the fixed tree, lane i with i+4, i+2, i+1, and
// leaves the result in every lane.
func acrossLanes256(x VecVirtual, combine func(a, b VecVirtual)) {
	t := YMM()
	VPERM2F128(Imm(0x01), x, x, t)
	combine(t, x)
	VPERMILPS(Imm(0x4e), x, t)
	combine(t, x)
	VPERMILPS(Imm(0xb1), x, t)
	combine(t, x)
}

// log256 is the reference's log.
func log256(x VecVirtual) VecVirtual {
	denormal, scaled, b, e, extra := YMM(), YMM(), YMM(), YMM(), YMM()
	VCMPPS(Imm(less), number256(smallestNormal), x, denormal)
	VMULPS(number256(1<<23), x, scaled)
	VBLENDVPS(denormal, scaled, x, b)
	VPSUBD(broadcast256(rootHalf), b, b)
	VPSRAD(Imm(23), b, e)
	VCVTDQ2PS(e, e)
	VANDPS(number256(-23), denormal, extra)
	VADDPS(extra, e, e)
	VPAND(broadcast256(mantissa), b, b)
	VPADDD(broadcast256(rootHalf), b, b)
	f, z, p := b, YMM(), number256(logSeries[0])
	VSUBPS(number256(1), f, f)
	VMULPS(f, f, z)
	for _, c := range logSeries[1:] {
		VFMADD213PS(number256(c), f, p)
	}
	VMULPS(f, p, p)
	VMULPS(z, p, p)
	VFMADD231PS(number256(-2.12194440e-4), e, p)
	VFMADD231PS(number256(-0.5), z, p)
	VADDPS(p, f, p)
	VFMADD231PS(number256(0.693359375), e, p)
	for _, special := range []struct {
		predicate    uint64
		than, result float32
	}{
		{equal, 0, float32(math.Inf(-1))},
		{notAtLeast, 0, float32(math.NaN())},
		{greater, largestReal, float32(math.Inf(1))},
	} {
		here := YMM()
		VCMPPS(Imm(special.predicate), number256(special.than), x, here)
		VBLENDVPS(here, number256(special.result), p, p)
	}
	return p
}
