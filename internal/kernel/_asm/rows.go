package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// row writes a loop over n numbers in 16 lanes. step gets the index of the register among those of
// 16 lanes, the address, and for the last numbers their mask and count. n is not changed.
func row(
	name string, n Register,
	step func(half int, m Mem, tail *mask, left Register),
	pointers ...Register,
) {
	left := duplicate(n)
	all := func(masks bool) {
		for h := range set.halves() {
			var tail *mask
			if masks {
				m := low(left, h*set.lanes())
				tail = &m
			}
			step(h, Mem{Base: pointers[0], Disp: h * set.size}, tail, left)
		}
	}
	SUBQ(Imm(16), left)
	JL(LabelRef(name + "Tail"))
	Label(name)
	all(false)
	for _, p := range pointers {
		ADDQ(Imm(64), p)
	}
	SUBQ(Imm(16), left)
	JGE(LabelRef(name))
	Label(name + "Tail")
	ADDQ(Imm(16), left)
	JZ(LabelRef(name + "Done"))
	all(true)
	Label(name + "Done")
}

var largest = operation{VMAXPS, VMAXPS_BCST}

// highest returns the largest number of a row in every lane. It ignores NaN.
func highest(x Register, n Register) VecVirtual {
	var high []VecVirtual
	for range set.halves() {
		high = append(high, filled(real(float32(math.Inf(-1)))))
	}
	row("highest", n, func(h int, m Mem, tail *mask, _ Register) {
		v := load(m, tail)
		if tail != nil {
			below := copied(high[h])
			tail.choose(v, below)
			v = below
		}
		// VMAXPS of NaN and a number returns the second source in Intel's order.
		largest.do(high[h], v, high[h])
	}, duplicate(x))
	v := acrossLanes(high, largest)
	add.do(constant(0), v, v) // turns -0 into 0, which it equals
	return v
}

// rowLoop writes a loop over the rows that parameter "rows" counts, and the kernel's end. It
// advances each pointer by its stride in bytes, the parameter with the pointer's name and "Row".
func rowLoop(name string, body func(), pointers map[string]Register) {
	Label(name)
	body()
	for _, name := range []string{"y", "x", "w", "grad", "m", "v"} {
		if p, ok := pointers[name]; ok {
			address, err := Param(name + "Row").Resolve()
			if err != nil {
				panic(err)
			}
			ADDQ(address.Addr, p)
		}
	}
	rows, err := Param("rows").Resolve()
	if err != nil {
		panic(err)
	}
	DECQ(rows.Addr)
	JNZ(LabelRef(name))
	end()
}

// softmax writes softmax: rows of up to 16 numbers stay in registers.
func softmax() {
	function("softmax", "func(y, x, high, rest *float32, yRow, xRow, rows, width uint64)",
		"computes softmax of rows of width numbers, at least 1, and high and rest of each.")
	s := softmaxRow{
		x: pointer("x"), y: pointer("y"), n: pointer("width"),
		high: pointer("high"), rest: pointer("rest"),
	}
	rows := map[string]Register{"x": s.x, "y": s.y}
	CMPQ(s.n, Imm(16))
	JG(LabelRef("long"))
	var tails []mask
	for h := range set.halves() {
		tails = append(tails, low(s.n, h*set.lanes()))
	}
	rowLoop("short", func() { s.short(tails) }, rows)
	rowLoop("long", s.long, rows)
}

type softmaxRow struct{ x, y, n, high, rest GPVirtual }

// writeSums writes high and rest of a row, and adds 1 to sum.
func (s softmaxRow) writeSums(high, sum VecVirtual) {
	VMOVSS(high.AsX(), at(s.high))
	VMOVSS(sum.AsX(), at(s.rest))
	ADDQ(Imm(4), s.high)
	ADDQ(Imm(4), s.rest)
	add.do(real(1), sum, sum)
}

func quotient(e, sum VecVirtual) {
	div.do(sum, e, e)
	compared(e, notLess, real(smallestNormal)).keep(e)
}

// firstOf finds the first largest number of a row, which is not in the rest of the sum.
type firstOf struct {
	high       VecVirtual
	open, none GPVirtual // open: all ones until the number is found, then zero; none: zero
}

func newFirst(high VecVirtual) firstOf {
	f := firstOf{high, GP64(), GP64()}
	MOVQ(U64(0xffffffffffffffff), f.open)
	XORQ(f.none, f.none)
	return f
}

// restOf returns e, minus 1 in the lane of the first largest number, if it is in x. If valid is not
// nil, only that many lanes of x count.
func (f firstOf) restOf(e, x VecVirtual, valid Register) VecVirtual {
	first := compared(x, equal, f.high).bits()
	if valid != nil {
		BZHIQ(valid, first, first)
	}
	ANDQ(f.open, first)
	BLSIQ(first, first)
	TESTQ(first, first)
	CMOVQNE(f.none, f.open)
	one := filled(real(1))
	maskOf(first).keep(one)
	return sub.made(one, e)
}

// valid returns the number of lanes in use in a register, given the numbers left.
func valid(left Register, half int, none Register) GPVirtual {
	count := duplicate(left)
	if half > 0 {
		SUBQ(Imm(uint64(set.lanes())), count)
		CMOVQLT(none, count)
	}
	return count
}

// short writes a row of up to 16 numbers.
func (s softmaxRow) short(tails []mask) {
	var x, most, e, rest []VecVirtual
	for h := range tails {
		v := load(Mem{Base: s.x, Disp: h * set.size}, &tails[h])
		below := filled(real(float32(math.Inf(-1))))
		tails[h].choose(v, below)
		// VMAXPS of NaN and a number returns the second source in Intel's order.
		largest.do(filled(real(float32(math.Inf(-1)))), below, below)
		x, most = append(x, v), append(most, below)
	}
	high := acrossLanes(most, largest)
	add.do(constant(0), high, high)
	first := newFirst(high)
	for h := range tails {
		y := expBelow(sub.made(high, x[h]))
		tails[h].keep(y)
		e, rest = append(e, y), append(rest, first.restOf(y, x[h], valid(s.n, h, first.none)))
	}
	sum := acrossLanes(rest, add)
	s.writeSums(high, sum)
	for h := range tails {
		quotient(e[h], sum)
		store(e[h], Mem{Base: s.y, Disp: h * set.size}, &tails[h])
	}
}

// long writes a row in three passes: the largest, exp and its sum, the quotients.
func (s softmaxRow) long() {
	high := highest(s.x, s.n)
	var sums []VecVirtual
	for range set.halves() {
		sums = append(sums, zeros())
	}
	first := newFirst(high)
	from, to := duplicate(s.x), duplicate(s.y)
	row("exp", s.n, func(half int, m Mem, tail *mask, left Register) {
		x := load(m, tail)
		e := expBelow(sub.made(high, x))
		store(e, Mem{Base: to, Disp: half * set.size}, tail)
		var count Register
		if tail != nil { // adding 0 changes no sum: none is -0
			tail.keep(e)
			count = valid(left, half, first.none)
		}
		add.do(first.restOf(e, x, count), sums[half], sums[half])
	}, from, to)
	sum := acrossLanes(sums, add)
	s.writeSums(high, sum)
	row("quotient", s.n, func(_ int, m Mem, tail *mask, _ Register) {
		q := load(m, tail)
		quotient(q, sum)
		store(q, m, tail)
	}, duplicate(s.y))
}

// softmaxBack writes the gradient of softmax.
func softmaxBack() {
	function("softmaxBack", "func(d, y *float32, dRow, yRow, rows, width uint64)",
		"computes the gradient of softmax in rows of width numbers, at least 1.")
	d, y, n := pointer("d"), pointer("y"), pointer("width")
	Label("rows")
	sums := laneSums()
	slopes, factors := duplicate(d), duplicate(y)
	row("sum", n, func(half int, m Mem, tail *mask, _ Register) {
		v := load(Mem{Base: factors, Disp: half * set.size}, tail)
		addProducts(load(m, tail), v, sums[half], tail)
	}, slopes, factors)
	sum := acrossLanes(sums, add)
	slopes, factors = duplicate(d), duplicate(y)
	along("multiply", duplicate(n), func(tail *mask) {
		v := load(at(slopes), tail)
		sub.do(sum, v, v)
		mul.do(load(at(factors), tail), v, v)
		store(v, at(slopes), tail)
	}, slopes, factors)
	ADDQ(argument("dRow"), d)
	ADDQ(argument("yRow"), y)
	rows := argument("rows")
	DECQ(rows)
	JNZ(LabelRef("rows"))
	end()
}

// argMax writes the search for the first largest number of each row.
func argMax() {
	function("argMax", "func(dst *int32, x *float32, xRow, rows, width uint64)",
		"finds the index of the first largest number in rows of width numbers, at least 1.")
	dst, x, n := pointer("dst"), pointer("x"), pointer("width")
	whole := GP64()
	MOVQ(U64(uint64(set.lanes())), whole)
	rowLoop("rows", func() {
		h := highest(x, n)
		p, index, left := duplicate(x), GP64(), duplicate(n)
		XORQ(index, index)
		Label("search")
		valid := duplicate(left)
		CMPQ(left, whole)
		CMOVQGT(whole, valid)
		m := low(valid, 0)
		bits := compared(load(at(p), &m), equal, h).bits()
		BZHIQ(valid, bits, bits)
		TESTQ(bits, bits)
		JNE(LabelRef("found"))
		ADDQ(Imm(uint64(set.size)), p)
		ADDQ(Imm(uint64(set.lanes())), index)
		SUBQ(Imm(uint64(set.lanes())), left)
		JG(LabelRef("search"))
		XORQ(index, index) // all are NaN
		JMP(LabelRef("write"))
		Label("found")
		TZCNTQ(bits, bits)
		ADDQ(bits, index)
		Label("write")
		MOVL(index.As32(), at(dst))
		ADDQ(Imm(4), dst)
	}, map[string]Register{"x": x})
}

// adam writes the Adam step.
func adam() {
	function("adam", "func(w, grad, m, v *float32, "+
		"wRow, gradRow, mRow, vRow, rows, width uint64, "+
		"beta1, rest1, beta2, rest2, rate, epsilon float32)",
		"updates rows of width weights and their moments.")
	w, g, m, v := pointer("w"), pointer("grad"), pointer("m"), pointer("v")
	number := parameter
	if set == avx512 { // has enough registers to keep them
		kept := map[string]VecVirtual{}
		for _, name := range []string{"beta1", "rest1", "beta2", "rest2", "rate", "epsilon"} {
			kept[name] = parameter(name)
		}
		number = func(name string) VecVirtual { return kept[name] }
	}
	rowLoop("rows", func() {
		w, g, m, v, n := duplicate(w), duplicate(g), duplicate(m), duplicate(v), pointer("width")
		along("weights", n, func(tail *mask) {
			gradient, first := load(at(g), tail), load(at(m), tail)
			second, weight := load(at(v), tail), load(at(w), tail)
			scaled := mul.made(gradient, number("rest1"))
			fma213.do(scaled, number("beta1"), first)
			flush(first)
			squared := mul.made(gradient, number("rest2"))
			mul.do(gradient, squared, squared)
			fma213.do(squared, number("beta2"), second)
			flush(second)
			store(first, at(m), tail)
			store(second, at(v), tail)
			root := register()
			VSQRTPS(second, root)
			add.do(number("epsilon"), root, root)
			div.do(root, first, root)
			nma231.do(root, number("rate"), weight)
			store(weight, at(w), tail)
		}, w, g, m, v)
	}, map[string]Register{"w": w, "grad": g, "m": m, "v": v})
}

// mulRows writes the kernel that adds the products of two matrices, element by element.
func mulRows() {
	function("mulRows", "func(y, x, w *float32, yRow, xRow, wRow, rows, width uint64)",
		"adds the products of rows of width numbers, at least one row.")
	y, x, w := pointer("y"), pointer("x"), pointer("w")
	rowLoop("rows", func() {
		y, x, w, n := duplicate(y), duplicate(x), duplicate(w), pointer("width")
		along("numbers", n, func(tail *mask) {
			sum := load(at(y), tail)
			fma231.do(load(at(w), tail), load(at(x), tail), sum)
			store(sum, at(y), tail)
		}, y, x, w)
	}, map[string]Register{"y": y, "x": x, "w": w})
}

// bytes writes the kernel that gathers rows of bytes and converts them to float32. The stores of a
// row are aligned, except the first and the last, which may overlap others: a store across two
// cache lines costs twice as much.
func bytes() {
	function("bytes", "func(dst *float32, src *uint8, order *int32, "+
		"dstRow, srcRow, rows, width uint64, scale, shift float32)",
		"gathers rows of width bytes, at least one row.")
	lanes := uint64(set.lanes())
	dst, src, order := pointer("dst"), pointer("src"), pointer("order")
	dstRow, srcRow := pointer("dstRow"), pointer("srcRow")
	rows, width := pointer("rows"), pointer("width")
	scale, shift := parameter("scale"), parameter("shift")
	convert := func(from, to Register) {
		v := register()
		VPMOVZXBD(at(from), v)
		VCVTDQ2PS(v, v)
		fma213.do(shift, scale, v)
		VMOVUPS(v, at(to))
	}
	Label("rows")
	from, to, left := GP64(), duplicate(dst), duplicate(width)
	MOVLQSX(at(order), from)
	IMULQ(srcRow, from)
	ADDQ(src, from)
	CMPQ(width, Imm(lanes))
	JL(LabelRef("single"))
	convert(from, to)
	skip := duplicate(to)
	NEGQ(skip)
	ANDQ(Imm(uint64(set.size-1)), skip)
	ADDQ(skip, to)
	SHRQ(Imm(2), skip)
	ADDQ(skip, from)
	SUBQ(skip, left)
	SUBQ(Imm(lanes), left)
	JL(LabelRef("last"))
	Label("whole")
	convert(from, to)
	ADDQ(Imm(lanes), from)
	ADDQ(Imm(uint64(set.size)), to)
	SUBQ(Imm(lanes), left)
	JGE(LabelRef("whole"))
	Label("last")
	ADDQ(left, from) // left is negative: move back so that the last register ends with the row
	LEAQ(Mem{Base: to, Index: left, Scale: 4}, to)
	convert(from, to)
	JMP(LabelRef("next"))
	Label("single")
	TESTQ(left, left)
	JZ(LabelRef("next"))
	number, x := GP32(), XMM()
	MOVBLZX(at(from), number)
	VMOVD(number, x)
	VCVTDQ2PS(x, x)
	VFMADD213SS(shift.AsX(), scale.AsX(), x)
	VMOVSS(x, at(to))
	INCQ(from)
	ADDQ(Imm(4), to)
	DECQ(left)
	JMP(LabelRef("single"))
	Label("next")
	ADDQ(Imm(4), order)
	ADDQ(dstRow, dst)
	DECQ(rows)
	JNZ(LabelRef("rows"))
	end()
}

// prefetch writes the kernel that loads rows of bytes into the cache.
func prefetch() {
	function("prefetch", "func(src *uint8, order *int32, srcRow, rows, width uint64)",
		"prefetches the cache lines of rows of width bytes, at least one row and byte.")
	src, order := pointer("src"), pointer("order")
	srcRow, rows, width := pointer("srcRow"), pointer("rows"), pointer("width")
	Label("rows")
	from, left := GP64(), duplicate(width)
	MOVLQSX(at(order), from)
	IMULQ(srcRow, from)
	ADDQ(src, from)
	Label("lines")
	PREFETCHT1(at(from))
	ADDQ(Imm(64), from)
	SUBQ(Imm(64), left)
	JG(LabelRef("lines"))
	PREFETCHT1(Mem{Base: from, Index: left, Scale: 1, Disp: -1}) // the line of the row's last byte
	ADDQ(Imm(4), order)
	DECQ(rows)
	JNZ(LabelRef("rows"))
	RET()
}

// claim writes the kernel that loads rows of numbers into the cache for writing. Neither avo nor
// Go's assembler has PREFETCHW; processors without it ignore it.
func claim() {
	function("claim", "func(x *float32, xRow, rows, width uint64)",
		"prefetches the cache lines of rows of width numbers, at least one, for writing.")
	x, row, rows, width := pointer("x"), pointer("xRow"), pointer("rows"), pointer("width")
	SHLQ(Imm(2), width)
	Label("rows")
	MOVQ(x, RAX)
	left := duplicate(width)
	Label("lines")
	for _, b := range []uint8{0x0f, 0x0d, 0x08} { // PREFETCHW (AX)
		Instruction(&ir.Instruction{Opcode: "BYTE", Operands: []Op{Imm(uint64(b))}, Inputs: []Op{RAX}})
	}
	ADDQ(Imm(64), RAX)
	SUBQ(Imm(64), left)
	JG(LabelRef("lines"))
	ADDQ(row, x)
	DECQ(rows)
	JNZ(LabelRef("rows"))
	RET()
}

// spread writes dst[i*n+j] = x[i].
func spread() {
	function("spread", "func(dst, x *float32, count, n uint64)",
		"writes each of count numbers n times.")
	dst, x, count, n := pointer("dst"), pointer("x"), pointer("count"), pointer("n")
	Label("numbers")
	v, left := register(), duplicate(n)
	VBROADCASTSS(at(x), v)
	to := duplicate(dst)
	along("copies", left, func(tail *mask) { store(v, at(to), tail) }, to)
	ADDQ(Imm(4), x)
	LEAQ(Mem{Base: dst, Index: n, Scale: 4}, dst)
	DECQ(count)
	JNZ(LabelRef("numbers"))
	end()
}

// lookUp writes dst row i = row ids[i] of a table.
func lookUp() {
	function("lookUp", "func(dst, table *float32, ids *int32, tableRow, count, width uint64)",
		"copies count rows of width numbers.")
	dst, from, ids := pointer("dst"), pointer("table"), pointer("ids")
	stride, count, width := pointer("tableRow"), pointer("count"), pointer("width")
	copyRows := func(name string, row func(to, from Register)) {
		Label(name)
		x := GP64()
		MOVLQSX(at(ids), x)
		IMULQ(stride, x)
		ADDQ(from, x)
		row(duplicate(dst), x)
		ADDQ(Imm(4), ids)
		LEAQ(Mem{Base: dst, Index: width, Scale: 4}, dst)
		DECQ(count)
		JNZ(LabelRef(name))
		end()
	}
	CMPQ(width, Imm(uint64(set.lanes())))
	JGE(LabelRef("wide"))
	tail := low(width, 0)
	copyRows("narrow", func(to, from Register) { store(load(at(from), &tail), at(to), &tail) })
	copyRows("wide", func(to, from Register) {
		along("numbers", duplicate(width), func(tail *mask) {
			store(load(at(from), tail), at(to), tail)
		}, from, to)
	})
}

// addUp writes row ids[i]-lo of a table += row i of x, for ids from lo to lo+rows-1.
func addUp() {
	function("addUp", "func(table, x *float32, ids *int32, "+
		"tableRow, xRow, count, width, lo, rows uint64)",
		"adds to a table the rows of width numbers whose ids are in the table, of count rows.")
	to, x, ids := pointer("table"), pointer("x"), pointer("ids")
	tableRow, xRow, count := pointer("tableRow"), pointer("xRow"), pointer("count")
	lo, rows, width := pointer("lo"), pointer("rows"), pointer("width")
	sum := func(name string, row func(to, from Register)) {
		Label(name)
		y := GP64()
		MOVLQSX(at(ids), y)
		SUBQ(lo, y)
		CMPQ(y, rows)
		JCC(LabelRef(name + "Next")) // unsigned: an id below lo is a large number
		IMULQ(tableRow, y)
		ADDQ(to, y)
		row(y, duplicate(x))
		Label(name + "Next")
		ADDQ(Imm(4), ids)
		ADDQ(xRow, x)
		DECQ(count)
		JNZ(LabelRef(name))
		end()
	}
	CMPQ(width, Imm(uint64(set.lanes())))
	JGE(LabelRef("wide"))
	sum("narrow", func(to, from Register) { addNarrow(to, from, duplicate(width)) })
	sum("wide", func(to, from Register) {
		along("numbers", duplicate(width), func(tail *mask) {
			v := load(at(to), tail)
			add.do(load(at(from), tail), v, v)
			store(v, at(to), tail)
		}, to, from)
	})
}

// addNarrow adds a row of few numbers, four or one at a time. Equal ids often follow each other,
// and a load of a row that a masked store has just written is slow.
func addNarrow(to, from, left Register) {
	v := XMM()
	SUBQ(Imm(4), left)
	JL(LabelRef("ones"))
	Label("fours")
	VMOVUPS(at(to), v)
	VADDPS(at(from), v, v)
	VMOVUPS(v, at(to))
	ADDQ(Imm(16), to)
	ADDQ(Imm(16), from)
	SUBQ(Imm(4), left)
	JGE(LabelRef("fours"))
	Label("ones")
	ADDQ(Imm(4), left)
	JZ(LabelRef("added"))
	Label("one")
	VMOVSS(at(to), v)
	VADDSS(at(from), v, v)
	VMOVSS(v, at(to))
	ADDQ(Imm(4), to)
	ADDQ(Imm(4), from)
	DECQ(left)
	JNZ(LabelRef("one"))
	Label("added")
}
