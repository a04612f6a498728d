package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// products writes the tiles of both products, of up to 25 sums with 32 registers, 12 with 16. The
// narrowest lanes also have a tall tile, because the latency of few sums would show.
func products() {
	dotRows, dotColumns, laneRows, laneColumns := 4, 5, 5, 5
	if set == avx2 {
		dotRows, dotColumns, laneRows, laneColumns = 2, 3, 4, 3
	}
	for columns := range dotColumns {
		dots(dotRows, columns+1)
		dots(1, columns+1)
	}
	for columns := range laneColumns {
		for rows := range laneRows {
			// The widest tile of AVX2 leaves no register for a mask.
			lanes(rows+1, columns+1, set == avx512 || columns+1 < laneColumns)
		}
	}
	lanes(12, 1, true)
}

// rowOf returns the address of row i of a matrix, for i up to 4. triple is 3 times the stride.
func rowOf(base, stride, triple Register, i, disp int) Mem {
	m := Mem{Base: base, Disp: disp}
	switch i {
	case 1, 2, 4:
		m.Index, m.Scale = stride, uint8(i)
	case 3:
		m.Index, m.Scale = triple, 1
	}
	return m
}

func tripled(stride GPVirtual) GPVirtual {
	triple := GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, triple)
	return triple
}

// matrix addresses the rows of a matrix, from a base for each four rows.
type matrix struct {
	bases          []GPVirtual
	stride, triple GPVirtual
}

// matrixOf returns the matrix of some rows at base.
func matrixOf(base, stride, triple GPVirtual, rows int) matrix {
	m := matrix{[]GPVirtual{base}, stride, triple}
	for i := 4; i < rows-1; i += 4 { // rowOf reaches a fifth row
		next := GP64()
		LEAQ(Mem{Base: m.bases[len(m.bases)-1], Index: stride, Scale: 4}, next)
		m.bases = append(m.bases, next)
	}
	return m
}

// row returns the address of row i.
func (m matrix) row(i, disp int) Mem {
	base := min(i/4, len(m.bases)-1)
	return rowOf(m.bases[base], m.stride, m.triple, i-4*base, disp)
}

// lanes writes a product in tiles of rows x columns registers of outputs. If masked, only the first
// lanes numbers of the last register of a row are written.
func lanes(rows, columns int, masked bool) {
	function(fmt.Sprintf("lanes%dx%d", rows, columns),
		"func(c, a, b, start *float32, cRow, aRow, aCol, bRow, rowTiles, inner, lanes uint64)",
		fmt.Sprintf("computes rowTiles tiles of %d rows x %d registers, "+
			"the last of them lanes wide. Strides are in bytes.", rows, columns))
	c, a := pointer("c"), pointer("a")
	cRow, aRow := pointer("cRow"), pointer("aRow")
	cTriple, aTriple := tripled(cRow), tripled(aRow)
	aCol, bRow := pointer("aCol"), pointer("bRow")
	tails := make([]*mask, columns)
	if masked {
		m := low(pointer("lanes"), 0)
		tails[columns-1] = &m
	}

	Label("rows")
	next := duplicate(c) // the next tile
	for range rows {
		ADDQ(cRow, next)
	}
	sums := make([][]VecVirtual, rows)
	to := matrixOf(c, cRow, cTriple, rows)
	start(sums, tails, func(i, j int) Mem { return to.row(i, set.size*j) })
	// Load the cache lines of the next tile of C while this tile is computed.
	to = matrixOf(next, cRow, cTriple, rows)
	for i := range rows {
		for byte := 0; byte < columns*set.size; byte += cacheLine {
			PREFETCHT0(to.row(i, byte))
		}
	}
	x, y, left := matrixOf(duplicate(a), aRow, aTriple, rows), pointer("b"), pointer("inner")
	Label("inner")
	var bs []VecVirtual
	for j := range columns {
		bs = append(bs, load(Mem{Base: y, Disp: set.size * j}, tails[j]))
	}
	for i := range rows {
		v := register()
		VBROADCASTSS(x.row(i, 0), v)
		for j := range columns {
			VFMADD231PS(v, bs[j], sums[i][j])
		}
	}
	for _, base := range x.bases {
		ADDQ(aCol, base)
	}
	ADDQ(bRow, y)
	DECQ(left)
	JNZ(LabelRef("inner"))
	to = matrixOf(c, cRow, cTriple, rows)
	for i := range rows {
		for j := range columns {
			store(sums[i][j], to.row(i, set.size*j), tails[j])
		}
	}
	for range rows {
		ADDQ(aRow, a)
	}
	MOVQ(next, c)
	DECQ(argument("rowTiles"))
	JNZ(LabelRef("rows"))
	end()
}

const cacheLine = 64

// start initializes a tile's sums with C, or with the row start unless it is nil.
func start(sums [][]VecVirtual, tails []*mask, of func(i, j int) Mem) {
	first := pointer("start")
	TESTQ(first, first)
	JNZ(LabelRef("fresh"))
	for i := range sums {
		for j, tail := range tails {
			sums[i] = append(sums[i], load(of(i, j), tail))
		}
	}
	JMP(LabelRef("started"))
	Label("fresh")
	for j, tail := range tails {
		v := load(Mem{Base: first, Disp: set.size * j}, tail)
		for i := range sums {
			VMOVAPS(v, sums[i][j])
		}
	}
	Label("started")
}
