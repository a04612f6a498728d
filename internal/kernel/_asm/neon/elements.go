package main

import (
	"strings"

	. "braid/internal/kernel/_asm/arm64"
)

// elements lists the kernels that compute dst[i] from element i of one or two operands, and from
// numbers, which follow the operands. They may overwrite the operands, but not the numbers.
var elements = []struct {
	name     string
	operands int
	compute  func(x []group) group
	numbers  []string
}{
	{"exp", 1, func(x []group) group { return exp(x[0]) }, nil},
	{"log", 1, func(x []group) group { return logarithm(x[0]) }, nil},
	{"log1p", 1, func(x []group) group { return log1p(x[0]) }, nil},
	{"sigmoid", 1, func(x []group) group { return sigmoid(x[0]) }, nil},
	{"tanh", 1, func(x []group) group { return tanh(x[0]) }, nil},
	{"relu", 1, func(x []group) group { return made(FMAX, x[0], bits(0)) }, nil},
	{"reluBack", 2, func(x []group) group { return and(x[1], made1(FCMGT0, x[0])) }, nil},
	{"sigmoidBack", 2, func(x []group) group {
		subProduct(x[0], x[0], x[0])
		return mul(x[1], x[0])
	}, nil},
	{"tanhBack", 2, func(x []group) group {
		slope := copies(1, len(x[0]))
		subProduct(slope, x[0], x[0])
		return mul(x[1], slope)
	}, nil},
	{"add", 2, func(x []group) group { return add(x[0], x[1]) }, nil},
	{"mul", 2, func(x []group) group { return mul(x[0], x[1]) }, nil},
	{"scale", 1, func(x []group) group { return mul(x[0], x[1]) }, []string{"factor"}},
	{"blend", 2, func(x []group) group { return add(mul(x[2], x[0]), mul(x[3], x[1])) },
		[]string{"keep", "share"}},
	{"gelu", 1, func(x []group) group { return gelu(x[0]) }, nil},
	{"geluBack", 2, func(x []group) group { return mul(x[1], geluSlope(x[0])) }, nil},
	{"hardSigmoid", 1, func(x []group) group { return hardSigmoid(x[0]) }, nil},
	{"hardSigmoidBack", 2, func(x []group) group {
		return and(times(x[1], 1.0/6), made(FACGT, constant(3), x[0]))
	}, nil},
	{"leak", 2, func(x []group) group {
		return mul(x[1], made1(FCMLT0, x[0]).either(x[2], constant(1)))
	}, []string{"slope"}},
	{"elu", 1, func(x []group) group {
		t := tanh(times(x[0], 0.5))
		y := mul(div(add(t, t), sub(constant(1), t)), x[2])
		return mul(made1(FCMLT0, x[0]).either(y, x[0]), x[1])
	}, []string{"scale", "alpha"}},
	{"eluBack", 2, func(x []group) group {
		slope := add(x[0], x[2])
		return mul(x[1], made1(FCMLT0, x[0]).either(slope, x[3]))
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
		dst, n := Arg("dst"), Arg("n")
		var from []R
		for _, p := range parameters {
			from = append(from, Arg(p))
		}
		var numbers []group
		for _, name := range e.numbers {
			numbers = append(numbers, group{ArgVector(name)})
		}
		along("elements", n, func(s span) {
			var x []group
			for _, p := range from {
				x = append(x, s.take(p))
			}
			s.put(e.compute(append(x, numbers...)), dst)
		})
		RET()
	}
	finite()
}

// finite writes the search for NaN and Inf, whose products with zero are not zero.
func finite() {
	function("finite", "func(x *float32, n uint64) (sum float32)", "adds up n numbers times zero.")
	x, n := Arg("x"), Arg("n")
	sums := group(zeros(wide))
	along("elements", n, func(s span) { addProduct(sums[:s.registers], s.take(x), bits(0)) })
	total := add(sums[:2], sums[2:])
	total = add(total[:1], total[1:])
	for range 2 {
		total = made(FADDP, total, total)
	}
	SetResult("sum", total[0])
	RET()
}
