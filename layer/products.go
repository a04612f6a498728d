package layer

import (
	"braid"
	"braid/internal/kernel"
	"braid/tensor"
)

// The matrices here are windows from their first row on; how many rows they have is told beside them.

// multiplyLanes writes x w to rows of y, or adds it there; w has as many rows as x has columns.
func multiplyLanes(k *kernel.Set, add bool, rows int, y, x, w tensor.Rows[float32]) {
	k.MulLanes(kernel.Product{
		Fresh: !add, Rows: rows, Columns: y.Width, Inner: x.Width,
		C: y.Data, CRow: y.Stride, A: x.Data, ARow: x.Stride, ACol: 1, B: w.Data, BRow: w.Stride,
	})
}

// multiplyDots writes x times the transpose of w to rows of y, or adds it there; w has as many rows as y
// has columns.
func multiplyDots(k *kernel.Set, add bool, rows int, y, x, w tensor.Rows[float32]) {
	k.MulDots(kernel.Dots{
		Fresh: !add, Rows: rows, Columns: y.Width, Inner: x.Width,
		C: y.Data, CRow: y.Stride, A: x.Data, ARow: x.Stride, B: w.Data, BRow: w.Stride,
	})
}

// lowered is w from a row on.
func lowered(w tensor.Rows[float32], row int) tensor.Rows[float32] {
	w.Data = w.From(row)
	return w
}

// sumOuter writes to a block of a weight's gradient the sum of the outer products of rows of x and dy, in
// the order of the rows, or adds it to what is there.
func sumOuter(k *kernel.Set, add bool, rows int, x, dy tensor.Rows[float32], block braid.Block, grad tensor.Rows[float32]) {
	k.MulLanes(kernel.Product{
		Fresh: !add,
		Rows:  block.RowHi - block.RowLo, Columns: block.ColumnHi - block.ColumnLo, Inner: rows,
		C: grad.Data, CRow: grad.Stride, A: x.Data[block.RowLo:], ARow: 1, ACol: x.Stride,
		B: dy.Data[block.ColumnLo:], BRow: dy.Stride,
	})
}

var one = []float32{1}

// sumRows writes to a block of a bias's gradient the sum of the rows of dy, or adds it to what is there.
func sumRows(k *kernel.Set, add bool, rows int, dy tensor.Rows[float32], block braid.Block, grad tensor.Rows[float32]) {
	k.MulLanes(kernel.Product{
		Fresh: !add,
		Rows:  1, Columns: block.ColumnHi - block.ColumnLo, Inner: rows,
		C: grad.Data, A: one, B: dy.Data[block.ColumnLo:], BRow: dy.Stride,
	})
}

// fillRows makes each row of y a copy of x.
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

// clearRows makes zeros of rows of y.
func clearRows(y tensor.Rows[float32], rows int) {
	if y.Stride == y.Width {
		clear(y.Data[:rows*y.Width])
		return
	}
	for r := range rows {
		clear(y.Row(r))
	}
}
