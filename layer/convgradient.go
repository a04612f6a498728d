package layer

import (
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// kernelGradient is the gradient of a convolution's kernel as indirect products: the sum of the
// outer products of each position's patch and gradient. A segment is a line of positions.
type kernelGradient struct {
	window   window
	channels int // of the input
	filters  int
	images   int // successive images in the tables
	blocks   []gradientBlock
	padded   bool
	copies   int // scratch, if padded: images with their padding
}

// gradientBlock is some rows of the gradient of a group, without the matrices.
type gradientBlock struct {
	kernel.Indirect
	rows  op.Span // of the kernel of a group
	lines int     // segments of an image
}

// A block is one tap, at the positions where it is inside the input. With up to fewChannels
// channels in a group its tiles would be low: then one block has all taps and reads a copy of the
// input with its padding, unless the padding is much larger than the input.
const fewChannels = 5

func newKernelGradient(w window, channels, filters, groups, images int) kernelGradient {
	group := channels / groups
	o := kernelGradient{window: w, channels: channels, filters: filters, images: images}
	const much, little = 4, 4096
	if o.padded = group <= fewChannels &&
		o.paddedSize() <= much*w.inputs()*channels+little; o.padded {
		o.blocks = []gradientBlock{o.allTaps(group)}
		return o
	}
	for a, h := range w.height.forward().each() {
		for j, v := range w.width.forward().each() {
			o.blocks = append(o.blocks, o.oneTap(a*w.width.size+j, group, h, v))
		}
	}
	return o
}

// paddedSize returns the numbers of an image with its padding.
func (o kernelGradient) paddedSize() int {
	return o.window.height.covered() * o.window.width.covered() * o.channels
}

// oneTap makes the block of a tap, given what it reads.
func (o kernelGradient) oneTap(tap, group int, h, w reach) gradientBlock {
	b := gradientBlock{rows: op.Span{Lo: tap * group, Hi: (tap + 1) * group}}
	for c := range group {
		b.row(c)
	}
	if b.Inner = len(w.to); b.Inner == 0 {
		return b
	}
	b.lines = len(h.to)
	height, width := o.window.height, o.window.width
	for k := range o.images {
		for i := range h.to {
			b.segment(((k*height.in+h.from[i])*width.in+w.from[0])*o.channels,
				(k*height.out+h.to[i])*width.out+w.to[0])
		}
	}
	return b
}

// allTaps makes the block of all taps, which read padded images.
func (o kernelGradient) allTaps(group int) gradientBlock {
	height, width := o.window.height, o.window.width
	wide := width.covered()
	b := gradientBlock{
		rows: op.Span{Hi: o.window.size() * group}, lines: height.out,
	}
	b.Inner = width.out
	for i := range height.size {
		for j := range width.size {
			for c := range group {
				b.row((i*height.dilation*wide+j*width.dilation)*o.channels + c)
			}
		}
	}
	for k := range o.images {
		for i := range height.out {
			b.segment((k*height.covered()+i*height.stride)*wide*o.channels,
				(k*height.out+i)*width.out)
		}
	}
	return b
}

// row adds a row of the gradient, given its offset in the input.
func (b *gradientBlock) row(from int) {
	b.CRows = append(b.CRows, int32(len(b.CRows)))
	b.ARows = append(b.ARows, int32(from))
}

// segment adds a line, given its first offset in the input and its first position.
func (b *gradientBlock) segment(from, position int) {
	b.ASegments = append(b.ASegments, int32(from))
	b.BSegments = append(b.BSegments, int32(position))
}

// source returns what the blocks read of some images.
func (o kernelGradient) source(t *op.Task, images int, in []float32) []float32 {
	if !o.padded {
		return in
	}
	padded, size := t.Scratch[o.copies], o.paddedSize()
	for k := range images {
		o.pad(padded[k*size:][:size], in[k*o.window.inputs()*o.channels:])
	}
	return padded
}

// pad copies an image to its place in the padding.
func (o kernelGradient) pad(padded, in []float32) {
	clear(padded)
	height, width := o.window.height, o.window.width
	wide := width.covered()
	count := min(width.in, wide-width.before) * o.channels
	for y := range min(height.in, height.covered()-height.before) {
		copy(padded[((y+height.before)*wide+width.before)*o.channels:][:count],
			in[y*width.in*o.channels:])
	}
}

// pieceNumbers is about how many numbers of input and gradient are multiplied at a time, so that
// they stay near: each tile of each tap reads them again.
const pieceNumbers = 16 << 10

// pieces returns the number of pieces of some images.
func (o kernelGradient) pieces(images int) int {
	numbers := o.window.inputs()*o.channels + o.window.positions()*o.filters
	return (images*numbers-1)/pieceNumbers + 1
}

// add writes to grad the gradient of some rows of the kernel of a group, or adds it: source, from
// the group's channels on, and d are those of some images.
func (o kernelGradient) add(
	add bool, images int, source []float32, d tensor.Rows[float32], rows op.Span,
	grad tensor.Rows[float32],
) {
	pieces := o.pieces(images)
	for piece := range pieces {
		for _, b := range o.blocks {
			some := b.rows.Intersect(rows)
			if some.Len() == 0 {
				continue
			}
			lines := images * b.lines
			first, last := lines*piece/pieces, lines*(piece+1)/pieces
			b.C, b.CRow = grad.From(some.Lo-rows.Lo), grad.Stride
			b.CRows = b.CRows[:some.Len()]
			b.ARows = b.ARows[some.Lo-b.rows.Lo:][:some.Len()]
			b.A, b.ACol = source, o.window.width.stride*o.channels
			b.ASegments, b.BSegments = b.ASegments[first:last], b.BSegments[first:last]
			b.B, b.BRow, b.Columns, b.Fresh = d.Data, d.Stride, d.Width, !add && piece == 0
			kernel.Default().MulIndirect(b.Indirect)
		}
	}
}
