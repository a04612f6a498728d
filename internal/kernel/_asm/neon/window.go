package main

import . "braid/internal/kernel/_asm/arm64"

// taps writes a loop over the lines of a window's taps. tap gets the offset of a tap in bytes.
func taps(tap func(offset R)) {
	lines, line, next, width := Arg("lines"), NewR(), Arg("line"), Arg("width")
	eachLine, eachTap := NewLabel("lines"), NewLabel("taps")
	MOVI(line, 0)
	Label(eachLine)
	offset, left := Copy(line), Arg("taps")
	Label(eachTap)
	tap(offset)
	ADD(offset, offset, width.Shift(2))
	SUBS(left, left, 1)
	BNE(eachTap)
	ADD(line, line, next)
	SUBS(lines, lines, 1)
	BNE(eachLine)
}

// maxWindow writes the largest number under a window.
func maxWindow() {
	function("maxWindow", "func(y, x *float32, yRow, xRow, line, lines, taps, rows, width uint64)",
		"computes rows of width numbers under a window of at least one tap.")
	y, x := Arg("y"), Arg("x")
	eachRow("rows", func() {
		to, from := Copy(y), Copy(x)
		along("columns", Arg("width"), func(s span) {
			high := s.load(from)
			taps(func(offset R) {
				v := s.load(sum(from, offset))
				larger := made(FMAX, high, v)           // NaN if one of them is
				high.keep(larger, made(FCMEQ, high, v)) // of 0 and -0 the first stays
			})
			s.put(high, to)
			s.skip(from)
		})
	}, walk{y, "yRow"}, walk{x, "xRow"})
	RET()
}

// maxBack writes the gradient of the largest number under a window.
func maxBack() {
	function("maxBack", "func(grad, x, y, d *float32, xRow, yRow, dRow, line, lines, taps, rows, "+
		"width uint64)", "adds rows of width numbers to the first largest tap of a window.")
	grad, x, y, d := Arg("grad"), Arg("x"), Arg("y"), Arg("d")
	eachRow("rows", func() {
		gradient, from, highest, slope := Copy(grad), Copy(x), Copy(y), Copy(d)
		along("columns", Arg("width"), func(s span) {
			high, rest := s.take(highest), s.take(slope)
			taps(func(offset R) {
				first := made(FCMEQ, s.load(sum(from, offset)), high)
				to := sum(gradient, offset)
				s.store(add(s.load(to), and(rest, first)), to)
				rest.clear(first)
			})
			s.skip(gradient)
			s.skip(from)
		})
	}, walk{grad, "xRow"}, walk{x, "xRow"}, walk{y, "yRow"}, walk{d, "dRow"})
	RET()
}
