package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// taps writes a loop over the lines of a window's taps. tap gets the offset of a tap in bytes.
func taps(name string, tap func(offset Register)) {
	lines, line, offset, width := pointer("lines"), GP64(), GP64(), GP64()
	XORQ(line, line)
	Label(name + "Lines")
	MOVQ(line, offset)
	left := pointer("taps")
	Label(name + "Taps")
	tap(offset)
	MOVQ(argument("width"), width)
	LEAQ(Mem{Base: offset, Index: width, Scale: 4}, offset)
	DECQ(left)
	JNZ(LabelRef(name + "Taps"))
	ADDQ(argument("line"), line)
	DECQ(lines)
	JNZ(LabelRef(name + "Lines"))
}

// maxWindow writes the largest number under a window.
func maxWindow() {
	function("maxWindow", "func(y, x *float32, yRow, xRow, line, lines, taps, rows, width uint64)",
		"computes rows of width numbers under a window of at least one tap.")
	y, x := pointer("y"), pointer("x")
	rowLoop("rows", func() {
		y, x, n := duplicate(y), duplicate(x), pointer("width")
		along("columns", n, func(tail *mask) {
			high := load(at(x), tail)
			taps(tapsName(tail), func(offset Register) {
				v := load(Mem{Base: x, Index: offset, Scale: 1}, tail)
				// VMAXPS of NaN and a number, and of zeros, returns the second source in Intel's order.
				largest.do(high, v, high)
				compared(v, unordered, v).choose(v, high)
			})
			store(high, at(y), tail)
		}, y, x)
	}, map[string]Register{"y": y, "x": x})
}

func tapsName(tail *mask) string {
	if tail == nil {
		return "whole"
	}
	return "tail"
}

// maxBack writes the gradient of the largest number under a window.
func maxBack() {
	function("maxBack", "func(grad, x, y, d *float32, xRow, yRow, dRow, line, lines, taps, rows, "+
		"width uint64)", "adds rows of width numbers to the first largest tap of a window.")
	grad, x, y, d := pointer("grad"), pointer("x"), pointer("y"), pointer("d")
	Label("rows")
	{
		grad, x, y, d, n := duplicate(grad), duplicate(x), duplicate(y), duplicate(d), pointer("width")
		along("columns", n, func(tail *mask) {
			high, rest := load(at(y), tail), load(at(d), tail)
			taps(tapsName(tail), func(offset Register) {
				first := compared(load(Mem{Base: x, Index: offset, Scale: 1}, tail), equal, high)
				to := Mem{Base: grad, Index: offset, Scale: 1}
				part := copied(rest)
				first.keep(part)
				first.choose(constant(0), rest)
				add.do(load(to, tail), part, part)
				store(part, to, tail)
			})
		}, grad, x, y, d)
	}
	ADDQ(argument("xRow"), grad)
	ADDQ(argument("xRow"), x)
	ADDQ(argument("yRow"), y)
	ADDQ(argument("dRow"), d)
	rows := argument("rows")
	DECQ(rows)
	JNZ(LabelRef("rows"))
	end()
}
