package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// columnTiles writes loops over n columns: tile for several registers of columns, then for one, and
// then for the remaining columns with their mask. It advances the pointers from tile to tile. It
// overwrites n.
func columnTiles(n Register, registers int, tile func(name string, count int, tail *mask),
	pointers ...Register,
) {
	lanes := registers * set.lanes()
	SUBQ(Imm(uint64(lanes)), n)
	JL(LabelRef("narrow"))
	Label("wide")
	tile("wideRows", registers, nil)
	for _, p := range pointers {
		ADDQ(U32(registers*set.size), p)
	}
	SUBQ(Imm(uint64(lanes)), n)
	JGE(LabelRef("wide"))
	Label("narrow")
	ADDQ(Imm(uint64(lanes)), n)
	along("single", n, func(tail *mask) {
		name := "singleRows"
		if tail != nil {
			name = "tailRows"
		}
		tile(name, 1, tail)
	}, pointers...)
}

// strip is registers of successive columns.
type strip []VecVirtual

// loaded returns successive vectors, of which tail masks the last.
func loaded(p Register, count int, tail *mask) strip {
	var list strip
	for i := range count {
		list = append(list, load(Mem{Base: p, Disp: i * set.size}, tail))
	}
	return list
}

func (v strip) store(p Register, tail *mask) {
	for i, x := range v {
		store(x, Mem{Base: p, Disp: i * set.size}, tail)
	}
}

// walk is a pointer that moves from row to row, by a parameter in bytes or by a constant.
type walk struct {
	p      Register
	stride Op
}

// eachRow writes a loop over rows.
func eachRow(name string, body func(), walks ...walk) {
	rows := pointer("rows")
	Label(name)
	body()
	for _, w := range walks {
		ADDQ(w.stride, w.p)
	}
	DECQ(rows)
	JNZ(LabelRef(name))
}

// columnSums writes the three forms of the sums over rows: of squared deviations, of products with
// deviations from the center of a column, and from the mean of a row.
func columnSums() {
	type form struct {
		name, parameters, doc string
		products, byRow       bool
	}
	for _, f := range []form{
		{"squareSums", "x, center, sum, product *float32, xRow", "deviations and their squares",
			false, false},
		{"productSums", "x, center, d, sum, product *float32, xRow, dRow",
			"d and its products with deviations", true, false},
		{"rowProductSums", "x, moments, d, sum, product *float32, xRow, dRow",
			"d and its products with deviations from the mean of the row", true, true},
	} {
		function(f.name, "func("+f.parameters+", rows, width uint64)",
			"adds up "+f.doc+", in rows of width numbers.")
		x, sum, product, n := pointer("x"), pointer("sum"), pointer("product"), pointer("width")
		pointers := []Register{x, sum, product}
		var center, d Register
		if !f.byRow {
			center = pointer("center")
			pointers = append(pointers, center)
		}
		if f.products {
			d = pointer("d")
			pointers = append(pointers, d)
		}
		columnTiles(n, 4, func(name string, count int, tail *mask) {
			sums, products := loaded(sum, count, tail), loaded(product, count, tail)
			var centers strip
			x := duplicate(x)
			rows := []walk{{x, argument("xRow")}}
			var from, moments Register
			if f.byRow {
				moments = pointer("moments")
				rows = append(rows, walk{moments, Imm(8)})
			} else if set == avx512 {
				centers = loaded(center, count, tail)
			}
			if f.products {
				from = duplicate(d)
				rows = append(rows, walk{from, argument("dRow")})
			}
			eachRow(name, func() {
				var mean, factor VecVirtual
				if f.byRow {
					mean, factor = register(), register()
					VBROADCASTSS(at(moments), mean)
					VBROADCASTSS(Mem{Base: moments, Disp: 4}, factor)
				}
				for i := range count {
					deviation := load(Mem{Base: x, Disp: i * set.size}, tail)
					switch {
					case f.byRow:
						sub.do(mean, deviation, deviation)
						mul.do(factor, deviation, deviation)
					case centers != nil:
						sub.do(centers[i], deviation, deviation)
					default:
						sub.do(load(Mem{Base: center, Disp: i * set.size}, tail), deviation, deviation)
					}
					d := deviation
					if f.products {
						d = load(Mem{Base: from, Disp: i * set.size}, tail)
					}
					add.do(d, sums[i], sums[i])
					fma231.do(d, deviation, products[i])
				}
			}, rows...)
			sums.store(sum, tail)
			products.store(product, tail)
		}, pointers...)
		end()
	}
}

// affine writes the functions of numbers by the factors of their column: without D, with D added to
// Y, and with D alone.
func affine() {
	for _, form := range []string{"affine", "affineAdd", "affineBoth"} {
		both, parameters := form != "affine", "y, x, center, scale, shift *float32, yRow, xRow"
		if both {
			parameters = "y, x, d, center, scale, shift, slope *float32, yRow, xRow, dRow"
		}
		function(form, "func("+parameters+", rows, width uint64)", "computes rows of width numbers.")
		y, x, n := pointer("y"), pointer("x"), pointer("width")
		center, scale, shift := pointer("center"), pointer("scale"), pointer("shift")
		pointers := []Register{y, x, center, scale, shift}
		var d, slope Register
		if both {
			d, slope = pointer("d"), pointer("slope")
			pointers = append(pointers, d, slope)
		}
		registers := 4
		if set == avx2 { // has 16 registers
			registers = 2
		}
		columnTiles(n, registers, func(name string, count int, tail *mask) {
			centers, scales := loaded(center, count, tail), loaded(scale, count, tail)
			shifts := loaded(shift, count, tail)
			y, x := duplicate(y), duplicate(x)
			rows := []walk{{y, argument("yRow")}, {x, argument("xRow")}}
			var from Register
			var slopes strip
			if both {
				from, slopes = duplicate(d), loaded(slope, count, tail)
				rows = append(rows, walk{from, argument("dRow")})
			}
			eachRow(name, func() {
				for i := range count {
					at := func(p Register) Mem { return Mem{Base: p, Disp: i * set.size} }
					v := load(at(x), tail)
					sub.do(centers[i], v, v)
					fma213.do(shifts[i], scales[i], v)
					if both {
						fma231.do(load(at(from), tail), slopes[i], v)
					}
					if form == "affineAdd" {
						add.do(load(at(y), tail), v, v)
					}
					store(v, at(y), tail)
				}
			}, rows...)
		}, pointers...)
		end()
	}
}
