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
	if set == avx512 { // wider tiles load less for each product, and gain less than 10 %
		adjacent(16, 1)
		adjacent(12, 2)
	}
}

const indirectSignature = "func(c, a, b *float32, cRows, aRows, aSegments, bSegments *int32, " +
	"cRow, aCol, bRow, rowTiles, segments, inner, lanes, fresh uint64)"

// indirect writes an indirect product in tiles of rows x columns registers of outputs. If masked,
// only the first lanes numbers of the last register of a row are written.
func indirect(rows, columns int, masked bool) {
	function(fmt.Sprintf("indirect%dx%d", rows, columns), indirectSignature,
		fmt.Sprintf("computes rowTiles tiles of %d rows x %d registers, "+
			"the last of them lanes wide. Strides are in bytes.", rows, columns))
	foursSpan, foursEnd := AllocLocal(8), AllocLocal(8)
	fours, none := pointer("inner"), GP64()
	ANDQ(I32(-4), fours)
	IMULQ(argument("bRow"), fours)
	XORQ(none, none)
	CMPQ(argument("aCol"), Imm(4))
	CMOVQNE(none, fours)
	MOVQ(fours, foursSpan) // of the rows of B in steps of four, in bytes

	indirectTiles(rows, columns, masked, rows, func(as []GPVirtual, s steps) {
		// Most of the time is that of loads. Four steps at a time, if A has them next to each other,
		// load the strides once.
		last := GP64()
		MOVQ(foursSpan, last)
		ADDQ(s.y, last)
		MOVQ(last, foursEnd)
		CMPQ(s.y, last)
		JE(LabelRef("ones"))
		bRow := pointer("bRow")
		Label("fours")
		for pair := range 2 {
			for i, row := range []Mem{{Base: s.y}, {Base: s.y, Index: bRow, Scale: 1}} {
				s.step(row, func(r int) Mem {
					return Mem{Base: as[r], Index: s.along, Scale: 1, Disp: 4 * (2*pair + i)}
				})
			}
			LEAQ(Mem{Base: s.y, Index: bRow, Scale: 2}, s.y)
		}
		ADDQ(Imm(16), s.along)
		CMPQ(s.y, foursEnd)
		JNE(LabelRef("fours"))
		Label("ones")
		CMPQ(s.y, s.end)
		JE(LabelRef("stepped"))
		Label("inner")
		s.step(Mem{Base: s.y}, func(r int) Mem { return Mem{Base: as[r], Index: s.along, Scale: 1} })
		ADDQ(argument("aCol"), s.along)
		ADDQ(argument("bRow"), s.y)
		CMPQ(s.y, s.end)
		JNE(LabelRef("inner"))
		Label("stepped")
	})
}

// adjacent writes an indirect product whose rows of A are adjacent numbers, so that one register
// leads to all of them, and the others hold the strides.
func adjacent(rows, columns int) {
	function(fmt.Sprintf("adjacent%dx%d", rows, columns), indirectSignature,
		fmt.Sprintf("computes rowTiles tiles of %d rows x %d registers, "+
			"the last of them lanes wide. Rows of A are adjacent. Strides are in bytes.", rows, columns))
	indirectTiles(rows, columns, true, 1, func(as []GPVirtual, s steps) {
		aCol, bRow, last := pointer("aCol"), pointer("bRow"), GP64()
		MOVQ(s.end, last)
		Label("inner")
		s.step(Mem{Base: s.y}, func(r int) Mem {
			return Mem{Base: as[0], Index: s.along, Scale: 1, Disp: 4 * r}
		})
		ADDQ(aCol, s.along)
		ADDQ(bRow, s.y)
		CMPQ(s.y, last)
		JNE(LabelRef("inner"))
	})
}

// steps is what the loop over the steps of a segment needs.
type steps struct {
	along, y GPVirtual // offset in A, row of B
	end      Mem       // where y ends

	// step adds the products of a row of B with what from returns for each row of a tile.
	step func(row Mem, from func(r int) Mem)
}

// indirectTiles writes the loops over tiles and segments. It loads the addresses of the first
// pointers rows of A. segment writes the loop over the steps of a segment.
func indirectTiles(
	rows, columns int, masked bool, pointers int, segment func(as []GPVirtual, s steps),
) {
	span, end, number := AllocLocal(8), AllocLocal(8), AllocLocal(8)
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

	as, list := make([]GPVirtual, pointers), pointer("aRows")
	for i := range as {
		as[i] = GP64()
		MOVLQSX(Mem{Base: list, Disp: 4 * i}, as[i])
		SHLQ(Imm(2), as[i])
		ADDQ(argument("a"), as[i])
	}
	MOVQ(U32(0), number)
	Label("segments")
	next := GP64()
	MOVQ(number, next)
	along, y := pointer("aSegments"), pointer("bSegments")
	MOVLQSX(Mem{Base: along, Index: next, Scale: 4}, along)
	SHLQ(Imm(2), along)
	MOVLQSX(Mem{Base: y, Index: next, Scale: 4}, y)
	IMULQ(argument("bRow"), y)
	ADDQ(argument("b"), y)
	INCQ(next)
	MOVQ(next, number)
	MOVQ(y, next)
	ADDQ(span, next)
	MOVQ(next, end)
	segment(as, steps{along, y, end, func(row Mem, from func(r int) Mem) {
		var bs []VecVirtual
		for j := range columns {
			bs = append(bs, load(row.Offset(set.size*j), tails[j]))
		}
		for r := range rows {
			v := register()
			VBROADCASTSS(from(r), v)
			for j := range columns {
				VFMADD231PS(v, bs[j], sums[r][j])
			}
		}
	}})
	left := pointer("segments")
	CMPQ(left, number)
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
