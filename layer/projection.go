package layer

import (
	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// projection is a product with a kernel [in, out], for each step of an input.
type projection struct {
	steps, in, out int
	kernel, bias   int  // weights; -1 for none
	transposed     int  // scratch: [out, in], the kernel
	result         kept // [steps, out]
	slopes         int  // saved: [steps, out], the gradient of the result
}

// kept is numbers of a row: saved in training, else in scratch until the next row.
type kept struct{ saved, scratch int }

func keep(b *braid.Builder, width int) kept { return kept{b.Save(width), b.Scratch(width)} }

func (k kept) row(t *op.Task, row int) []float32 {
	if t.Train {
		return t.Saved[k.saved].Row(row)
	}
	return t.Scratch[k.scratch]
}

// has reports whether a weight is the kernel or the bias.
func (p *projection) has(weight int) bool { return weight == p.kernel || weight == p.bias }

// forward computes y = x kernel + bias.
func (p *projection) forward(t *op.Task, y, x []float32) {
	var bias []float32
	if p.bias >= 0 {
		bias = t.Weights[p.bias].Row(0)
	}
	to, from := tensor.RowsOf(y, p.out), tensor.RowsOf(x, p.in)
	multiplyBias(p.steps, to, from, t.Weights[p.kernel], bias)
}

// transpose transposes the kernel for the calls of backward in a task: products whose outputs are
// in the lanes are faster than sums along the lanes, unless these are long.
func (p *projection) transpose(t *op.Task) {
	w := t.Weights[p.kernel]
	kernel.Default().Transpose(kernel.Transposition{
		Rows: p.in, Columns: p.out, Y: t.Scratch[p.transposed], YRow: p.in, X: w.Data, XRow: w.Stride,
	})
}

// backward writes d kernelᵀ to dx, or adds it. transpose comes before it.
func (p *projection) backward(t *op.Task, dx, d []float32, add bool) {
	grad, slopes := tensor.RowsOf(dx, p.in), tensor.RowsOf(d, p.out)
	op.Multiply(add, p.steps, grad, slopes, tensor.RowsOf(t.Scratch[p.transposed], p.in))
}

// gradient computes a block of the gradient of the kernel or the bias.
func (p *projection) gradient(
	t *op.Task, weight int, x, d tensor.Rows[float32], block op.Block, grad tensor.Rows[float32],
) {
	rows, count := p.steps, t.Hi-t.Lo
	if x.Stride == p.steps*p.in && d.Stride == p.steps*p.out { // one matrix
		rows, count = rows*count, 1
	}
	for i := range count {
		from, slopes := tensor.RowsOf(x.From(t.Lo+i), p.in), tensor.RowsOf(d.From(t.Lo+i), p.out)
		if weight == p.bias {
			op.AddRows(i > 0, rows, slopes, block, grad)
		} else {
			op.AddOuter(i > 0, rows, from, slopes, block, grad)
		}
	}
}
