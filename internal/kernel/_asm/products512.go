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
		dots512(4, columns+1)
		dots512(1, columns+1)
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

// dots512 writes a product in tiles of rows x columns 16-lane sums.
func dots512(rows, columns int) {
	TEXT(fmt.Sprintf("dots%dx%dAVX512", rows, columns), NOSPLIT,
		"func(c, a, b *float32, cRow, aRow, bRow, rowTiles, columnTiles, inner, fresh uint64)")
	Pragma("noescape")
	Doc(fmt.Sprintf("dots%dx%dAVX512 computes rowTiles x columnTiles tiles of %d x %d sums. Strides are in bytes.", rows, columns, rows, columns))
	c, a := Load(Param("c"), GP64()), Load(Param("a"), GP64())
	aRow, bRow := Load(Param("aRow"), GP64()).(GPVirtual), Load(Param("bRow"), GP64()).(GPVirtual)
	aTriple, bTriple := tripled(aRow), tripled(bRow)
	inner := Load(Param("inner"), GP64())
	rest := duplicate(inner)
	ANDQ(Imm(15), rest)
	mask := low(rest, 0).k
	old := notFresh()
	zero := zeros()
	rowTiles := Load(Param("rowTiles"), GP64())

	Label("rows")
	b, out, columnTiles := GP64(), GP64(), GP64()
	Load(Param("b"), b)
	MOVQ(c, out)
	Load(Param("columnTiles"), columnTiles)

	Label("columns")
	var sums [4][5]VecVirtual
	for i := range rows {
		for j := range columns {
			sums[i][j] = ZMM()
			VMOVAPS(zero, sums[i][j])
		}
	}
	x, y, left := GP64(), GP64(), GP64()
	MOVQ(a, x)
	MOVQ(b, y)
	MOVQ(inner, left)
	step := func(masked bool) {
		var xs [4]VecVirtual
		load := func(m Mem) VecVirtual {
			v := ZMM()
			if masked {
				VMOVUPS_Z(m, mask, v)
			} else {
				VMOVUPS(m, v)
			}
			return v
		}
		for i := range rows {
			xs[i] = load(rowOf(x, aRow, aTriple, i, 0))
		}
		for j := range columns {
			v := load(rowOf(y, bRow, bTriple, j, 0))
			for i := range rows {
				if masked { // lanes that have no element keep their sum, sign of zero included
					VFMADD231PS(xs[i], v, mask, sums[i][j])
				} else {
					VFMADD231PS(xs[i], v, sums[i][j])
				}
			}
		}
	}
	SUBQ(Imm(16), left)
	JL(LabelRef("tail"))
	Label("inner")
	step(false)
	ADDQ(Imm(vector), x)
	ADDQ(Imm(vector), y)
	SUBQ(Imm(16), left)
	JGE(LabelRef("inner"))
	Label("tail")
	CMPQ(left, I32(-16))
	JE(LabelRef("fold"))
	step(true)

	Label("fold")
	cRow := Load(Param("cRow"), GP64()).(GPVirtual)
	cTriple := tripled(cRow)
	if rows == 4 {
		foldRows(sums, columns, out, cRow, cTriple, old)
	} else {
		for j := range columns {
			foldOne(sums[0][j], Mem{Base: out, Disp: 4 * j}, old)
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

// foldRows folds the lanes of four rows of sums at once and adds them to C: lane i with i+8, i+4,
// i+2, i+1, as the specification says.
func foldRows(sums [4][5]VecVirtual, columns int, out, cRow, cTriple Register, old OpmaskVirtual) {
	merge := func(a, b VecVirtual, low, high uint8, shuffle func(i, m, x, x1 Op)) VecVirtual {
		l, h := ZMM(), ZMM()
		shuffle(Imm(uint64(low)), b, a, l)
		shuffle(Imm(uint64(high)), b, a, h)
		VADDPS(h, l, l)
		return l
	}
	quads := func(i, m, x, x1 Op) { VSHUFF32X4(i, m, x, x1) }
	within := func(i, m, x, x1 Op) { VSHUFPS(i, m, x, x1) }
	var folded [5]VecVirtual // of a column: its four rows' sums, each in four lanes
	for j := range columns {
		first := merge(sums[0][j], sums[1][j], 0x44, 0xee, quads)
		second := merge(sums[2][j], sums[3][j], 0x44, 0xee, quads)
		folded[j] = merge(first, second, 0x88, 0xdd, quads)
	}
	single := 0
	if columns >= 4 {
		single = 4
		left := merge(folded[0], folded[1], 0x44, 0xee, within)
		right := merge(folded[2], folded[3], 0x44, 0xee, within)
		four := merge(left, right, 0x88, 0xdd, within)
		for i := range 4 {
			m, x := rowOf(out, cRow, cTriple, i, 0), XMM()
			VEXTRACTF32X4(Imm(uint64(i)), four, x)
			c := XMM()
			VMOVUPS_Z(m, old, c)
			VADDPS(c, x, x)
			VMOVUPS(x, m)
		}
	}
	for j := single; j < columns; j++ {
		half, whole := ZMM(), ZMM()
		VPERMILPS(Imm(0x4e), folded[j], half)
		VADDPS(half, folded[j], half)
		VPERMILPS(Imm(0xb1), half, whole)
		VADDPS(whole, half, whole)
		for i := range 4 {
			m, x := rowOf(out, cRow, cTriple, i, 4*j), XMM()
			VEXTRACTF32X4(Imm(uint64(i)), whole, x)
			c := XMM()
			VMOVSS_Z(m, old, c)
			VADDSS(c, x, x)
			VMOVSS(x, m)
		}
	}
}

// foldOne folds the lanes of one sum and adds it to m.
func foldOne(sum VecVirtual, m Mem, old OpmaskVirtual) {
	y := YMM()
	VEXTRACTF64X4(Imm(1), sum, y)
	VADDPS(y, sum.AsY(), y)
	x := XMM()
	VEXTRACTF128(Imm(1), y, x)
	VADDPS(x, y.AsX(), x)
	t := XMM()
	VPERMILPS(Imm(0x4e), x, t)
	VADDPS(t, x, x)
	VPERMILPS(Imm(0xb1), x, t)
	VADDSS(t, x, x)
	c := XMM()
	VMOVSS_Z(m, old, c)
	VADDSS(c, x, x)
	VMOVSS(x, m)
}

// notFresh names all lanes, or none where C counts as zero.
func notFresh() OpmaskVirtual {
	fresh, old := pointer("fresh"), K()
	DECQ(fresh) // 0 becomes ones, 1 becomes 0
	KMOVW(fresh.As32(), old)
	return old
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
