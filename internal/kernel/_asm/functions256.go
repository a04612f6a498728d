package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func functions256() {
	each256("exp", 1, func(x []VecVirtual) VecVirtual { return exp256(x[0]) })
	each256("sigmoid", 1, func(x []VecVirtual) VecVirtual { return sigmoid256(x[0]) })
	each256("tanh", 1, func(x []VecVirtual) VecVirtual { return tanh256(x[0]) })
	each256("relu", 1, func(x []VecVirtual) VecVirtual {
		zero := broadcast256(0)
		// Of zero and NaN the maximum is the second operand; adding zero makes 0 of -0.
		VMAXPS(x[0], zero, x[0])
		VADDPS(zero, x[0], x[0])
		return x[0]
	})
	each256("reluBack", 2, func(x []VecVirtual) VecVirtual {
		VCMPPS(Imm(greater), broadcast256(0), x[0], x[0])
		VANDPS(x[1], x[0], x[0])
		return x[0]
	})
	each256("add", 2, func(x []VecVirtual) VecVirtual {
		VADDPS(x[1], x[0], x[0])
		return x[0]
	})
	each256("log", 1, func(x []VecVirtual) VecVirtual { return log256(x[0]) })
	softmax256()
	bytes256()
}

// each256 writes a kernel that computes dst[i] from element i of one or two sources.
func each256(name string, sources int, compute func(x []VecVirtual) VecVirtual) {
	signature := "func(dst, x *float32, n uint64)"
	if sources == 2 {
		signature = "func(dst, x, y *float32, n uint64)"
	}
	TEXT(name+"AVX2", NOSPLIT, signature)
	Pragma("noescape")
	Doc(name + "AVX2 computes n numbers.")
	dst, n := Load(Param("dst"), GP64()), Load(Param("n"), GP64())
	var from []Register
	for _, p := range []string{"x", "y"}[:sources] {
		from = append(from, Load(Param(p), GP64()))
	}
	eights(n, func(mask *VecVirtual) {
		var x []VecVirtual
		for _, p := range from {
			x = append(x, load256(p, mask))
		}
		store256(compute(x), dst, mask)
	}, func() {
		for _, p := range append(from, dst) {
			ADDQ(Imm(half), p)
		}
	})
}

// exp256 is the reference's exp, step by step.
func exp256(x VecVirtual) VecVirtual {
	const toInteger = 12582912
	n := number256(toInteger)
	VFMADD231PS(number256(1.44269504), x, n)
	VSUBPS(number256(toInteger), n, n)
	high := copied256(x)
	VFNMADD231PS(number256(0.693359375), n, high)
	r := copied256(high)
	VFNMADD231PS(number256(-2.12194440e-4), n, r)
	rest := YMM()
	VSUBPS(r, high, rest)
	VFNMADD231PS(number256(-2.12194440e-4), n, rest)
	p := number256(1.9875691500e-4)
	for _, c := range []float32{1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1} {
		VFMADD213PS(number256(c), r, p)
	}
	square, whole, lost := YMM(), YMM(), YMM()
	VMULPS(r, r, square)
	VFMADD213PS(rest, square, p)
	VADDPS(number256(1), r, whole)
	VSUBPS(number256(1), whole, lost)
	VSUBPS(lost, r, lost)
	VADDPS(lost, p, p)
	VADDPS(p, whole, p)
	// 2^n in two factors.
	power, first := YMM(), YMM()
	VCVTTPS2DQ(n, power)
	VPSRAD(Imm(1), power, first)
	VPSUBD(first, power, power)
	for _, f := range []VecVirtual{first, power} {
		VPADDD(broadcast256(127), f, f)
		VPSLLD(Imm(23), f, f)
		VMULPS(f, p, p)
	}
	inside, above := YMM(), YMM()
	VCMPPS(Imm(notLess), number256(-87.33654), x, inside)
	VANDPS(p, inside, p)
	VCMPPS(Imm(greater), number256(88.72283), x, above)
	VBLENDVPS(above, number256(float32(math.Inf(1))), p, p)
	return p
}

// sigmoid256 is the reference's sigmoid.
func sigmoid256(x VecVirtual) VecVirtual {
	minus, negative := YMM(), YMM()
	VORPS(broadcast256(signBit), x, minus)
	e := exp256(minus)
	above, below, lost := number256(1), YMM(), YMM()
	VCMPPS(Imm(less), broadcast256(0), x, negative)
	VBLENDVPS(negative, e, above, above)
	VADDPS(number256(1), e, below)
	VDIVPS(below, above, above)
	VSUBPS(number256(1), below, lost)
	VSUBPS(lost, e, lost)
	VFNMADD213PS(above, above, lost)
	return lost
}

// tanh256 is the reference's tanh.
func tanh256(x VecVirtual) VecVirtual {
	size, twice := YMM(), YMM()
	VANDPS(broadcast256(signBit-1), x, size)
	VADDPS(size, size, twice)
	e := exp256(twice)
	VADDPS(number256(1), e, e)
	q, y := number256(2), number256(1)
	VDIVPS(e, q, q)
	VSUBPS(q, y, y)
	z, p := YMM(), number256(-5.70498872745e-3)
	VMULPS(x, x, z)
	for _, c := range []float32{2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1} {
		VFMADD213PS(number256(c), z, p)
	}
	VMULPS(z, p, p)
	VFMADD213PS(x, x, p)
	small, sign := YMM(), YMM()
	VCMPPS(Imm(less), number256(0.625), size, small)
	VBLENDVPS(small, p, y, y)
	VANDPS(broadcast256(signBit), x, sign)
	VORPS(sign, y, y)
	return y
}

// bytes256 writes the kernel that makes float32 of bytes, eight at a time.
func bytes256() {
	TEXT("bytesAVX2", NOSPLIT, "func(dst *float32, src *uint8, eights uint64, scale, shift float32)")
	Pragma("noescape")
	Doc("bytesAVX2 computes eights times eight numbers.")
	dst, src, n := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("eights"), GP64())
	scale, shift := parameter256("scale"), parameter256("shift")
	Label("loop")
	x := YMM()
	VPMOVZXBD(Mem{Base: src}, x)
	VCVTDQ2PS(x, x)
	VFMADD213PS(shift, scale, x)
	VMOVUPS(x, Mem{Base: dst})
	ADDQ(Imm(half), dst)
	ADDQ(Imm(8), src)
	DECQ(n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
