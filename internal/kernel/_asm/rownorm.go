package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// laneSums returns registers of zeros for the 16 lanes of a sum.
func laneSums() []VecVirtual {
	var sums []VecVirtual
	for range set.halves() {
		sums = append(sums, zeros())
	}
	return sums
}

// addProducts adds products to sums. Lanes that a tail does not select keep theirs:
// adding 0 would turn -0 into 0.
func addProducts(x Op, y, sums VecVirtual, tail *mask) {
	if tail == nil {
		fma231.do(x, y, sums)
		return
	}
	changed := copied(sums)
	fma231.do(x, y, changed)
	tail.choose(changed, sums)
}

// rowNorm writes the normalization of rows.
func rowNorm() {
	function("rowNorm", "func(y, x, gamma, beta, moments *float32, yRow, xRow, rows, width uint64, "+
		"count, epsilon float32)", "normalizes rows of width numbers, at least 1; count is width.")
	y, x, n, moments := pointer("y"), pointer("x"), pointer("width"), pointer("moments")
	gamma, beta := pointer("gamma"), pointer("beta")
	count, epsilon := parameter("count"), parameter("epsilon")
	rowLoop("rows", func() {
		sums := laneSums()
		row("sum", n, func(half int, m Mem, tail *mask, _ Register) {
			add.do(load(m, tail), sums[half], sums[half])
		}, duplicate(x))
		mean := acrossLanes(sums, add)
		div.do(count, mean, mean)
		squares := laneSums()
		row("squares", n, func(half int, m Mem, tail *mask, _ Register) {
			v := load(m, tail)
			sub.do(mean, v, v)
			addProducts(v, v, squares[half], tail)
		}, duplicate(x))
		variance := acrossLanes(squares, add)
		div.do(count, variance, variance)
		add.do(epsilon, variance, variance)
		VSQRTPS(variance, variance)
		factor := filled(real(1))
		div.do(variance, factor, factor)
		VMOVSS(mean.AsX(), at(moments))
		VMOVSS(factor.AsX(), Mem{Base: moments, Disp: 4})
		ADDQ(Imm(8), moments)
		y, x, gamma, beta := duplicate(y), duplicate(x), duplicate(gamma), duplicate(beta)
		along("normalize", duplicate(n), func(tail *mask) {
			v := load(at(x), tail)
			sub.do(mean, v, v)
			mul.do(factor, v, v)
			fma213.do(load(at(beta), tail), load(at(gamma), tail), v)
			store(v, at(y), tail)
		}, y, x, gamma, beta)
	}, map[string]Register{"y": y, "x": x})
}

// rowNormBack writes the gradient of rowNorm.
func rowNormBack() {
	function("rowNormBack", "func(grad, x, d, gamma, moments *float32, "+
		"gradRow, xRow, dRow, rows, width uint64, count float32)",
		"adds the gradient of rows of width numbers, at least 1; count is width.")
	grad, x, d, n := pointer("grad"), pointer("x"), pointer("d"), pointer("width")
	gamma, moments := pointer("gamma"), pointer("moments")
	count := parameter("count")
	Label("rows")
	mean, factor := register(), register()
	VBROADCASTSS(at(moments), mean)
	VBROADCASTSS(Mem{Base: moments, Disp: 4}, factor)
	ADDQ(Imm(8), moments)
	normalized := func(m Mem, tail *mask) VecVirtual {
		v := load(m, tail)
		sub.do(mean, v, v)
		mul.do(factor, v, v)
		return v
	}
	sums, products := laneSums(), laneSums()
	from, slopes, factors := duplicate(x), duplicate(d), duplicate(gamma)
	row("sums", n, func(half int, m Mem, tail *mask, _ Register) {
		s := load(Mem{Base: slopes, Disp: half * set.size}, tail)
		mul.do(load(Mem{Base: factors, Disp: half * set.size}, tail), s, s)
		add.do(s, sums[half], sums[half])
		addProducts(normalized(m, tail), s, products[half], tail)
	}, from, slopes, factors)
	sum, product := acrossLanes(sums, add), acrossLanes(products, add)
	div.do(count, sum, sum)
	div.do(count, product, product)
	{
		grad, x, d, gamma := duplicate(grad), duplicate(x), duplicate(d), duplicate(gamma)
		along("add", duplicate(n), func(tail *mask) {
			s := load(at(d), tail)
			mul.do(load(at(gamma), tail), s, s)
			sub.do(sum, s, s)
			nma231.do(product, normalized(at(x), tail), s)
			fma213.do(load(at(grad), tail), factor, s)
			store(s, at(grad), tail)
		}, grad, x, d, gamma)
	}
	ADDQ(argument("gradRow"), grad)
	ADDQ(argument("xRow"), x)
	ADDQ(argument("dRow"), d)
	rows := argument("rows")
	DECQ(rows)
	JNZ(LabelRef("rows"))
	end()
}
