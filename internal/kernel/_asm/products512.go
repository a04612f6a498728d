package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const vector = 64 // bytes

// products512 writes the tiles of both products. 32 registers hold 25 sums.
func products512() {
	for columns := range 5 {
		dots(4, columns+1)
		dots(1, columns+1)
	}
	for vectors := range 5 {
		for rows := range 5 {
			lanes512(rows+1, vectors+1)
		}
	}
}

// rowOf is the address of row i of rows that lie stride apart, for i up to 4; triple is 3 stride.
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

// start gives each sum of a tile what C holds, or zero where C is fresh.
func start(sums [][5]VecVirtual, vectors int, load func(i, j int, v VecVirtual)) {
	fresh := pointer("fresh")
	TESTQ(fresh, fresh)
	JNZ(LabelRef("fresh"))
	for i := range sums {
		for j := range vectors {
			sums[i][j] = register()
			load(i, j, sums[i][j])
		}
	}
	JMP(LabelRef("started"))
	Label("fresh")
	zero := zeros()
	for i := range sums {
		for j := range vectors {
			VMOVAPS(zero, sums[i][j])
		}
	}
	Label("started")
}

// lanes512 writes a product in tiles of rows x vectors registers of outputs. The last register of
// a row is masked: of it, the product has lanes numbers.
func lanes512(rows, vectors int) {
	name := fmt.Sprintf("lanes%dx%dAVX512", rows, vectors)
	TEXT(name, NOSPLIT,
		"func(c, a, b *float32, cRow, aRow, aCol, bRow, rowTiles, inner, lanes, fresh uint64)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes rowTiles tiles of %d rows x %d registers,", name, rows, vectors),
		"the last of them lanes wide. Strides are in bytes.")
	c, a := Load(Param("c"), GP64()), Load(Param("a"), GP64())
	cRow, aRow := Load(Param("cRow"), GP64()).(GPVirtual), Load(Param("aRow"), GP64()).(GPVirtual)
	cTriple, aTriple := tripled(cRow), tripled(aRow)
	aCol, bRow := Load(Param("aCol"), GP64()), Load(Param("bRow"), GP64())
	rowTiles := Load(Param("rowTiles"), GP64())
	mask := low(pointer("lanes"), 0).k
	load := func(m Mem, last bool) VecVirtual {
		v := ZMM()
		if last {
			VMOVUPS_Z(m, mask, v)
		} else {
			VMOVUPS(m, v)
		}
		return v
	}

	Label("rows")
	var sums [5][5]VecVirtual
	next := GP64() // the tile below
	MOVQ(c, next)
	for range rows {
		ADDQ(cRow, next)
	}
	start(sums[:rows], vectors, func(i, j int, v VecVirtual) {
		m := rowOf(c, cRow, cTriple, i, vector*j)
		if j == vectors-1 {
			VMOVUPS_Z(m, mask, v)
		} else {
			VMOVUPS(m, v)
		}
	})
	// Where C does not fit the near caches, its lines come while this tile is computed.
	for i := range rows {
		for j := range vectors {
			PREFETCHT0(rowOf(next, cRow, cTriple, i, vector*j))
		}
	}
	x, y, left := GP64(), GP64(), GP64()
	MOVQ(a, x)
	Load(Param("b"), y)
	Load(Param("inner"), left)
	Label("inner")
	var bs [5]VecVirtual
	for j := range vectors {
		bs[j] = load(Mem{Base: y, Disp: vector * j}, j == vectors-1)
	}
	for i := range rows {
		v := ZMM()
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
			m := rowOf(c, cRow, cTriple, i, vector*j)
			if j == vectors-1 {
				VMOVUPS(sums[i][j], mask, m)
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
