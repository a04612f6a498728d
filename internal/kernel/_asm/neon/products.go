package main

import (
	"fmt"

	. "braid/internal/kernel/_asm/arm64"
)

// products writes the tiles of the products with the outputs in the lanes. Sums fill most
// registers, 18 and more in the tallest of three registers, so that four pipes of latency 4 are
// busy. Package kernel takes narrow tiles for C narrower than a register, and the one of eight
// registers for few rows.
func products() {
	for registers, heights := range [][]int{1: {8, 4, 2, 1}, 2: {8, 4, 2, 1}, 3: {6, 4, 2, 1}} {
		for _, rows := range heights {
			lanesProduct("lanes", tile{rows: rows, registers: registers})
			indirectProduct("indirect", tile{rows: rows, registers: registers})
		}
	}
	lanesProduct("lanes", tile{rows: 1, registers: 8, whole: true})
	for registers := 1; registers <= 3; registers++ {
		for rows := 1; rows <= 8; rows++ {
			lanesProduct("lanesAdjacent", tile{rows: rows, registers: registers, adjacent: true})
		}
		indirectProduct("indirectAdjacent", tile{rows: 8, registers: registers, adjacent: true})
	}
	for _, rows := range []int{8, 1} {
		t := tile{rows: rows, registers: 1, narrow: true}
		lanesProduct("lanesNarrow", t)
		indirectProduct("indirectNarrow", t)
	}
}

// tile is a tile of rows x registers of outputs.
type tile struct {
	rows, registers int
	adjacent        bool // the numbers that the rows take from A are adjacent
	narrow          bool // a row has fewer numbers than a register
	whole           bool // the last register of a row is full

	sums [][]V
	last R     // offset in bytes of the last register of a row, if there are several
	tail *part // of a narrow tile
}

// name returns the name and the doc comment of a tile's function.
func (t *tile) name(kind string) (name, doc string) {
	name = fmt.Sprintf("%s%dx%d", kind, t.rows, t.registers)
	doc = fmt.Sprintf("computes rowTiles tiles of %d rows x %d registers, the last of them lanes wide",
		t.rows, t.registers)
	if t.adjacent {
		doc += ". The rows take adjacent numbers from A"
	}
	return name, doc + ". Strides are in bytes."
}

// width loads the width of the last register. The last register of a ragged row begins before the
// end of the one in front of it: both compute the same numbers, and nothing beyond the row is read.
func (t *tile) width() {
	switch {
	case t.narrow:
		t.tail = &part{Arg("lanes")}
	case t.registers > 1 && !t.whole:
		count := Arg("lanes")
		t.last = NewR()
		LSL(t.last, count, 2)
		ADD(t.last, t.last, size*(t.registers-2))
	}
}

// newRow returns new registers for a row.
func (t *tile) newRow() []V {
	row := make([]V, t.registers)
	for j := range row {
		row[j] = NewV()
	}
	return row
}

// load loads the row at p.
func (t *tile) load(row []V, p R) {
	if t.registers == 1 {
		loadTo(row[0], p, t.tail)
		return
	}
	t.row(row, p, LDPQ, LDRQ)
}

// store writes the sums of a row to p.
func (t *tile) store(row []V, p R) {
	if t.registers == 1 {
		store(row[0], p, t.tail)
		return
	}
	t.row(row, p, STPQ, STRQ)
}

// row accesses the registers of a row at p, two at a time and, if they are left, one.
func (t *tile) row(row []V, p R, two func(v, w V, m Mem), one func(v V, m Mem)) {
	at := 0
	if !t.whole { // the last is not in line with the others
		last := len(row) - 1
		defer one(row[last], p.Index(t.last))
		row = row[:last]
	}
	for ; at+1 < len(row); at += 2 {
		two(row[at], row[at+1], p.At(at*size))
	}
	if at < len(row) {
		one(row[at], p.At(at*size))
	}
}

// step adds to the sums the products of the row of B at y, which it moves by bRow, with a lane for
// each row of the tile.
func (t *tile) step(y, bRow R, from func(i int) Lane) {
	row := t.newRow()
	t.load(row, y)
	ADD(y, y, bRow)
	for i, sums := range t.sums {
		x := from(i)
		for j, v := range row {
			FMLA(sums[j], v, x)
		}
	}
}

// steps writes the loops over the steps of a product: in each, y is a row of B, and A has a number
// for each row of the tile, at along from its address in as. It overwrites along, y and left, the
// number of steps. If the tile is adjacent, as has the address of the first number alone.
func (t *tile) steps(as []R, along, y, left, aCol, bRow R) {
	if t.adjacent {
		x := as[0]
		ADD(x, x, along)
		Label("inner")
		lanes := t.loadAdjacent(x)
		ADD(x, x, aCol)
		t.step(y, bRow, func(i int) Lane { return lanes[i/4].Lane(i % 4) })
		SUBS(left, left, 1)
		BNE("inner")
		return
	}
	// Four steps at a time, if A has them next to each other.
	CMP(aCol, 4)
	BNE("inner")
	SUBS(left, left, 4)
	BLT("foursDone")
	Label("fours")
	x := make([]V, t.rows)
	for i := range x {
		x[i] = NewV()
		LDRQ(x[i], as[i].Index(along))
	}
	for l := range 4 {
		t.step(y, bRow, func(i int) Lane { return x[i].Lane(l) })
	}
	ADD(along, along, size)
	SUBS(left, left, 4)
	BGE("fours")
	Label("foursDone")
	ADD(left, left, 4)
	CBZ(left, "stepped")
	Label("inner")
	t.step(y, bRow, func(i int) Lane {
		v := NewV()
		LDRS(v, as[i].Index(along))
		return v.Lane(0)
	})
	ADD(along, along, aCol)
	SUBS(left, left, 1)
	BNE("inner")
	Label("stepped")
}

// loadAdjacent returns registers with the tile's numbers of A, up to 8 from x on.
func (t *tile) loadAdjacent(x R) []V {
	v := make([]V, (t.rows+lanes-1)/lanes)
	for i := range v {
		v[i] = NewV()
	}
	last := v[len(v)-1]
	at := x.At((len(v) - 1) * size)
	switch left := t.rows % lanes; {
	case left == 0 && len(v) == 2:
		LDPQ(v[0], v[1], x.At(0))
		return v
	case left == 0:
		LDRQ(last, at)
	case left == 1:
		LDRS(last, at)
	default:
		LDRD(last, at)
		if left == 3 {
			LD1(last.Lane(2), sum(x, (len(v)-1)*size+8))
		}
	}
	if len(v) == 2 {
		LDRQ(v[0], x.At(0))
	}
	return v
}

// newSums makes registers for the sums.
func (t *tile) newSums() {
	t.sums = make([][]V, t.rows)
	for i := range t.sums {
		t.sums[i] = t.newRow()
	}
}

// lanesProduct writes a product in tiles.
func lanesProduct(kind string, t tile) {
	name, doc := t.name(kind)
	function(name,
		"func(c, a, b, start *float32, cRow, aRow, aCol, bRow, rowTiles, inner, lanes uint64)", doc)
	c, a, aCol, bRow := Arg("c"), Arg("a"), Arg("aCol"), Arg("bRow")
	t.width()
	Label("rows")
	t.newSums()
	first := Arg("start")
	CBNZ(first, "fresh")
	cRow, next := Arg("cRow"), Copy(c)
	for _, row := range t.sums {
		t.load(row, next)
		ADD(next, next, cRow)
	}
	B("started")
	Label("fresh")
	t.load(t.sums[0], first)
	for _, row := range t.sums[1:] {
		for j, v := range t.sums[0] {
			VMOV(row[j], v)
		}
	}
	Label("started")
	as := []R{Copy(a)}
	aRow := Arg("aRow")
	for i := 1; i < t.rows; i++ {
		if !t.adjacent {
			as = append(as, NewR())
			ADD(as[i], as[i-1], aRow)
		}
	}
	along := NewR()
	MOVI(along, 0)
	t.steps(as, along, Arg("b"), Arg("inner"), aCol, bRow)
	cRow, aRow = Arg("cRow"), Arg("aRow")
	for i := range t.sums {
		t.store(t.sums[i], c)
		ADD(c, c, cRow)
	}
	height := NewR()
	MOVI(height, t.rows)
	MADD(a, aRow, height, a)
	left := Arg("rowTiles")
	SUBS(left, left, 1)
	SetArg("rowTiles", left)
	BNE("rows")
	RET()
}

// indirectProduct writes an indirect product in tiles.
func indirectProduct(kind string, t tile) {
	name, doc := t.name(kind)
	function(name, "func(c, a, b *float32, cRows, aRows, aSegments, bSegments *int32, "+
		"cRow, aCol, bRow, rowTiles, segments, inner, lanes, fresh uint64)", doc)
	aCol, bRow := Arg("aCol"), Arg("bRow")
	t.width()
	Label("tiles")
	t.newSums()
	CBNZ(Arg("fresh"), "fresh")
	t.eachRowOfC(func(i int, row R) { t.load(t.sums[i], row) })
	B("started")
	Label("fresh")
	for _, row := range t.sums {
		for _, v := range row {
			VMOVI(v, 0)
		}
	}
	Label("started")
	list, a := Arg("aRows"), Arg("a")
	var as []R
	for i := range t.rows {
		if i > 0 && t.adjacent {
			break
		}
		as = append(as, NewR())
		LDRSW(as[i], list.At(4*i))
		ADD(as[i], a, as[i].Shift(2))
	}
	segment := NewR()
	MOVI(segment, 0)
	Label("segments")
	along, y := Arg("aSegments"), Arg("bSegments")
	LDRSW(along, along.Index(segment))
	LSL(along, along, 2)
	LDRSW(y, y.Index(segment))
	MADD(y, y, bRow, Arg("b"))
	ADD(segment, segment, 4)
	bases := as
	if t.adjacent {
		bases = []R{Copy(as[0])}
	}
	t.steps(bases, along, y, Arg("inner"), aCol, bRow)
	end := Arg("segments")
	CMP(segment, end.Shift(2))
	BNE("segments")

	t.eachRowOfC(func(i int, row R) { t.store(t.sums[i], row) })
	for _, name := range []string{"cRows", "aRows"} {
		list := Arg(name)
		ADD(list, list, 4*t.rows)
		SetArg(name, list)
	}
	left := Arg("rowTiles")
	SUBS(left, left, 1)
	SetArg("rowTiles", left)
	BNE("tiles")
	RET()
}

// eachRowOfC calls do with the address of each row of C of an indirect product's tile.
func (t *tile) eachRowOfC(do func(i int, row R)) {
	list, c, cRow := Arg("cRows"), Arg("c"), Arg("cRow")
	for i := range t.rows {
		row := NewR()
		LDRSW(row, list.At(4*i))
		MADD(row, row, cRow, c)
		do(i, row)
	}
}
