package main

import (
	"math"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The functions have the same operations, in the same order, as the Go reference.

const (
	signBit = 1 << 31
	// smallestNormal is 2^-126. Smaller results are flushed to zero.
	smallestNormal = 0x1p-126
	toInteger      = 12582912
	ln2High        = 0.693359375
	ln2Low         = -2.12194440e-4
)

// polynomial evaluates a polynomial at x. The coefficients start with the highest power.
func polynomial(x VecVirtual, coefficients ...float32) VecVirtual {
	p := filled(real(coefficients[0]))
	for _, c := range coefficients[1:] {
		fma213.do(real(c), x, p)
	}
	return p
}

func exp(x VecVirtual) VecVirtual {
	p, n := expParts(x)
	p = n.scale(p, compared(x, notLess, real(-87.33654)), true)
	if set == avx2 { // adding to the exponent turns some NaN into numbers
		compared(x, unordered, x).choose(x, p)
	}
	compared(x, greater, real(88.72283)).choose(real(float32(math.Inf(1))), p)
	return p
}

// expBelow is exp for x <= 0 or NaN.
func expBelow(x VecVirtual) VecVirtual {
	p, n := expParts(x)
	return n.scale(p, compared(x, notLess, real(-87.33654)), false)
}

// power is 2^n: n as a float32, and n in the low bits of rounded.
type power struct{ n, rounded VecVirtual }

// expParts returns exp(x) as a product of two factors.
func expParts(x VecVirtual) (VecVirtual, power) {
	rounded := filled(real(toInteger))
	fma231.do(real(1.44269504), x, rounded)
	n := sub.made(real(toInteger), rounded)
	r := copied(x)
	nma231.do(real(ln2High), n, r)
	nma231.do(real(ln2Low), n, r)
	p := polynomial(r, 1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2,
		1.6666665459e-1, 5.0000001201e-1)
	fma213.do(r, mul.made(r, r), p)
	add.do(real(1), p, p)
	return p, power{n, rounded}
}

// scale multiplies p by 2^n in the lanes of kept, and sets the others to zero. The product is
// exact, so every method gives the same bytes. AVX2 computes 2^n as a float32, which overflows for
// n = 128; if large, it adds n to the exponent of p instead.
func (n power) scale(p VecVirtual, kept mask, large bool) VecVirtual {
	if set == avx512 {
		VSCALEFPS_Z(n.n, p, kept.k, p)
		return p
	}
	VPSLLD(Imm(23), n.rounded, n.rounded)
	if large {
		VPADDD(n.rounded, p, p)
	} else {
		addInt.do(constant(127<<23), n.rounded, n.rounded)
		mul.do(n.rounded, p, p)
	}
	kept.keep(p)
	return p
}

func sigmoid(x VecVirtual) VecVirtual {
	e := expBelow(or.made(constant(signBit), x))
	q := filled(real(1))
	compared(x, less, constant(0)).choose(e, q)
	below := add.made(real(1), e)
	div.do(below, q, q)
	lost := sub.made(real(1), below)
	sub.do(lost, e, lost)
	nma213.do(q, q, lost)
	return lost
}

func tanh(x VecVirtual) VecVirtual {
	size := and.made(constant(signBit-1), x)
	e := expBelow(mul.made(real(-2), size))
	y, below := filled(real(1)), add.made(real(1), e)
	sub.do(e, y, y)
	div.do(below, y, y)
	z := mul.made(x, x)
	p := polynomial(z, -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1,
		-3.33332819422e-1)
	mul.do(z, p, p)
	fma213.do(x, x, p)
	compared(size, less, real(0.625)).choose(p, y)
	or.do(and.made(constant(signBit), x), y, y)
	return y
}

func log(x VecVirtual) VecVirtual {
	const rootHalf, mantissa = 0x3f3504f3, 1<<23 - 1 // bits of sqrt(1/2), mask of the mantissa
	denormal := compared(x, less, real(smallestNormal))
	b, e, extra := copied(x), register(), filled(real(-23))
	denormal.choose(mul.made(real(1<<23), x), b)
	subInt.do(constant(rootHalf), b, b)
	VPSRAD(Imm(23), b, e)
	VCVTDQ2PS(e, e)
	denormal.keep(extra)
	add.do(extra, e, e)
	and.do(constant(mantissa), b, b)
	addInt.do(constant(rootHalf), b, b)
	f := b
	sub.do(real(1), f, f)
	z := mul.made(f, f)
	p := polynomial(f, 7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1,
		1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1)
	mul.do(f, p, p)
	mul.do(z, p, p)
	fma231.do(real(ln2Low), e, p)
	fma231.do(real(-0.5), z, p)
	add.do(p, f, p)
	fma231.do(real(ln2High), e, p)
	compared(x, equal, constant(0)).choose(real(float32(math.Inf(-1))), p)
	compared(x, notAtLeast, constant(0)).choose(real(float32(math.NaN())), p)
	compared(x, greater, real(math.MaxFloat32)).choose(real(float32(math.Inf(1))), p)
	return p
}

func log1p(x VecVirtual) VecVirtual {
	u := add.made(real(1), x)
	y := log(u)
	lost := sub.made(real(1), u)
	sub.do(lost, x, lost)
	compared(x, less, real(1<<24)).keep(lost)
	div.do(u, lost, lost)
	add.do(lost, y, y)
	return y
}

// normalTail returns |x|, at most 14, then Φ(-|x|) and exp(-x²/2).
func normalTail(x VecVirtual) (size, tail, density VecVirtual) {
	size = and.made(constant(signBit-1), x)
	compared(size, greater, real(14)).choose(real(14), size)
	t, below := filled(real(1)), filled(real(1))
	fma231.do(real(0.35), size, below)
	div.do(below, t, t)
	density = mul.made(x, x)
	mul.do(real(-0.5), density, density)
	density = expBelow(density)
	tail = polynomial(t, -2.9144646867058137e-2, 1.439658934304676e-1, -2.557031590211215e-1,
		1.5916249375355287e-1, -2.310248295391428e-2, 1.0550517140802851e-1, 1.198335171057105e-1,
		1.398617888008384e-1, 1.3962140848451263e-1)
	mul.do(t, tail, tail)
	mul.do(density, tail, tail)
	return size, tail, density
}

func gelu(x VecVirtual) VecVirtual {
	size, tail, _ := normalTail(x)
	y, zero := register(), zeros()
	VMAXPS(x, zero, y) // of zero and NaN returns the second operand
	add.do(zero, y, y) // turns -0 into 0
	nma231.do(size, tail, y)
	return y
}

func geluSlope(x VecVirtual) VecVirtual {
	size, tail, density := normalTail(x)
	slope := filled(real(1))
	sub.do(tail, slope, slope)
	negative := compared(x, less, constant(0))
	negative.choose(tail, slope)
	or.do(and.made(constant(signBit), x), size, size)
	mul.do(real(0.3989422804014327), density, density)
	fma231.do(size, density, slope)
	return slope
}

func hardSigmoid(x VecVirtual) VecVirtual {
	y := filled(real(0.5))
	fma231.do(real(1.0/6), x, y)
	zero := zeros()
	VMAXPS(y, zero, y) // of zero and NaN returns the second operand
	VMINPS(y, filled(real(1)), y)
	return y
}

// flush sets denormals to zero.
func flush(x VecVirtual) {
	if set == avx512 {
		normal := K()
		VPTESTMD(filled(0x7f800000), x, normal)
		mask{k: normal}.keep(x)
		return
	}
	exponent := and.made(constant(0x7f800000), x)
	VPCMPEQD(zeros(), exponent, exponent)
	VANDNPS(x, exponent, x)
}

// acrossLanes folds 16 lanes by the fixed tree, lane i with i+8, i+4, i+2, i+1. The result is in
// every lane: each lane computes the sums of lane 0, some with swapped operands.
func acrossLanes(x []VecVirtual, combine operation) VecVirtual {
	y, t := x[0], register()
	if set == avx512 {
		VSHUFF32X4(Imm(0x4e), y, y, t)
		combine.do(t, y, y)
		VSHUFF32X4(Imm(0xb1), y, y, t)
	} else {
		combine.do(x[1], y, y)
		VPERM2F128(Imm(0x01), y, y, t)
	}
	combine.do(t, y, y)
	for _, lanes := range []uint64{0x4e, 0xb1} {
		VPERMILPS(Imm(lanes), y, t)
		combine.do(t, y, y)
	}
	return y
}

// element computes one element of the result from the same element of each operand.
type element func(x []VecVirtual) VecVirtual

// elements lists the kernels that compute dst[i] from element i of one or two operands, and from
// numbers, which follow the operands.
var elements = []struct {
	name     string
	operands int
	compute  element
	numbers  []string
}{
	{"exp", 1, func(x []VecVirtual) VecVirtual { return exp(x[0]) }, nil},
	{"log", 1, func(x []VecVirtual) VecVirtual { return log(x[0]) }, nil},
	{"log1p", 1, func(x []VecVirtual) VecVirtual { return log1p(x[0]) }, nil},
	{"sigmoid", 1, func(x []VecVirtual) VecVirtual { return sigmoid(x[0]) }, nil},
	{"tanh", 1, func(x []VecVirtual) VecVirtual { return tanh(x[0]) }, nil},
	{"relu", 1, func(x []VecVirtual) VecVirtual {
		zero := zeros()
		// VMAXPS of zero and NaN returns the second operand. Adding zero turns -0 into 0.
		VMAXPS(x[0], zero, x[0])
		add.do(zero, x[0], x[0])
		return x[0]
	}, nil},
	{"reluBack", 2, func(x []VecVirtual) VecVirtual {
		compared(x[0], greater, constant(0)).keep(x[1])
		return x[1]
	}, nil},
	{"sigmoidBack", 2, func(x []VecVirtual) VecVirtual {
		slope := copied(x[0])
		nma213.do(x[0], x[0], slope)
		mul.do(slope, x[1], x[1])
		return x[1]
	}, nil},
	{"tanhBack", 2, func(x []VecVirtual) VecVirtual {
		slope := filled(real(1))
		nma231.do(x[0], x[0], slope)
		mul.do(slope, x[1], x[1])
		return x[1]
	}, nil},
	{"add", 2, func(x []VecVirtual) VecVirtual { return add.made(x[1], x[0]) }, nil},
	{"mul", 2, func(x []VecVirtual) VecVirtual { return mul.made(x[1], x[0]) }, nil},
	{"blend", 2, func(x []VecVirtual) VecVirtual {
		return add.made(mul.made(x[2], x[0]), mul.made(x[3], x[1]))
	}, []string{"keep", "share"}},
	{"gelu", 1, func(x []VecVirtual) VecVirtual { return gelu(x[0]) }, nil},
	{"geluBack", 2, func(x []VecVirtual) VecVirtual { return mul.made(geluSlope(x[0]), x[1]) }, nil},
	{"hardSigmoid", 1, func(x []VecVirtual) VecVirtual { return hardSigmoid(x[0]) }, nil},
	{"hardSigmoidBack", 2, func(x []VecVirtual) VecVirtual {
		mul.do(real(1.0/6), x[1], x[1])
		compared(x[0], greater, real(-3)).keep(x[1])
		compared(x[0], less, real(3)).keep(x[1])
		return x[1]
	}, nil},
	{"leak", 2, func(x []VecVirtual) VecVirtual {
		factor := filled(real(1))
		compared(x[0], less, constant(0)).choose(x[2], factor)
		return mul.made(factor, x[1])
	}, []string{"slope"}},
	{"elu", 1, func(x []VecVirtual) VecVirtual {
		t := tanh(mul.made(real(0.5), x[0]))
		y := mul.made(real(2), t)
		below := filled(real(1))
		sub.do(t, below, below)
		div.do(below, y, y)
		mul.do(x[2], y, y)
		compared(x[0], less, constant(0)).choose(y, x[0])
		return mul.made(x[1], x[0])
	}, []string{"scale", "alpha"}},
	{"eluBack", 2, func(x []VecVirtual) VecVirtual {
		slope := copied(x[3])
		compared(x[0], less, constant(0)).choose(add.made(x[2], x[0]), slope)
		return mul.made(slope, x[1])
	}, []string{"shift", "above"}},
}

func vectors() {
	for _, e := range elements {
		parameters := []string{"x", "y"}[:e.operands]
		signature := "func(dst, " + strings.Join(parameters, ", ") + " *float32, n uint64"
		if len(e.numbers) > 0 {
			signature += ", " + strings.Join(e.numbers, ", ") + " float32"
		}
		function(e.name, signature+")", "computes n numbers.")
		dst, n := pointer("dst"), pointer("n")
		var from []Register
		for _, p := range parameters {
			from = append(from, pointer(p))
		}
		var numbers []VecVirtual
		for _, name := range e.numbers {
			numbers = append(numbers, parameter(name))
		}
		along("elements", n, func(tail *mask) {
			var x []VecVirtual
			for _, p := range from {
				x = append(x, load(at(p), tail))
			}
			store(e.compute(append(x, numbers...)), at(dst), tail)
		}, append(from, dst)...)
		end()
	}
	scale()
	finite()
}

// scale writes dst[i] = x[i] * factor.
func scale() {
	function("scale", "func(dst, x *float32, n uint64, factor float32)", "computes n numbers.")
	dst, x, n := pointer("dst"), pointer("x"), pointer("n")
	factor := parameter("factor")
	along("elements", n, func(tail *mask) {
		y := load(at(x), tail)
		mul.do(factor, y, y)
		store(y, at(dst), tail)
	}, dst, x)
	end()
}

// finite writes the search for NaN and Inf, whose products with zero are not zero.
func finite() {
	function("finite", "func(x *float32, n uint64) (sum float32)", "adds up n numbers times zero.")
	x, n := pointer("x"), pointer("n")
	zero := zeros()
	sums := []VecVirtual{zeros(), zeros(), zeros(), zeros()} // four, so that additions overlap
	four := U32(len(sums) * set.lanes())
	SUBQ(four, n)
	JL(LabelRef("few"))
	Label("many")
	for i, sum := range sums {
		fma231.do(Mem{Base: x, Disp: i * set.size}, zero, sum)
	}
	ADDQ(4*four, x)
	SUBQ(four, n)
	JGE(LabelRef("many"))
	Label("few")
	ADDQ(four, n)
	along("elements", n, func(tail *mask) {
		fma231.do(load(at(x), tail), zero, sums[0])
	}, x)
	add.do(sums[2], sums[0], sums[0])
	add.do(sums[3], sums[1], sums[1])
	if set == avx512 {
		add.do(sums[1], sums[0], sums[0])
	}
	Store(acrossLanes(sums[:set.halves()], add).AsX(), ReturnIndex(0))
	end()
}
