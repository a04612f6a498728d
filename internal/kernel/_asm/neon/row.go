package main

import . "braid/internal/kernel/_asm/arm64"

// walk is a pointer that moves from row to row. Its stride, in bytes, is a number, a register or
// the name of a parameter.
type walk struct {
	p      R
	stride any
}

// eachRow writes a loop over as many rows as the parameter "rows" says, at least one.
func eachRow(name string, body func(), walks ...walk) {
	rows, loop := Arg("rows"), NewLabel(name)
	for i, w := range walks {
		if parameter, ok := w.stride.(string); ok {
			walks[i].stride = Arg(parameter)
		}
	}
	Label(loop)
	body()
	for _, w := range walks {
		ADD(w.p, w.p, w.stride)
	}
	SUBS(rows, rows, 1)
	BNE(loop)
}
