package op

import (
	"braid/internal/kernel"
	"braid/tensor"
)

// The matrices of this file are windows that start at their first row. Their number of rows is a
// separate argument.

// Multiply writes x w to y, or adds it if add is set. w has as many rows as x has columns. Each sum
// runs in ascending order.
func Multiply(add bool, rows int, y, x, w tensor.Rows[float32]) {
	kernel.Default().MulLanes(kernel.Product{
		Fresh: !add, Rows: rows, Columns: y.Width, Inner: x.Width,
		C: y.Data, CRow: y.Stride, A: x.Data, ARow: x.Stride, ACol: 1, B: w.Data, BRow: w.Stride,
	})
}

// MultiplyTransposed writes x wᵀ to y, or adds it if add is set. w has as many rows as y has
// columns. Each sum runs in 16 lanes, which one fixed tree folds.
func MultiplyTransposed(add bool, rows int, y, x, w tensor.Rows[float32]) {
	kernel.Default().MulDots(kernel.Dots{
		Fresh: !add, Rows: rows, Columns: y.Width, Inner: x.Width,
		C: y.Data, CRow: y.Stride, A: x.Data, ARow: x.Stride, B: w.Data, BRow: w.Stride,
	})
}

// AddOuter writes to grad a block of xᵀ dy, or adds it if add is set: the outer products of rows
// of x and dy, summed in the order of the rows. It is the gradient of a kernel [columns of x,
// columns of dy].
func AddOuter(
	add bool, rows int, x, dy tensor.Rows[float32], block Block, grad tensor.Rows[float32],
) {
	kernel.Default().MulLanes(kernel.Product{
		Fresh: !add,
		Rows:  block.RowHi - block.RowLo, Columns: block.ColumnHi - block.ColumnLo, Inner: rows,
		C: grad.Data, CRow: grad.Stride, A: x.Data[block.RowLo:], ARow: 1, ACol: x.Stride,
		B: dy.Data[block.ColumnLo:], BRow: dy.Stride,
	})
}

var one = []float32{1}

// AddRows writes to grad a block of the sum of the rows of dy, in their order, or adds it if add is
// set. It is the gradient of a bias.
func AddRows(add bool, rows int, dy tensor.Rows[float32], block Block, grad tensor.Rows[float32]) {
	kernel.Default().MulLanes(kernel.Product{
		Fresh: !add,
		Rows:  1, Columns: block.ColumnHi - block.ColumnLo, Inner: rows,
		C: grad.Data, A: one, B: dy.Data[block.ColumnLo:], BRow: dy.Stride,
	})
}
