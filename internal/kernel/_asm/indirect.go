package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// indirectRows returns the heights of the tiles that are some registers wide, the tallest first.
// The sums of the tallest fill the registers. The others suit the rest of a power of two.
func indirectRows(columns int) []int {
	if set == avx2 {
		return [][]int{{8, 4, 2, 1}, {6, 4, 2, 1}, {4, 2, 1}}[columns-1]
	}
	return [][]int{
		{12, 8, 4, 2, 1}, {12, 8, 4, 2, 1}, {8, 4, 2, 1}, {6, 4, 2, 1}, {5, 4, 2, 1},
	}[columns-1]
}

// indirects writes the tiles of indirect products.
func indirects() {
	widest := 5
	if set == avx2 {
		widest = 3
	}
	for columns := 1; columns <= widest; columns++ {
		for _, rows := range indirectRows(columns) {
			// The widest tile of AVX2 leaves no register for a mask.
			indirect(rows, columns, set == avx512 || columns < widest)
		}
	}
}

// indirect writes an indirect product in tiles of rows x columns registers of outputs. If masked,
// only the first lanes numbers of the last register of a row are written.
func indirect(rows, columns int, masked bool) {
	function(fmt.Sprintf("indirect%dx%d", rows, columns),
		"func(c, a, b *float32, cRows, aRows, aSegments, bSegments *int32, "+
			"cRow, aCol, bRow, rowTiles, segments, inner, lanes, fresh uint64)",
		fmt.Sprintf("computes rowTiles tiles of %d rows x %d registers, "+
			"the last of them lanes wide. Strides are in bytes.", rows, columns))
	span, end, segment := AllocLocal(8), AllocLocal(8), AllocLocal(8)
	x := pointer("inner")
	IMULQ(argument("bRow"), x)
	MOVQ(x, span) // of a segment's rows of B, in bytes
	tails := make([]*mask, columns)
	if masked {
		m := low(pointer("lanes"), 0)
		tails[columns-1] = &m
	}

	Label("tiles")
	sums := make([][]VecVirtual, rows)
	fresh := pointer("fresh")
	TESTQ(fresh, fresh)
	JNZ(LabelRef("fresh"))
	eachRowOfC(rows, func(i int, row Register) {
		for j, tail := range tails {
			sums[i] = append(sums[i], load(Mem{Base: row, Disp: set.size * j}, tail))
		}
	})
	JMP(LabelRef("started"))
	Label("fresh")
	// Load the cache lines of C while the tile is computed.
	eachRowOfC(rows, func(i int, row Register) {
		for byte := 0; byte < columns*set.size; byte += cacheLine {
			PREFETCHT0(Mem{Base: row, Disp: byte})
		}
	})
	zero := zeros()
	for i := range sums {
		for j := range tails {
			VMOVAPS(zero, sums[i][j])
		}
	}
	Label("started")

	as, list := make([]GPVirtual, rows), pointer("aRows")
	for i := range as {
		as[i] = GP64()
		MOVLQSX(Mem{Base: list, Disp: 4 * i}, as[i])
		SHLQ(Imm(2), as[i])
		ADDQ(argument("a"), as[i])
	}
	MOVQ(U32(0), segment)
	Label("segments")
	number := GP64()
	MOVQ(segment, number)
	along, y := pointer("aSegments"), pointer("bSegments")
	MOVLQSX(Mem{Base: along, Index: number, Scale: 4}, along)
	SHLQ(Imm(2), along)
	MOVLQSX(Mem{Base: y, Index: number, Scale: 4}, y)
	IMULQ(argument("bRow"), y)
	ADDQ(argument("b"), y)
	INCQ(number)
	MOVQ(number, segment)
	MOVQ(y, number)
	ADDQ(span, number)
	MOVQ(number, end)
	Label("inner")
	var bs []VecVirtual
	for j := range columns {
		bs = append(bs, load(Mem{Base: y, Disp: set.size * j}, tails[j]))
	}
	for i := range rows {
		v := register()
		VBROADCASTSS(Mem{Base: as[i], Index: along, Scale: 1}, v)
		for j := range columns {
			VFMADD231PS(v, bs[j], sums[i][j])
		}
	}
	ADDQ(argument("aCol"), along)
	ADDQ(argument("bRow"), y)
	CMPQ(y, end)
	JNE(LabelRef("inner"))
	left := pointer("segments")
	CMPQ(left, segment)
	JNE(LabelRef("segments"))

	eachRowOfC(rows, func(i int, row Register) {
		for j := range columns {
			store(sums[i][j], Mem{Base: row, Disp: set.size * j}, tails[j])
		}
	})
	ADDQ(Imm(uint64(4*rows)), argument("cRows"))
	ADDQ(Imm(uint64(4*rows)), argument("aRows"))
	DECQ(argument("rowTiles"))
	JNZ(LabelRef("tiles"))
	VZEROUPPER()
	RET()
}

// eachRowOfC calls do with the address of each row of C of an indirect product's tile.
func eachRowOfC(rows int, do func(i int, row Register)) {
	list := pointer("cRows")
	for i := range rows {
		row := GP64()
		MOVLQSX(Mem{Base: list, Disp: 4 * i}, row)
		IMULQ(argument("cRow"), row)
		ADDQ(argument("c"), row)
		do(i, row)
	}
}
