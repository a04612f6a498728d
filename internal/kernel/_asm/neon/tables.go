package main

import . "braid/internal/kernel/_asm/arm64"

// rowOf returns a new register with the address of the row whose number is at order.
func rowOf(order, base, stride R) R {
	r := NewR()
	LDRSW(r, order.At(0))
	MADD(r, r, stride, base)
	return r
}

// lookUp writes dst row i = row ids[i] of a table.
func lookUp() {
	function("lookUp", "func(dst, table *float32, ids *int32, tableRow, count, width uint64)",
		"copies count rows of width numbers.")
	dst, table, ids := Arg("dst"), Arg("table"), Arg("ids")
	stride, count, width := Arg("tableRow"), Arg("count"), Arg("width")
	Label("rows")
	from, to := rowOf(ids, table, stride), Copy(dst)
	along("numbers", Copy(width), func(s span) { s.put(s.take(from), to) })
	ADD(ids, ids, 4)
	ADD(dst, dst, width.Shift(2))
	SUBS(count, count, 1)
	BNE("rows")
	RET()
}

// addUp writes row ids[i]-lo of a table += row i of x, for ids from lo to lo+rows-1.
func addUp() {
	function("addUp", "func(table, x *float32, ids *int32, "+
		"tableRow, xRow, count, width, lo, rows uint64)",
		"adds to a table the rows of width numbers whose ids are in the table, of count rows.")
	table, x, ids := Arg("table"), Arg("x"), Arg("ids")
	tableRow, xRow, count := Arg("tableRow"), Arg("xRow"), Arg("count")
	lo, rows, width := Arg("lo"), Arg("rows"), Arg("width")
	Label("rows")
	row, to := NewR(), NewR()
	LDRSW(row, ids.At(0))
	SUB(row, row, lo)
	CMP(row, rows)
	BHS("next") // without sign: an id below lo is a large number
	MADD(to, row, tableRow, table)
	from := Copy(x)
	along("numbers", Copy(width), func(s span) { s.put(add(s.load(to), s.take(from)), to) })
	Label("next")
	ADD(ids, ids, 4)
	ADD(x, x, xRow)
	SUBS(count, count, 1)
	BNE("rows")
	RET()
}

// spread writes dst[i*n+j] = x[i].
func spread() {
	function("spread", "func(dst, x *float32, count, n uint64)",
		"writes each of count numbers n times.")
	dst, x, count, n := Arg("dst"), Arg("x"), Arg("count"), Arg("n")
	Label("numbers")
	number, to := group{NewV()}, Copy(dst)
	LD1R(number[0], x)
	along("copies", Copy(n), func(s span) { s.put(number, to) })
	ADD(x, x, 4)
	ADD(dst, dst, n.Shift(2))
	SUBS(count, count, 1)
	BNE("numbers")
	RET()
}

// bytes writes the kernel that gathers rows of bytes and converts them to float32, 16 at a time, or
// 4, or 1 in narrow rows. The last of a row may overlap those in front of them.
func bytes() {
	function("bytes", "func(dst *float32, src *uint8, order *int32, "+
		"dstRow, srcRow, rows, width uint64, scale, shift float32)",
		"gathers rows of width bytes, at least one row.")
	dst, src, order := Arg("dst"), Arg("src"), Arg("order")
	dstRow, srcRow, width := Arg("dstRow"), Arg("srcRow"), Arg("width")
	scale, shift := group{ArgVector("scale")}, group{ArgVector("shift")}
	// Indices of TBL that take four successive bytes to the low bytes of four lanes.
	quads, words := newGroup(4), []uint32{}
	for i := range uint32(16) {
		words = append(words, 0xffffff00|i)
	}
	table := Table("byteLanesNEON", words)
	LDPQ(quads[0], quads[1], table.At(0))
	LDPQ(quads[2], quads[3], table.At(2*size))
	convert := func(bytes V, registers int, to R) {
		v := made(TBL, group{bytes}, quads[:registers])
		y := newGroup(registers)
		y.update(func(d, n, _ V) { VMOV(d, n) }, shift, shift)
		addProduct(y, made1(SCVTF, v), scale)
		span{registers: registers}.store(y, to)
	}
	blocks := func(name string, registers int, load func(v V, from R)) {
		from, to, left := rowOf(order, src, srcRow), Copy(dst), Copy(width)
		count := registers * lanes
		SUBS(left, left, count)
		Label(name)
		v := NewV()
		load(v, from)
		convert(v, registers, to)
		ADD(from, from, count)
		ADD(to, to, size*registers)
		SUBS(left, left, count)
		BGE(name)
		CMP(left, -count)
		BEQ("next")
		ADD(from, from, left) // left is negative
		ADD(to, to, left.Shift(2))
		load(v, from)
		convert(v, registers, to)
		B("next")
	}
	eachRow("rows", func() {
		CMP(width, 4*lanes)
		BLT("few")
		blocks("sixteen", 4, func(v V, from R) { LDRQ(v, from.At(0)) })
		Label("few")
		CMP(width, lanes)
		BLT("fewer")
		blocks("four", 1, func(v V, from R) { LDRS(v, from.At(0)) })
		Label("fewer")
		from, to, left := rowOf(order, src, srcRow), Copy(dst), Copy(width)
		Label("one")
		v, y := NewV(), VCopy(shift[0])
		LDRBV(v, from.Post(1))
		SCVTF(v, v)
		FMLA(y, v, scale[0])
		STRS(y, to.Post(4))
		SUBS(left, left, 1)
		BNE("one")
		Label("next")
	}, walk{order, 4}, walk{dst, dstRow})
	RET()
}

// lines writes the prefetches of bytes from p on. It overwrites both.
func lines(name string, p, bytes R, how string) {
	Label(name)
	PRFM(p.At(0), how)
	ADD(p, p, 64)
	SUBS(bytes, bytes, 64)
	BGT(name)
	ADD(p, p, bytes)
	SUB(p, p, 1)
	PRFM(p.At(0), how) // the line of the last byte
}

// prefetch writes the kernel that loads rows of bytes into the cache.
func prefetch() {
	function("prefetch", "func(src *uint8, order *int32, srcRow, rows, width uint64)",
		"prefetches the cache lines of rows of width bytes, at least one row and byte.")
	src, order, srcRow, width := Arg("src"), Arg("order"), Arg("srcRow"), Arg("width")
	eachRow("rows", func() {
		lines("lines", rowOf(order, src, srcRow), Copy(width), "PLDL2KEEP")
	}, walk{order, 4})
	RET()
}

// claim writes the kernel that loads rows of numbers into the cache for writing.
func claim() {
	function("claim", "func(x *float32, xRow, rows, width uint64)",
		"prefetches the cache lines of rows of width numbers, at least one, for writing.")
	x, xRow, bytes := Arg("x"), Arg("xRow"), Arg("width")
	LSL(bytes, bytes, 2)
	eachRow("rows", func() { lines("lines", Copy(x), Copy(bytes), "PSTL1KEEP") }, walk{x, xRow})
	RET()
}
