package layer

import (
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// Pieces of up to shortPiece numbers are copied by quad at a time, which is faster than a call of
// memmove. quad-1 numbers beyond the piece are overwritten.
const shortPiece, quad = 32, 4

// gather returns some columns of the patches of a run for a group: im2col.
func (o conv) gather(t *op.Task, r run, group int, columns op.Span) tensor.Rows[float32] {
	if o.pointwise {
		channels, _ := o.group(group)
		return r.matrix(t.In[0], o.window.positions(), o.channels).
			Columns(channels.Lo+columns.Lo, channels.Lo+columns.Hi)
	}
	patches := t.Scratch[o.patches]
	o.pieces(t.In[0], r, group, columns, func(from []float32, to, at, n int) {
		if at < 0 {
			clear(patches[to : to+n])
			return
		}
		if n > shortPiece || at+n+quad > len(from) {
			copy(patches[to:to+n], from[at:])
			return
		}
		// The numbers beyond the piece are those of the next pieces, or after the last patch.
		for i := 0; i < n; i += quad {
			*(*[quad]float32)(patches[to+i:]) = *(*[quad]float32)(from[at+i:])
		}
	})
	return tensor.RowsOf(patches, columns.Len())
}

// scatter adds the gradients of whole patches of a run to the input's gradient: col2im.
func (o conv) scatter(t *op.Task, r run, group int, patches []float32) {
	add := kernel.Default().Add
	all := op.Span{Hi: o.patch()}
	o.pieces(t.InGrad[0], r, group, all, func(grad []float32, from, at, n int) {
		if at >= 0 {
			add(grad[at:at+n], patches[from:from+n])
		}
	})
}

// pieces calls visit with all pieces of some columns of the patches of a run, in the order of a
// matrix of these columns: the row of x, the index in the matrix, the index in the row or -1
// outside of the input, and the length.
func (o conv) pieces(
	x tensor.Rows[float32], r run, group int, columns op.Span,
	visit func(x []float32, index, at, n int),
) {
	height, width := o.window.height, o.window.width
	channels, _ := o.group(group)
	p := pieces{
		channels: o.channels, group: channels.Len(), dilation: width.dilation, columns: columns,
	}
	line := width.size * p.group
	first, step := columns.Lo/line, height.dilation*width.in*o.channels
	innerLo, innerHi := width.inside()
	row := r.row
	p.x = x.Row(row)
	i, j := r.position/width.out, r.position%width.out
	top, bottom := height.taps(i)
	for k := range r.count {
		left, right := 0, line
		if j < innerLo || j >= innerHi {
			left, right = width.taps(j)
			left, right = left*p.group, right*p.group
		}
		at := (height.at(i, first)*width.in+width.at(j, 0))*o.channels + channels.Lo
		for a := first; a*line < columns.Hi; a++ {
			if a < top || a >= bottom {
				p.line(a*line, line, line, line, at, visit)
			} else {
				p.line(a*line, left, right, line, at, visit)
			}
			at += step
		}
		p.index += columns.Len()
		if j++; j == width.out {
			j = 0
			if i++; i == height.out && k < r.count-1 {
				i, row = 0, row+1
				p.x = x.Row(row)
			}
			top, bottom = height.taps(i)
		}
	}
}

// pieces divides lines of a window.
type pieces struct {
	channels int // of the input
	group    int // channels of the group
	dilation int
	columns  op.Span

	x     []float32 // row of the current patch
	index int       // of the current patch
}

// line visits the pieces of a line of length numbers from a column on. The numbers from left to
// right-1 are inside of the input, where at is the index of the line's first number.
func (p *pieces) line(
	column, left, right, length, at int, visit func(x []float32, index, at, n int),
) {
	lo, hi := max(p.columns.Lo-column, 0), min(p.columns.Hi-column, length)
	left, right = min(max(left, lo), hi), max(min(right, hi), lo)
	index := p.index + column - p.columns.Lo
	if lo < left {
		visit(p.x, index+lo, -1, left-lo)
	}
	if p.dilation == 1 && p.group == p.channels { // the taps are adjacent in the input
		if left < right {
			visit(p.x, index+left, at+left, right-left)
		}
	} else {
		for lo := left; lo < right; {
			tap := lo / p.group
			hi := min(right, (tap+1)*p.group)
			visit(p.x, index+lo, at+tap*(p.dilation*p.channels-p.group)+lo, hi-lo)
			lo = hi
		}
	}
	if right = max(left, right); right < hi {
		visit(p.x, index+right, -1, hi-right)
	}
}
