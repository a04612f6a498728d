package layer

import (
	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// lines is conv for one group without dilation of the width. A line of a patch then is adjacent in
// the padded input, so that the patches of a line of positions are a matrix whose rows overlap, and
// Forward and Gradient copy no patch. They sum in the order of conv, and Backward is that of conv.
type lines struct {
	conv
	padded int // scratch: a row of the input with its padding; -1 if there is no padding
}

// inLines reports whether lines can compute the layer, and is at least as fast: a line of positions
// must be long, or the kernel small, because each line reads the kernel again.
func (o conv) inLines() bool {
	const long, small = 20, 256 << 10
	return o.groups == 1 && o.window.width.dilation == 1 && !o.pointwise &&
		(o.window.width.out >= long || o.patch()*o.filters <= small)
}

func newLines(b *braid.Builder, o conv) lines {
	l := lines{o, -1}
	if o.window.isPadded() {
		height, width := o.window.paddedSize()
		l.padded = b.Scratch(height * width * o.channels)
	}
	return l
}

// paddedSize returns the height and the width that the windows cover.
func (w window) paddedSize() (height, width int) {
	covered := func(a axis) int { return a.at(a.out-1, a.size-1) + a.before + 1 }
	return covered(w.height), covered(w.width)
}

// isPadded reports whether a window reaches outside of the input.
func (w window) isPadded() bool {
	height, width := w.paddedSize()
	return w.height.before > 0 || w.width.before > 0 || height > w.height.in || width > w.width.in
}

func (o lines) Forward(t *op.Task) {
	w := t.Weights[0]
	for r := t.Lo; r < t.Hi; r++ {
		out := tensor.RowsOf(t.Out.Row(r), o.filters)
		if o.bias {
			fillRows(out, o.window.positions(), t.Weights[1].Data)
		}
		o.each(t, r, op.Span{Hi: o.patch()}, func(i int, columns op.Span, x []float32) {
			kernel.Default().MulLanes(kernel.Product{
				Rows: o.window.width.out, Columns: o.filters, Inner: columns.Len(),
				C: out.From(i * o.window.width.out), CRow: o.filters, A: x, ARow: o.step(), ACol: 1,
				B: w.From(columns.Lo), BRow: w.Stride, Fresh: !o.bias && columns.Lo == 0,
			})
		})
	}
}

func (o lines) Gradient(t *op.Task, weight int, block op.Block, grad tensor.Rows[float32]) {
	if weight == 1 {
		o.conv.Gradient(t, weight, block, grad)
		return
	}
	for r := t.Lo; r < t.Hi; r++ {
		d := t.OutGrad.Row(r)
		rows := op.Span{Lo: block.RowLo, Hi: block.RowHi}
		o.each(t, r, rows, func(i int, columns op.Span, x []float32) {
			kernel.Default().MulLanes(kernel.Product{
				Rows: columns.Len(), Columns: block.ColumnHi - block.ColumnLo, Inner: o.window.width.out,
				C: grad.From(columns.Lo - rows.Lo), CRow: grad.Stride, A: x, ARow: 1, ACol: o.step(),
				B: d[i*o.window.width.out*o.filters+block.ColumnLo:], BRow: o.filters,
				Fresh: r == t.Lo && i == 0,
			})
		})
	}
}

// step returns the distance of successive patches of a line.
func (o lines) step() int { return o.window.width.stride * o.channels }

// each calls work for every line of positions of a row and every line of a patch that has some of
// the given columns, in order: the line of positions, the columns, and the first patch from the
// first column on.
func (o lines) each(
	t *op.Task, row int, columns op.Span, work func(i int, columns op.Span, x []float32),
) {
	in, wide := t.In[0].Row(row), o.window.width.in
	if o.padded >= 0 {
		_, wide = o.window.paddedSize()
		in = o.pad(t, in)
	}
	line := o.window.width.size * o.channels
	for i := range o.window.height.out {
		for a := columns.Lo / line; a*line < columns.Hi; a++ {
			some := columns.Intersect(op.Span{Lo: a * line, Hi: (a + 1) * line})
			y := i*o.window.height.stride + a*o.window.height.dilation
			work(i, some, in[y*wide*o.channels+some.Lo-a*line:])
		}
	}
}

// pad copies a row of the input to its place in the padding.
func (o lines) pad(t *op.Task, in []float32) []float32 {
	padded := t.Scratch[o.padded]
	clear(padded)
	height, width := o.window.paddedSize()
	top, left := o.window.height.before, o.window.width.before
	line := o.window.width.in * o.channels
	count := min(o.window.width.in, width-left) * o.channels
	for y := range min(o.window.height.in, height-top) {
		copy(padded[((y+top)*width+left)*o.channels:][:count], in[y*line:])
	}
	return padded
}
