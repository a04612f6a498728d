package layer

import (
	"braid/internal/kernel"
	"braid/tensor"
)

// oneRow returns x as a window of one row.
func oneRow(x []float32) tensor.Rows[float32] { return tensor.RowsOf(x, len(x)) }

// fillRows copies x to rows rows of y.
func fillRows(y tensor.Rows[float32], rows int, x []float32) {
	if y.Stride != y.Width {
		for r := range rows {
			copy(y.Row(r), x)
		}
		return
	}
	all := y.Data[:rows*y.Width]
	for done := copy(all, x[:y.Width]); done > 0 && done < len(all); {
		done += copy(all[done:], all[:done])
	}
}

// multiplyBias writes x w and the bias to rows rows of y. A bias of nil is zero.
func multiplyBias(rows int, y, x, w tensor.Rows[float32], bias []float32) {
	kernel.Default().MulLanes(kernel.Product{
		Fresh: true, Start: bias, Rows: rows, Columns: y.Width, Inner: x.Width,
		C: y.Data, CRow: y.Stride, A: x.Data, ARow: x.Stride, ACol: 1, B: w.Data, BRow: w.Stride,
	})
}

// clearRows sets rows rows of y to zero.
func clearRows(y tensor.Rows[float32], rows int) {
	if y.Stride == y.Width {
		clear(y.Data[:rows*y.Width])
		return
	}
	for r := range rows {
		clear(y.Row(r))
	}
}
