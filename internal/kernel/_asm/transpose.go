package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// transpose writes the kernel that transposes a matrix in tiles of 8 x 8 numbers. If adding, it
// adds to y instead of overwriting it. Registers of 256 bits are fast enough in every set.
func transpose(name string, adding bool) {
	function(name, "func(y, x *float32, yRow, xRow, rows, columns uint64)",
		"transposes rows x columns numbers, at least one of each. Strides are in bytes.")
	all := set
	set = avx2
	defer func() { set = all }()
	t := tile{
		adding: adding, yRow: pointer("yRow"), xRow: pointer("xRow"),
		rows: pointer("rows"), columns: GP64(), y: GP64(), x: GP64(),
	}
	y, x := pointer("y"), pointer("x")
	Label("down")
	MOVQ(y, t.y)
	MOVQ(x, t.x)
	Load(Param("columns"), t.columns)
	Label("across")
	CMPQ(t.rows, Imm(8))
	JL(LabelRef("fewRows"))
	CMPQ(t.columns, Imm(8))
	JL(LabelRef("fewColumns"))
	t.write("whole", false, false)
	JMP(LabelRef("next"))
	Label("fewColumns")
	t.write("narrow", false, true)
	JMP(LabelRef("next"))
	Label("fewRows")
	t.write("low", true, true)
	Label("next")
	LEAQ(Mem{Base: t.y, Index: t.yRow, Scale: 8}, t.y)
	ADDQ(Imm(32), t.x)
	SUBQ(Imm(8), t.columns)
	JG(LabelRef("across"))
	ADDQ(Imm(32), y)
	LEAQ(Mem{Base: x, Index: t.xRow, Scale: 8}, x)
	SUBQ(Imm(8), t.rows)
	JG(LabelRef("down"))
	end()
}

// tile holds the addresses and strides of a tile, and the numbers of rows and columns left.
type tile struct {
	adding        bool
	y, x          GPVirtual
	yRow, xRow    GPVirtual
	rows, columns GPVirtual
}

// write writes the code for one tile, which may have fewer than 8 rows or columns.
func (t tile) write(name string, fewRows, fewColumns bool) {
	var across, down *mask
	if fewColumns {
		m := low(t.columns, 0)
		across = &m
	}
	v := make([]VecVirtual, 8)
	if fewRows {
		m := low(t.rows, 0)
		down = &m
		for i := range v {
			v[i] = zeros()
		}
	}
	from := duplicate(t.x)
	for i := range v {
		switch {
		case fewRows:
			if i > 0 {
				CMPQ(t.rows, Imm(uint64(i)))
				JLE(LabelRef(name + "Loaded"))
			}
			VMASKMOVPS(at(from), across.v, v[i])
		default:
			v[i] = load(at(from), across)
		}
		ADDQ(t.xRow, from)
	}
	if fewRows {
		Label(name + "Loaded")
	}
	to := duplicate(t.y)
	for j, column := range columnsOf(v) {
		if fewColumns && j > 0 {
			CMPQ(t.columns, Imm(uint64(j)))
			JLE(LabelRef(name + "Stored"))
		}
		if t.adding {
			add.do(load(at(to), down), column, column)
		}
		store(column, at(to), down)
		ADDQ(t.yRow, to)
	}
	if fewColumns {
		Label(name + "Stored")
	}
}

// columnsOf returns the columns of eight rows. It merges pairs of rows, then fours, then eights.
func columnsOf(v []VecVirtual) []VecVirtual {
	merged := func(write func(a, b, dst VecVirtual), a, b VecVirtual) VecVirtual {
		dst := YMM()
		write(a, b, dst)
		return dst
	}
	low := func(a, b, dst VecVirtual) { VUNPCKLPS(b, a, dst) }
	high := func(a, b, dst VecVirtual) { VUNPCKHPS(b, a, dst) }
	lowPairs := func(a, b, dst VecVirtual) { VSHUFPS(Imm(0x44), b, a, dst) }
	highPairs := func(a, b, dst VecVirtual) { VSHUFPS(Imm(0xee), b, a, dst) }
	lowHalves := func(a, b, dst VecVirtual) { VPERM2F128(Imm(0x20), b, a, dst) }
	highHalves := func(a, b, dst VecVirtual) { VPERM2F128(Imm(0x31), b, a, dst) }
	var fours [8]VecVirtual // column j of rows 0 to 3, and of rows 4 to 7 at j+4; also of column j+4
	for i := range 2 {
		r := v[4*i:]
		for k, unpack := range []func(a, b, dst VecVirtual){low, high} {
			first, second := merged(unpack, r[0], r[1]), merged(unpack, r[2], r[3])
			fours[4*i+2*k] = merged(lowPairs, first, second)
			fours[4*i+2*k+1] = merged(highPairs, first, second)
		}
	}
	columns := make([]VecVirtual, 8)
	for j := range 4 {
		columns[j] = merged(lowHalves, fours[j], fours[j+4])
		columns[j+4] = merged(highHalves, fours[j], fours[j+4])
	}
	return columns
}
