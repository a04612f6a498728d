package main

import (
	"fmt"

	. "braid/internal/kernel/_asm/arm64"
)

// sumSize is the size of the 16 lanes of a sum, one step along both operands.
const sumSize = 4 * size

// dotsTile is a tile of rows x columns sums of 16 lanes.
type dotsTile struct {
	rows, columns int
	// quads is the number of a sum's four registers that a pass computes. A tile of many sums takes
	// two passes over its rows, of lanes 0 to 7 and 8 to 15: that leaves registers for the operands.
	quads int

	x, y    []R     // addresses in the rows of A and B
	sums    [][][]V // by row, column, quad
	scratch R       // address of the first pass' sums
}

// dotProducts writes the tiles of the product with the summed axis in the lanes.
func dotProducts() {
	for columns := 1; columns <= 3; columns++ {
		for _, rows := range []int{4, 1} {
			quads := 4
			if rows*columns > 4 {
				quads = 2
			}
			dots(&dotsTile{rows: rows, columns: columns, quads: quads})
		}
	}
}

// dots writes a product in tiles. It computes tiles down the rows first, so that their rows of B
// stay in the L1 cache.
func dots(t *dotsTile) {
	function(fmt.Sprintf("dots%dx%d", t.rows, t.columns),
		"func(c, a, b *float32, cRow, aRow, bRow, rowTiles, columnTiles, inner uint64, old uint32)",
		fmt.Sprintf("computes rowTiles x columnTiles tiles of %d x %d sums. Strides are in bytes.",
			t.rows, t.columns))
	c, b := Arg("c"), Arg("b")
	if t.quads == 2 {
		t.scratch = Scratch(t.rows * t.columns * t.quads * size)
	}
	Label("columns")
	a, out, rowTiles := Arg("a"), Copy(c), Arg("rowTiles")
	Label("rows")
	offset := NewR() // of the pass' lanes in a step
	MOVI(offset, 0)
	Label("pass")
	t.x, t.y = t.pointers(a, offset, "aRow", t.rows), t.pointers(b, offset, "bRow", t.columns)
	t.sums = make([][][]V, t.rows)
	for i := range t.sums {
		for range t.columns {
			t.sums[i] = append(t.sums[i], zeros(t.quads))
		}
	}
	t.pass(offset)
	if t.quads == 2 {
		CBNZ(offset, "fold")
		t.each(func(k int, sum []V) { STPQ(sum[0], sum[1], t.scratch.At(2*size*k)) })
		MOVI(offset, 2*size)
		B("pass")
		Label("fold")
	}
	t.fold(out)
	aRow := Arg("aRow")
	for range t.rows {
		ADD(a, a, aRow)
	}
	SUBS(rowTiles, rowTiles, 1)
	BNE("rows")

	ADD(c, c, 4*t.columns)
	bRow := Arg("bRow")
	for range t.columns {
		ADD(b, b, bRow)
	}
	left := Arg("columnTiles")
	SUBS(left, left, 1)
	SetArg("columnTiles", left)
	BNE("columns")
	RET()
}

func zeros(count int) []V {
	var list []V
	for range count {
		list = append(list, Zero())
	}
	return list
}

// pointers returns the addresses of successive rows, of which the first is offset from base.
func (t *dotsTile) pointers(base, offset R, stride string, count int) []R {
	row := Arg(stride)
	list := make([]R, count)
	for i := range list {
		list[i] = NewR()
		if i == 0 {
			ADD(list[i], base, offset)
		} else {
			ADD(list[i], list[i-1], row)
		}
	}
	return list
}

// each calls do with each sum and its index.
func (t *dotsTile) each(do func(k int, sum []V)) {
	for i, row := range t.sums {
		for j, sum := range row {
			do(i*t.columns+j, sum)
		}
	}
}

// pass computes the lanes of one pass. A step is whole if the pass' lanes all have elements.
func (t *dotsTile) pass(offset R) {
	steps, left := Arg("inner"), NewR()
	if t.quads == 2 {
		// The first pass has a whole step more if half of the lanes have elements.
		ADD(steps, steps, 8)
		passed := NewR()
		LSR(passed, offset, 2)
		SUB(steps, steps, passed)
	}
	AND(left, steps, 15)
	LSR(steps, steps, 4)
	SUBS(steps, steps, 4)
	BLT("few")
	Label("inner")
	for range 4 {
		t.step()
	}
	SUBS(steps, steps, 4)
	BGE("inner")
	Label("few")
	ADD(steps, steps, 4)
	CBZ(steps, "rest")
	Label("single")
	t.step()
	SUBS(steps, steps, 1)
	BNE("single")
	Label("rest")
	if t.quads == 2 {
		SUBS(left, left, 8)
		BLE("passed")
	} else {
		CBZ(left, "passed")
	}
	t.rest(left)
	Label("passed")
}

// step adds the products of 16 elements, of which the pass takes those of its lanes.
func (t *dotsTile) step() {
	for half := 0; half < t.quads; half += 2 {
		pair := func(p R) []V {
			v := []V{NewV(), NewV()}
			move := 2 * size
			if half+2 == t.quads {
				move = sumSize - half*size
			}
			LDPQ(v[0], v[1], p.Post(move))
			return v
		}
		var bs [][]V
		for _, p := range t.y {
			bs = append(bs, pair(p))
		}
		for i, p := range t.x {
			a := pair(p)
			for j, b := range bs {
				FMLA(t.sums[i][j][half], a[0], b[0])
				FMLA(t.sums[i][j][half+1], a[1], b[1])
			}
		}
	}
}

// rest adds the products of the elements after the last whole step, as many as left: quads of
// lanes, then up to three lanes.
func (t *dotsTile) rest(left R) {
	quad := NewR()
	MOVI(quad, 0)
	for q := range t.quads - 1 {
		CMP(left, lanes)
		BLT("some")
		t.products(q, func(p R) V {
			v := NewV()
			LDRQ(v, p.Post(size))
			return v
		})
		ADD(quad, quad, 1)
		SUBS(left, left, lanes)
		BEQ("passed")
	}
	Label("some")
	loaded := t.some(left)
	for q := range t.quads {
		next := fmt.Sprint("after", q)
		if q+1 < t.quads {
			CMP(quad, q)
			BNE(next)
		}
		t.products(q, func(p R) V { return loaded[p] })
		if q+1 < t.quads {
			B("passed")
			Label(next)
		}
	}
}

// products adds to quad q of each sum the products of registers that load returns for the rows.
func (t *dotsTile) products(q int, load func(p R) V) {
	var bs []V
	for _, p := range t.y {
		bs = append(bs, load(p))
	}
	for i, p := range t.x {
		a := load(p)
		for j, b := range bs {
			FMLA(t.sums[i][j][q], a, b)
		}
	}
}

// some loads the last numbers of each row, 1 to 3. Lanes without numbers are 0 in those of A and -0
// in those of B: adding their product, -0, changes no sum, not even -0.
func (t *dotsTile) some(left R) map[R]V {
	rows := append(append([]R(nil), t.x...), t.y...)
	loaded := map[R]V{}
	for _, p := range rows {
		loaded[p] = NewV()
	}
	TBZ(left, 1, "one")
	for _, p := range rows {
		LDRD(loaded[p], p.At(0))
	}
	TBZ(left, 0, "loaded")
	for _, p := range rows {
		LD1(loaded[p].Lane(2), sum(p, 8))
	}
	B("loaded")
	Label("one")
	for _, p := range rows {
		LDRS(loaded[p], p.At(0))
	}
	Label("loaded")
	missing, at := NewV(), NewR()
	LSL(at, left, 4)
	LDRQ(missing, Table("dotsMissingNEON", []uint32{
		0, 0, 0, 0, 0, sign, sign, sign, 0, 0, sign, sign, 0, 0, 0, sign,
	}).Index(at))
	for _, p := range t.y {
		ORR(loaded[p], loaded[p], missing)
	}
	return loaded
}

const sign = 1 << 31 // the bits of -0

// fold folds the sums, lane i with i+8, i+4, i+2, i+1, and adds them to the rows of C at out, which
// it moves to the next tile.
func (t *dotsTile) fold(out R) {
	t.each(func(k int, sum []V) {
		low, high := sum[:2], sum[len(sum)-2:] // lanes 0 to 7, 8 to 15
		if t.quads == 2 {
			low = []V{NewV(), NewV()}
			LDPQ(low[0], low[1], t.scratch.At(2*size*k))
		}
		FADD(sum[0], low[0], high[0])
		FADD(sum[1], low[1], high[1])
		FADD(sum[0], sum[0], sum[1])
	})
	cRow, word, old := Arg("cRow"), NewR(), NewV()
	LoadArg(word, "old")
	DUPR(old, word)
	for _, row := range t.sums {
		folded := foldPair(row[0][0], row[min(1, t.columns-1)][0])
		others := folded
		if t.columns == 3 {
			others = foldPair(row[2][0], row[2][0])
		}
		FADDP(folded, folded, others)
		before := NewV()
		loadCount(before, out, t.columns)
		VAND(before, before, old)
		FADD(folded, before, folded)
		storeCount(folded, out, t.columns)
		ADD(out, out, cRow)
	}
}

// foldPair adds lanes 2 and 3 of x and of y to their lanes 0 and 1, and returns the four sums.
func foldPair(x, y V) V {
	low, high := NewV(), NewV()
	ZIP1D(low, x, y)
	ZIP2D(high, x, y)
	FADD(low, low, high)
	return low
}

// loadCount loads 1 to 3 numbers.
func loadCount(v V, p R, count int) {
	if count == 1 {
		LDRS(v, p.At(0))
		return
	}
	LDRD(v, p.At(0))
	if count == 3 {
		LD1(v.Lane(2), sum(p, 8))
	}
}

// storeCount stores 1 to 3 numbers.
func storeCount(v V, p R, count int) {
	if count == 1 {
		STRS(v, p.At(0))
		return
	}
	STRD(v, p.At(0))
	if count == 3 {
		ST1(v.Lane(2), sum(p, 8))
	}
}

// sum returns a new register with p + offset.
func sum(p R, offset any) R {
	r := NewR()
	ADD(r, p, offset)
	return r
}
