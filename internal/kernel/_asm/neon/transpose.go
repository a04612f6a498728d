package main

import (
	"fmt"

	. "braid/internal/kernel/_asm/arm64"
)

// transposes writes the kernel that transposes a matrix, and the one that adds to y instead of
// overwriting it. They take 8 rows at a time, then 4, then 1; of each 4 columns, then 1.
func transposes() {
	for _, name := range []string{"transpose", "transposeAdd"} {
		function(name, "func(y, x *float32, yRow, xRow, rows, columns uint64)",
			"transposes rows x columns numbers, at least one of each. Strides are in bytes.")
		t := transposition{
			adding: name == "transposeAdd", y: Arg("y"), x: Arg("x"), rows: Arg("rows"),
			yRow: Arg("yRow"), xRow: Arg("xRow"),
		}
		for _, height := range []int{8, 4, 1} {
			t.down(height)
		}
		Label("done")
		RET()
	}
}

type transposition struct {
	adding           bool
	y, x             R // where the rows that are left begin
	yRow, xRow, rows R
}

// down writes the loops over rows of x, height at a time, and over their columns.
func (t *transposition) down(height int) {
	name := func(what string) string { return fmt.Sprint(what, height) }
	Label(name("rows"))
	CMP(t.rows, height)
	BLT(name("fewer"))
	from, to, left := []R{Copy(t.x)}, Copy(t.y), Arg("columns")
	for i := 1; i < height; i++ {
		from = append(from, sum(from[i-1], t.xRow))
	}
	SUBS(left, left, lanes)
	BLT(name("few"))
	Label(name("four"))
	t.four(from, to)
	SUBS(left, left, lanes)
	BGE(name("four"))
	Label(name("few"))
	ADD(left, left, lanes)
	CBZ(left, name("next"))
	Label(name("one"))
	t.one(from, to)
	SUBS(left, left, 1)
	BNE(name("one"))
	Label(name("next"))
	ADD(t.y, t.y, 4*height)
	next := NewR()
	MOVI(next, height)
	MADD(t.x, t.xRow, next, t.x)
	SUBS(t.rows, t.rows, height)
	BNE(name("rows"))
	B("done")
	Label(name("fewer"))
}

// four transposes four columns of the rows that begin at from, which it moves.
func (t *transposition) four(from []R, to R) {
	rows := make([]V, len(from))
	for i, p := range from {
		rows[i] = NewV()
		LDRQ(rows[i], p.Post(size))
	}
	if len(from) == 1 {
		for i := range lanes {
			v := NewV()
			DUP(v, rows[0].Lane(i))
			t.store([]V{v}, to, 1)
		}
		return
	}
	var quads [][]V // by four rows, by column
	for i := 0; i < len(rows); i += 4 {
		quads = append(quads, columnsOf(rows[i:]))
	}
	for j := range lanes {
		var column []V
		for _, q := range quads {
			column = append(column, q[j])
		}
		t.store(column, to, len(from))
	}
}

// columnsOf returns the columns of four rows.
func columnsOf(rows []V) []V {
	merged := func(merge func(d, n, m V), a, b V) V {
		v := NewV()
		merge(v, a, b)
		return v
	}
	even, odd := merged(TRN1, rows[0], rows[1]), merged(TRN2, rows[0], rows[1])
	evenBelow, oddBelow := merged(TRN1, rows[2], rows[3]), merged(TRN2, rows[2], rows[3])
	return []V{
		merged(ZIP1D, even, evenBelow), merged(ZIP1D, odd, oddBelow),
		merged(ZIP2D, even, evenBelow), merged(ZIP2D, odd, oddBelow),
	}
}

// one transposes one column.
func (t *transposition) one(from []R, to R) {
	var column []V
	for i, p := range from {
		v := NewV()
		LDRS(v, p.Post(4))
		if i%lanes == 0 {
			column = append(column, v)
		} else {
			INS(column[i/lanes].Lane(i%lanes), v.Lane(0))
		}
	}
	t.store(column, to, len(from))
}

// store writes a column of 8, 4 or 1 rows to the row of y at to, or adds it, and moves to.
func (t *transposition) store(column []V, to R, height int) {
	load, store := func(v []V) { LDRS(v[0], to.At(0)) }, func(v []V) { STRS(v[0], to.At(0)) }
	switch height {
	case 8:
		load = func(v []V) { LDPQ(v[0], v[1], to.At(0)) }
		store = func(v []V) { STPQ(v[0], v[1], to.At(0)) }
	case 4:
		load, store = func(v []V) { LDRQ(v[0], to.At(0)) }, func(v []V) { STRQ(v[0], to.At(0)) }
	}
	if t.adding {
		before := []V{NewV(), NewV()}
		load(before)
		for i, v := range column {
			FADD(v, before[i], v)
		}
	}
	store(column)
	ADD(to, to, t.yRow)
}
