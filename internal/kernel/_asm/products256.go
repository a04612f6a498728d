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
		dots256(2, columns+1)
		dots256(1, columns+1)
	}
	for rows := range 4 {
		lanes256(rows+1, 1, true)
		lanes256(rows+1, 2, true)
		lanes256(rows+1, 3, false) // leaves no register for a mask
	}
}

// dots256 writes a product in tiles of rows x columns 16-lane sums, two registers each.
func dots256(rows, columns int) {
	name := fmt.Sprintf("dots%dx%dAVX2", rows, columns)
	TEXT(name, NOSPLIT, "func(c, a, b *float32, cRow, aRow, bRow, rowTiles, columnTiles, inner, fresh uint64)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s computes rowTiles x columnTiles tiles of %d x %d sums. Strides are in bytes.", name, rows, columns))
	c, a := Load(Param("c"), GP64()), Load(Param("a"), GP64())
	aRow, bRow := Load(Param("aRow"), GP64()), Load(Param("bRow"), GP64())
	inner := Load(Param("inner"), GP64())
	rowTiles := Load(Param("rowTiles"), GP64())

	Label("rows")
	b, out, columnTiles := GP64(), GP64(), GP64()
	Load(Param("b"), b)
	MOVQ(c, out)
	Load(Param("columnTiles"), columnTiles)

	Label("columns")
	var sums [2][3][2]VecVirtual // by row, column, half
	nothing := zeros()
	for i := range rows {
		for j := range columns {
			sums[i][j] = [2]VecVirtual{copied(nothing), copied(nothing)}
		}
	}
	x, y, left := GP64(), GP64(), GP64()
	MOVQ(a, x)
	MOVQ(b, y)
	MOVQ(inner, left)
	row := func(base, stride Register, i, h int) Mem {
		m := Mem{Base: base, Disp: half * h}
		if i > 0 {
			m.Index, m.Scale = stride, uint8(i)
		}
		return m
	}
	SUBQ(Imm(16), left)
	JL(LabelRef("tail"))
	Label("inner")
	for h := range 2 {
		var xs [2]VecVirtual
		for i := range rows {
			xs[i] = YMM()
			VMOVUPS(row(x, aRow, i, h), xs[i])
		}
		for j := range columns {
			v := YMM()
			VMOVUPS(row(y, bRow, j, h), v)
			for i := range rows {
				VFMADD231PS(xs[i], v, sums[i][j][h])
			}
		}
	}
	ADDQ(Imm(vector), x)
	ADDQ(Imm(vector), y)
	SUBQ(Imm(16), left)
	JGE(LabelRef("inner"))
	Label("tail")
	ADDQ(Imm(16), left)
	JZ(LabelRef("fold"))
	for h := range 2 {
		mask := low(left, 8*h).v
		for j := range columns {
			v := YMM()
			VMASKMOVPS(row(y, bRow, j, h), mask, v)
			for i := range rows {
				u := YMM()
				VMASKMOVPS(row(x, aRow, i, h), mask, u)
				// Lanes that have no element keep their sum, sign of zero included.
				VFMADD213PS(sums[i][j][h], v, u)
				VBLENDVPS(mask, u, sums[i][j][h], sums[i][j][h])
			}
		}
	}

	Label("fold")
	cRow := Load(Param("cRow"), GP64())
	fresh, old := pointer("fresh"), XMM()
	DECQ(fresh) // 0 becomes ones, 1 becomes 0
	VMOVQ(fresh, old)
	for i := range rows {
		for j := range columns {
			m := row(out, cRow, i, 0)
			m.Disp = 4 * j
			low, high := sums[i][j][0], sums[i][j][1]
			VADDPS(high, low, low)
			t := XMM()
			VEXTRACTF128(Imm(1), low, t)
			s := low.AsX()
			VADDPS(t, s, s)
			VPERMILPS(Imm(0x4e), s, t)
			VADDPS(t, s, s)
			VPERMILPS(Imm(0xb1), s, t)
			VADDSS(t, s, s)
			VMOVSS(m, t)
			VANDPS(old, t, t)
			VADDSS(t, s, s)
			VMOVSS(s, m)
		}
	}
	ADDQ(Imm(uint64(4*columns)), out)
	for range columns {
		ADDQ(bRow, b)
	}
	DECQ(columnTiles)
	JNZ(LabelRef("columns"))
	for range rows {
		ADDQ(aRow, a)
		ADDQ(cRow, c)
	}
	DECQ(rowTiles)
	JNZ(LabelRef("rows"))
	VZEROUPPER()
	RET()
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
