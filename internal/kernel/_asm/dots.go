package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const sumBytes = 64 // size of 16 lanes, one step along both operands

// sum has 16 lanes: one register of AVX-512, two of AVX2.
type sum []VecVirtual

// dots writes a product in tiles of rows x columns 16-lane sums. It computes tiles down the rows
// first, so that their rows of B stay in the L1 cache.
func dots(rows, columns int) {
	function(fmt.Sprintf("dots%dx%d", rows, columns),
		"func(c, a, b *float32, cRow, aRow, bRow, rowTiles, columnTiles, inner uint64, old uint32)",
		fmt.Sprintf("computes rowTiles x columnTiles tiles of %d x %d sums. Strides are in bytes.",
			rows, columns))
	c, b := pointer("c"), pointer("b")
	aRow, bRow := pointer("aRow"), pointer("bRow")
	aTriple, bTriple := Register(nil), Register(nil)
	if rows > 3 {
		aTriple = tripled(aRow)
	}
	if columns > 3 {
		bTriple = tripled(bRow)
	}
	columnTiles := pointer("columnTiles")
	f := newFold()
	Label("columns")
	x, out := pointer("a"), duplicate(c)
	rowTiles := pointer("rowTiles")
	Label("rows")
	sums := make([][]sum, rows)
	zero := zeros()
	for i := range sums {
		for range columns {
			s := sum{}
			for range set.halves() {
				s = append(s, copied(zero))
			}
			sums[i] = append(sums[i], s)
		}
	}
	y, left := duplicate(b), pointer("inner")
	SUBQ(Imm(16), left)
	JL(LabelRef("tail"))
	Label("inner")
	for h := range set.halves() {
		xs := make([]VecVirtual, rows)
		for i := range xs {
			xs[i] = load(rowOf(x, aRow, aTriple, i, h*set.size), nil)
		}
		for j := range columns {
			v := load(rowOf(y, bRow, bTriple, j, h*set.size), nil)
			for i := range rows {
				VFMADD231PS(xs[i], v, sums[i][j][h])
			}
		}
	}
	ADDQ(Imm(sumBytes), x)
	ADDQ(Imm(sumBytes), y)
	SUBQ(Imm(16), left)
	JGE(LabelRef("inner"))
	Label("tail")
	ADDQ(Imm(16), left)
	JZ(LabelRef("fold"))
	masks := f.tail
	if masks == nil {
		masks = tails(left)
	}
	for h := range set.halves() {
		tail(rows, columns, masks[h],
			func(i int) Mem { return rowOf(x, aRow, aTriple, i, h*set.size) },
			func(j int) Mem { return rowOf(y, bRow, bTriple, j, h*set.size) },
			func(i, j int) VecVirtual { return sums[i][j][h] })
	}

	Label("fold")
	cRow := pointer("cRow")
	f.old = XMM()
	VBROADCASTSS(argument("old"), f.old)
	if rows > 1 {
		f.tile(sums, out, cRow)
	} else {
		for j, s := range sums[0] {
			f.add(f.one(s), Mem{Base: out, Disp: 4 * j}, 1)
		}
	}
	LEAQ(Mem{Base: out, Index: cRow, Scale: uint8(rows)}, out)
	SUBQ(y, x)
	ADDQ(b, x)
	LEAQ(Mem{Base: x, Index: aRow, Scale: uint8(rows)}, x)
	DECQ(rowTiles)
	JNZ(LabelRef("rows"))

	ADDQ(Imm(uint64(4*columns)), c)
	for range columns {
		ADDQ(bRow, b)
	}
	DECQ(columnTiles)
	JNZ(LabelRef("columns"))
	end()
}

// tails returns, for each register of a sum, the mask of the lanes that have elements.
func tails(left GPVirtual) []mask {
	var masks []mask
	for h := range set.halves() {
		masks = append(masks, low(left, h*set.lanes()))
	}
	return masks
}

// tail adds the products of the last, masked step.
func tail(rows, columns int, m mask, x, y func(int) Mem, sum func(i, j int) VecVirtual) {
	if set == avx512 {
		var xs []VecVirtual
		for i := range rows {
			xs = append(xs, load(x(i), &m))
		}
		for j := range columns {
			v := load(y(j), &m)
			for i := range rows {
				VFMADD231PS(xs[i], v, m.k, sum(i, j))
			}
		}
		return
	}
	for i := range rows {
		u := load(x(i), &m)
		for j := range columns {
			v := load(y(j), &m)
			VFMADD213PS(sum(i, j), u, v)
			VBLENDVPS(m.v, v, sum(i, j), sum(i, j))
		}
	}
}

// fold holds constants for folding sums.
type fold struct {
	old             VecVirtual    // all bits set to add to C, zero to overwrite it
	halves, doubles OpmaskVirtual // AVX-512: lanes 8 to 15; lanes 2 and 3 of each quad
	tail            []mask
}

func newFold() fold {
	var f fold
	if set == avx512 {
		rest := pointer("inner")
		ANDQ(Imm(15), rest)
		f.tail = tails(rest)
		f.halves, f.doubles = constantMask(0xff00), constantMask(0xcccc)
	}
	return f
}

func constantMask(lanes uint64) OpmaskVirtual {
	bits, k := GP32(), K()
	MOVL(U32(uint32(lanes)), bits)
	KMOVW(bits, k)
	return k
}

// swapped folds two sums into one register. blend takes half of the lanes from x and half from y;
// shuffle fetches the other half of each, which is added.
func swapped(
	shuffle func(i, m, x, x1 Op), imm uint64, blend func(x, y, to VecVirtual), x, y VecVirtual,
) VecVirtual {
	kept, others := register(), register()
	blend(x, y, kept)
	shuffle(Imm(imm), y, x, others)
	VADDPS(others, kept, kept)
	return kept
}

// paired adds the odd quads, or lanes of quads, of x and y to the even ones.
func paired(shuffle func(i, m, x, x1 Op), x, y VecVirtual) VecVirtual {
	even, odd := register(), register()
	shuffle(Imm(0x88), y, x, even)
	shuffle(Imm(0xdd), y, x, odd)
	VADDPS(odd, even, even)
	return even
}

// half takes the low half of x and the high half of y.
func (f fold) half(x, y, to VecVirtual) {
	if set == avx512 {
		VMOVAPS(x, to)
		VMOVAPS(y, f.halves, to)
	} else {
		VBLENDPS(Imm(0xf0), y, x, to)
	}
}

// double takes lanes 0 and 1 of each quad of x, 2 and 3 of y.
func (f fold) double(x, y, to VecVirtual) {
	if set == avx512 {
		VMOVAPS(x, to)
		VMOVAPS(y, f.doubles, to)
	} else {
		VBLENDPS(Imm(0xcc), y, x, to)
	}
}

// column folds a column of sums to four lanes each. The lanes of row i are in quad i.
func (f fold) column(rows []sum) VecVirtual {
	if set == avx512 {
		quads := func(i, m, x, x1 Op) { VSHUFF64X2(i, m, x, x1) }
		first := swapped(quads, 0x4e, f.half, rows[0][0], rows[1][0])
		second := swapped(quads, 0x4e, f.half, rows[2][0], rows[3][0])
		return paired(func(i, m, x, x1 Op) { VSHUFF32X4(i, m, x, x1) }, first, second)
	}
	for i := range rows {
		VADDPS(rows[i][1], rows[i][0], rows[i][0])
	}
	return swapped(VPERM2F128, 0x21, f.half, rows[0][0], rows[1][0])
}

// tile folds the sums of a tile, lane i with i+8, i+4, i+2, i+1, and adds them to C. The tile has
// as many rows as a register has quads of lanes.
func (f fold) tile(sums [][]sum, out, cRow GPVirtual) {
	columns := len(sums[0])
	quads := make([]VecVirtual, columns)
	for j := range quads {
		rows := make([]sum, len(sums))
		for i := range rows {
			rows[i] = sums[i][j]
		}
		quads[j] = f.column(rows)
	}
	cTriple := Register(nil)
	if len(sums) > 3 {
		cTriple = tripled(cRow)
	}
	within := func(i, m, x, x1 Op) { VSHUFPS(i, m, x, x1) }
	for j := 0; j < columns; j += 4 {
		n := min(4, columns-j)
		quad := func(i int) VecVirtual { return quads[j+min(i, n-1)] }
		left := swapped(within, 0x4e, f.double, quad(0), quad(1))
		right := left
		if n > 2 {
			right = swapped(within, 0x4e, f.double, quad(2), quad(3))
		}
		all := paired(within, left, right)
		for i := range sums {
			x := XMM()
			if set == avx512 {
				VEXTRACTF32X4(Imm(uint64(i)), all, x)
			} else {
				VEXTRACTF128(Imm(uint64(i)), all, x)
			}
			f.add(x, rowOf(out, cRow, cTriple, i, 4*j), n)
		}
	}
}

// one folds the lanes of one sum.
func (f fold) one(s sum) VecVirtual {
	y := YMM()
	if set == avx512 {
		VEXTRACTF64X4(Imm(1), s[0], y)
		VADDPS(y, s[0].AsY(), y)
	} else {
		VADDPS(s[1], s[0], y)
	}
	x, t := XMM(), XMM()
	VEXTRACTF128(Imm(1), y, x)
	VADDPS(x, y.AsX(), x)
	VPERMILPS(Imm(0x4e), x, t)
	VADDPS(t, x, x)
	VPERMILPS(Imm(0xb1), x, t)
	VADDSS(t, x, x)
	return x
}

// add adds n numbers to C, or overwrites C with them, depending on f.old.
func (f fold) add(x VecVirtual, m Mem, n int) {
	c := XMM()
	third := m
	third.Disp += 8
	switch n {
	case 1:
		VMOVSS(m, c)
	case 2:
		VMOVSD(m, c)
	case 3:
		VMOVSD(m, c)
		VINSERTPS(Imm(0x20), third, c, c)
	default:
		VMOVUPS(m, c)
	}
	VANDPS(f.old, c, c)
	VADDPS(c, x, x)
	switch n {
	case 1:
		VMOVSS(x, m)
	case 2:
		VMOVLPS(x, m)
	case 3:
		VMOVLPS(x, m)
		VEXTRACTPS(Imm(2), x, third)
	default:
		VMOVUPS(x, m)
	}
}
