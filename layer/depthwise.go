package layer

import (
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// depthwise is the op of DepthwiseConv2D. It multiplies the pixels under one tap by the tap's row
// of the kernel, for all positions of a line at a time. With a multiplier the input is first
// spread, so that input and output have the same channels.
type depthwise struct {
	window     window
	channels   int // of the input
	multiplier int
	bias       bool
	spread     int // scratch, with a multiplier: a row of the input with outputs() channels
	taps       int // scratch: the kernel [taps, outputs()], or its gradient
}

// outputs returns the channels of the output.
func (o depthwise) outputs() int { return o.channels * o.multiplier }

func (o depthwise) Forward(t *op.Task) {
	taps := o.kernel(t)
	for r := t.Lo; r < t.Hi; r++ {
		in, out := o.input(t, r), t.Out.Row(r)
		if o.bias {
			fillRows(tensor.RowsOf(out, o.outputs()), o.window.positions(), t.Weights[1].Data)
		} else {
			clear(out)
		}
		o.each(func(l tapLine) {
			kernel.Default().MulRows(kernel.RowProducts{
				Rows: l.count, Width: o.outputs(), Y: out[l.out:], YRow: o.outputs(),
				X: in[l.in:], XRow: o.step(), W: taps[l.tap:],
			})
		})
	}
}

func (o depthwise) Backward(t *op.Task) {
	if t.InGrad[0].IsNil() {
		return
	}
	taps := o.kernel(t)
	for r := t.Lo; r < t.Hi; r++ {
		grad, d := t.InGrad[0].Row(r), t.OutGrad.Row(r)
		if o.multiplier > 1 {
			grad = t.Scratch[o.spread]
			clear(grad)
		}
		o.each(func(l tapLine) {
			kernel.Default().MulRows(kernel.RowProducts{
				Rows: l.count, Width: o.outputs(), Y: grad[l.in:], YRow: o.step(),
				X: d[l.out:], XRow: o.outputs(), W: taps[l.tap:],
			})
		})
		if o.multiplier > 1 {
			for i := range t.InGrad[0].Row(r) {
				for _, v := range grad[i*o.multiplier:][:o.multiplier] {
					t.InGrad[0].Row(r)[i] += v
				}
			}
		}
	}
}

func (o depthwise) Gradient(t *op.Task, weight int, block op.Block, grad tensor.Rows[float32]) {
	if weight == 1 {
		for r := t.Lo; r < t.Hi; r++ {
			d := tensor.RowsOf(t.OutGrad.Row(r), o.outputs())
			op.AddRows(r > t.Lo, o.window.positions(), d, block, grad)
		}
		return
	}
	sums := t.Scratch[o.taps]
	all := op.Span{Lo: block.RowLo * o.multiplier, Hi: block.RowHi * o.multiplier}
	clear(sums[all.Lo:all.Hi])
	for r := t.Lo; r < t.Hi; r++ {
		in, d := o.input(t, r), t.OutGrad.Row(r)
		o.each(func(l tapLine) {
			span := all.Intersect(op.Span{Lo: l.tap, Hi: l.tap + o.outputs()})
			if span.Len() == 0 {
				return
			}
			skip := span.Lo - l.tap
			kernel.Default().MulRows(kernel.RowProducts{
				Rows: l.count, Width: span.Len(), Y: sums[span.Lo:],
				X: in[l.in+skip:], XRow: o.step(), W: d[l.out+skip:], WRow: o.outputs(),
			})
		})
	}
	for row := block.RowLo; row < block.RowHi; row++ {
		copy(grad.Row(row-block.RowLo), sums[row*o.multiplier+block.ColumnLo:])
	}
}

// GradientProducts returns the positions, which all use every number of the weights.
func (o depthwise) GradientProducts(int) int { return o.window.positions() }

// step returns the distance in the input of the pixels of successive positions.
func (o depthwise) step() int { return o.window.width.stride * o.outputs() }

// kernel returns the kernel as [taps, outputs()].
func (o depthwise) kernel(t *op.Task) []float32 {
	w := t.Weights[0]
	if w.Stride == w.Width {
		return w.Data
	}
	taps := t.Scratch[o.taps]
	for row := range o.window.size() * o.channels {
		copy(taps[row*w.Width:], w.Row(row))
	}
	return taps
}

// input returns a row of the input with each channel multiplier times.
func (o depthwise) input(t *op.Task, row int) []float32 {
	if o.multiplier == 1 {
		return t.In[0].Row(row)
	}
	kernel.Default().Spread(t.Scratch[o.spread], t.In[0].Row(row))
	return t.Scratch[o.spread]
}

// tapLine is one tap at successive positions of a line: the indices of the first pixel of input and
// output, their number, and the index of the tap in the kernel.
type tapLine struct{ in, out, count, tap int }

// each calls work for every tap of every line, in order, with the positions at which the tap is
// inside the input.
func (o depthwise) each(work func(l tapLine)) {
	height, width := o.window.height, o.window.width
	for i := range height.out {
		top, bottom := height.taps(i)
		for a := top; a < bottom; a++ {
			for b := range width.size {
				lo, hi := width.positions(b)
				if lo >= hi {
					continue
				}
				work(tapLine{
					in:  (height.at(i, a)*width.in + width.at(lo, b)) * o.outputs(),
					out: (i*width.out + lo) * o.outputs(), count: hi - lo,
					tap: (a*width.size + b) * o.outputs(),
				})
			}
		}
	}
}
