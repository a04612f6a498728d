package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// products writes the tiles of both products, of up to 25 sums with 32 registers, 12 with 16.
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

// lanes writes a product in tiles of rows x columns registers of outputs. If masked, only the first
// lanes numbers of the last register of a row are written.
func lanes(rows, columns int, masked bool) {
	function(fmt.Sprintf("lanes%dx%d", rows, columns),
		"func(c, a, b *float32, cRow, aRow, aCol, bRow, rowTiles, inner, lanes, fresh uint64)",
		fmt.Sprintf("computes rowTiles tiles of %d rows x %d registers, "+
			"the last of them lanes wide. Strides are in bytes.", rows, columns))
	c, a := pointer("c"), pointer("a")
	cRow, aRow := pointer("cRow"), pointer("aRow")
	cTriple, aTriple := tripled(cRow), tripled(aRow)
	aCol, bRow := pointer("aCol"), pointer("bRow")
	rowTiles := pointer("rowTiles")
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
	of := func(i, j int) Mem { return rowOf(c, cRow, cTriple, i, set.size*j) }
	start(sums, tails, of)
	// Load the cache lines of the next tile of C while this tile is computed.
	for i := range rows {
		for byte := 0; byte < columns*set.size; byte += cacheLine {
			PREFETCHT0(rowOf(next, cRow, cTriple, i, byte))
		}
	}
	x, y, left := duplicate(a), pointer("b"), pointer("inner")
	Label("inner")
	var bs []VecVirtual
	for j := range columns {
		bs = append(bs, load(Mem{Base: y, Disp: set.size * j}, tails[j]))
	}
	for i := range rows {
		v := register()
		VBROADCASTSS(rowOf(x, aRow, aTriple, i, 0), v)
		for j := range columns {
			VFMADD231PS(v, bs[j], sums[i][j])
		}
	}
	ADDQ(aCol, x)
	ADDQ(bRow, y)
	DECQ(left)
	JNZ(LabelRef("inner"))
	for i := range rows {
		for j := range columns {
			store(sums[i][j], of(i, j), tails[j])
		}
	}
	for range rows {
		ADDQ(aRow, a)
	}
	MOVQ(next, c)
	DECQ(rowTiles)
	JNZ(LabelRef("rows"))
	end()
}

const cacheLine = 64

// start initializes a tile's sums with C, or with zeros if the product is fresh.
func start(sums [][]VecVirtual, tails []*mask, of func(i, j int) Mem) {
	fresh := pointer("fresh")
	TESTQ(fresh, fresh)
	JNZ(LabelRef("fresh"))
	for i := range sums {
		for j, tail := range tails {
			sums[i] = append(sums[i], load(of(i, j), tail))
		}
	}
	JMP(LabelRef("started"))
	Label("fresh")
	zero := zeros()
	for i := range sums {
		for j := range tails {
			VMOVAPS(zero, sums[i][j])
		}
	}
	Label("started")
}
