package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const half = 32 // bytes of a 256-bit register

// products256 writes the tiles of both products. 16 registers hold 12 sums.
func products256() {
	for columns := range 3 {
		dots(2, columns+1)
		dots(1, columns+1)
	}
	for rows := range 4 {
		lanes256(rows+1, 1, true)
		lanes256(rows+1, 2, true)
		lanes256(rows+1, 3, false) // leaves no register for a mask
	}
}

// lanes256 writes a product in tiles of rows x vectors registers of outputs; masked, the last of
// a row has lanes numbers, else all.
func lanes256(rows, vectors int, masked bool) {
	name := fmt.Sprintf("lanes%dx%dAVX2", rows, vectors)
	TEXT(name, NOSPLIT, "func(c, a, b *float32, cRow, aRow, aCol, bRow, rowTiles, inner, lanes, fresh uint64)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes rowTiles tiles of %d rows x %d registers,", name, rows, vectors),
		"the last of them lanes wide. Strides are in bytes.")
	c, a := Load(Param("c"), GP64()), Load(Param("a"), GP64())
	cRow, aRow := Load(Param("cRow"), GP64()).(GPVirtual), Load(Param("aRow"), GP64()).(GPVirtual)
	cTriple, aTriple := tripled(cRow), tripled(aRow)
	aCol, bRow := Load(Param("aCol"), GP64()), Load(Param("bRow"), GP64())
	rowTiles := Load(Param("rowTiles"), GP64())
	var mask VecVirtual
	if masked {
		mask = low(pointer("lanes"), 0).v
	}
	load := func(m Mem, j int) VecVirtual {
		y := YMM()
		if masked && j == vectors-1 {
			VMASKMOVPS(m, mask, y)
		} else {
			VMOVUPS(m, y)
		}
		return y
	}
	Label("rows")
	var sums [4][5]VecVirtual
	next := GP64() // the tile below
	MOVQ(c, next)
	for range rows {
		ADDQ(cRow, next)
	}
	start(sums[:rows], vectors, func(i, j int, v VecVirtual) {
		m := rowOf(c, cRow, cTriple, i, half*j)
		if masked && j == vectors-1 {
			VMASKMOVPS(m, mask, v)
		} else {
			VMOVUPS(m, v)
		}
	})
	// Where C does not fit the near caches, its lines come while this tile is computed.
	for i := range rows {
		PREFETCHT0(rowOf(next, cRow, cTriple, i, 0))
		if vectors > 2 {
			PREFETCHT0(rowOf(next, cRow, cTriple, i, 2*half))
		}
	}
	x, y, left := GP64(), GP64(), GP64()
	MOVQ(a, x)
	Load(Param("b"), y)
	Load(Param("inner"), left)
	Label("inner")
	var bs [3]VecVirtual
	for j := range vectors {
		bs[j] = load(Mem{Base: y, Disp: half * j}, j)
	}
	for i := range rows {
		v := YMM()
		VBROADCASTSS(rowOf(x, aRow, aTriple, i, 0), v)
		for j := range vectors {
			VFMADD231PS(v, bs[j], sums[i][j])
		}
	}
	ADDQ(aCol, x)
	ADDQ(bRow, y)
	DECQ(left)
	JNZ(LabelRef("inner"))
	for i := range rows {
		for j := range vectors {
			m := rowOf(c, cRow, cTriple, i, half*j)
			if masked && j == vectors-1 {
				VMASKMOVPS(sums[i][j], mask, m)
			} else {
				VMOVUPS(sums[i][j], m)
			}
		}
	}
	for range rows {
		ADDQ(aRow, a)
	}
	MOVQ(next, c)
	DECQ(rowTiles)
	JNZ(LabelRef("rows"))
	VZEROUPPER()
	RET()
}
