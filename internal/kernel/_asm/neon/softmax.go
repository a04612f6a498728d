package main

import (
	"math"

	. "braid/internal/kernel/_asm/arm64"
)

// highest returns the largest number of a row, 0 rather than -0, in all lanes. It ignores NaN.
func highest(x, n R) group {
	high, from := group(copies(float32(math.Inf(-1)), 4)), Copy(x)
	inLanes("highest", n, func(s span) {
		v := s.take(from)
		s.update(high, func(high group) { high.choose(v, made(FCMGT, v, high)) })
	})
	return add(fold(high, FMAX), group{Zero()})
}

// laneNumbers returns the address of the numbers of 16 lanes.
func laneNumbers() R {
	var numbers []uint32
	for i := range uint32(16) {
		numbers = append(numbers, i)
	}
	return Table("laneNumbersNEON", numbers)
}

// indexOf returns, in all lanes, the index of the first number of a row that equals high, or
// allOnes if none does.
func indexOf(x, n R, high group) group {
	indices := span{registers: 4}.load(laneNumbers())
	first, from := group(Copies(allOnes, 4)), Copy(x)
	inLanes("search", n, func(s span) {
		equal := made(FCMEQ, s.take(from), high)
		at := indices[s.quad : s.quad+s.registers]
		s.update(first, func(first group) { first.update(UMIN, first, made(ORN, at, equal)) })
		if s.registers == 4 {
			indices.update(VADD, indices, group(Copies(16, 1)))
		}
	})
	return fold(first, UMIN)
}

// softmax writes softmax.
func softmax() {
	function("softmax", "func(y, x, high, rest *float32, yRow, xRow, rows, width uint64)",
		"computes softmax of rows of width numbers, at least 1, and high and rest of each.")
	y, x, width, highs, rests := Arg("y"), Arg("x"), Arg("width"), Arg("high"), Arg("rest")
	numbers := laneNumbers()
	eachRow("rows", func() {
		high := highest(x, width)
		first := indexOf(x, width, high)
		sums, from, to := group(zeros(4)), Copy(x), Copy(y)
		inLanes("exp", width, func(s span) {
			v := sub(s.take(from), high)
			low := made(FCMGT, loaded(expLowest), v)
			e := expBelow(v, func() group { return low })
			s.put(e, to)
			lane := newGroup(s.registers)
			for i := range lane {
				LDRQ(lane[i], numbers.At(size*(s.quad+i)))
			}
			rest := sub(e, and(made(CMEQ, lane, first), constant(1)))
			s.update(sums, func(sums group) { sums.update(FADD, sums, rest) })
			if s.registers == 4 {
				first.update(VSUB, first, group(Copies(16, 1)))
			}
		})
		rest := fold(sums, FADD)
		STRS(high[0], highs.Post(4))
		STRS(rest[0], rests.Post(4))
		total := add(constant(1), rest)
		to = Copy(y)
		along("quotient", Copy(width), func(s span) {
			q := div(s.load(to), total)
			q.clear(made(FCMGT, loaded(smallestNormal), q))
			s.put(q, to)
		})
	}, walk{y, "yRow"}, walk{x, "xRow"})
	RET()
}

// softmaxBack writes the gradient of softmax.
func softmaxBack() {
	function("softmaxBack", "func(d, y *float32, dRow, yRow, rows, width uint64)",
		"computes the gradient of softmax in rows of width numbers, at least 1.")
	d, y, width := Arg("d"), Arg("y"), Arg("width")
	eachRow("rows", func() {
		sums, slopes, factors := group(zeros(4)), Copy(d), Copy(y)
		inLanes("sum", width, func(s span) {
			slope, factor := s.take(slopes), s.take(factors)
			s.update(sums, func(sums group) { addProduct(sums, slope, factor) })
		})
		total := fold(sums, FADD)
		slopes, factors = Copy(d), Copy(y)
		along("multiply", Copy(width), func(s span) {
			s.put(mul(sub(s.load(slopes), total), s.take(factors)), slopes)
		})
	}, walk{d, "dRow"}, walk{y, "yRow"})
	RET()
}

// argMax writes the search for the first largest number of each row.
func argMax() {
	function("argMax", "func(dst *int32, x *float32, xRow, rows, width uint64)",
		"finds the index of the first largest number in rows of width numbers, at least 1.")
	dst, x, width := Arg("dst"), Arg("x"), Arg("width")
	eachRow("rows", func() {
		first := indexOf(x, width, highest(x, width))
		first.clear(made(CMEQ, first, group(Copies(allOnes, 1)))) // all are NaN
		STRS(first[0], dst.Post(4))
	}, walk{x, "xRow"})
	RET()
}
