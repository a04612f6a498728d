package main

import (
	"math"
	"strings"

	. "braid/internal/kernel/_asm/arm64"
)

// The functions have the same operations, in the same order, as the Go reference.

// polynomial evaluates a polynomial at x. The coefficients start with the highest power.
func polynomial(x V, coefficients ...float32) V {
	p := filled(coefficients[0])
	for _, c := range coefficients[1:] {
		next := filled(c)
		FMLA(next, p, x)
		p = next
	}
	return p
}

func exp(x V) V {
	const toInteger = 12582912
	shift := filled(toInteger)
	rounded := VCopy(shift)
	FMLA(rounded, x, real(1.44269504))
	n, r, square := NewV(), VCopy(x), NewV()
	FSUB(n, rounded, shift)
	FMLS(r, n, real(0.693359375))
	FMLS(r, n, real(-2.12194440e-4))
	p := polynomial(r, 1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2,
		1.6666665459e-1, 5.0000001201e-1)
	FMUL(square, r, r)
	FMLA(r, p, square)
	FADD(r, r, filled(1))
	SHL(rounded, rounded, 23)
	VADD(r, r, rounded)
	number, low, high := NewV(), NewV(), NewV()
	FCMGT(low, filled(-87.33654), x)
	BIC(r, r, low)
	FCMGT(high, x, filled(88.72283))
	BIT(r, filled(float32(math.Inf(1))), high)
	FCMEQ(number, x, x)
	BIF(r, x, number) // adding to the exponent turns some NaN into numbers
	return r
}

// element computes one element of the result from the same element of each operand.
type element func(x []V) V

// elements lists the kernels that compute dst[i] from element i of one or two operands, and from
// numbers, which follow the operands.
var elements = []struct {
	name     string
	operands int
	compute  element
	numbers  []string
}{
	{"exp", 1, func(x []V) V { return exp(x[0]) }, nil},
	{"add", 2, func(x []V) V {
		FADD(x[0], x[0], x[1])
		return x[0]
	}, nil},
}

func vectors() {
	for _, e := range elements {
		parameters := []string{"x", "y"}[:e.operands]
		signature := "func(dst, " + strings.Join(parameters, ", ") + " *float32, n uint64"
		if len(e.numbers) > 0 {
			signature += ", " + strings.Join(e.numbers, ", ") + " float32"
		}
		function(e.name, signature+")", "computes n numbers.")
		dst, n := Arg("dst"), Arg("n")
		var from []R
		for _, p := range parameters {
			from = append(from, Arg(p))
		}
		var numbers []V
		for _, name := range e.numbers {
			numbers = append(numbers, ArgVector(name))
		}
		along("elements", n, func(tail *part) {
			var x []V
			for _, p := range from {
				x = append(x, load(p, tail))
			}
			store(e.compute(append(x, numbers...)), dst, tail)
		}, append(from, dst)...)
		RET()
	}
}
