package layer

import (
	"braid"
	"braid/internal/kernel"
	"braid/op"
)

// poolWindow2D returns the geometry of a layer that pools an image [height, width, channels]. In
// place of 0, the size is 2, and the stride is the size.
func poolWindow2D(b *braid.Builder, size, strides Pair, padding Padding) (pool, error) {
	in, err := wantImage(b)
	if err != nil {
		return pool{}, err
	}
	size = size.or(Pair{2, 2})
	w, err := newWindow(in, size, strides.or(size), Pair{1, 1}, padding)
	if err != nil {
		return pool{}, err
	}
	b.Output(w.height.out, w.width.out, in[2])
	return pool{w, in[2], b.Scratch(in[2] + 1)}, nil
}

// poolWindow1D is poolWindow2D for a sequence [steps, channels].
func poolWindow1D(b *braid.Builder, size, strides int, padding Padding) (pool, error) {
	in, err := wantSteps(b)
	if err != nil {
		return pool{}, err
	}
	if err := padding.check(int(Causal)); err != nil {
		return pool{}, err
	}
	if size == 0 {
		size = 2
	}
	if strides == 0 {
		strides = size
	}
	steps, err := newAxis(in[0], size, strides, 1, padding)
	if err != nil {
		return pool{}, err
	}
	b.Output(steps.out, in[1])
	return pool{window{point, steps}, in[1], b.Scratch(in[1] + 1)}, nil
}

// pool holds the fields of both poolings.
type pool struct {
	window   window
	channels int
	share    int // scratch of averagePool: [channels + 1]
}

// stretch is successive positions of the window whose taps are equal: as many lines of as many
// taps.
type stretch struct {
	out, positions int // index of the first position, their number
	in             int // index in the input of its first tap
	lines, taps    int
}

// stretches calls work for all positions of the window, in order. Where all columns of the window
// are inside the input, the positions of a line are one stretch.
func (o pool) stretches(work func(s stretch)) {
	height, width := o.window.height, o.window.width
	first, _ := width.positions(0)
	_, end := width.positions(width.size - 1)
	for i := range height.out {
		top, bottom := height.taps(i)
		s := stretch{out: i * width.out, lines: bottom - top}
		for j := 0; j < width.out; j += s.positions {
			left, right := width.taps(j)
			s.in, s.taps = height.at(i, top)*width.in+width.at(j, left), right-left
			s.positions = 1
			if j == first && first < end {
				s.positions = end - first
			}
			work(s)
			s.out += s.positions
		}
	}
}

// maxPool takes the largest number under the window. NaN counts as the largest.
type maxPool struct{ pool }

// moved returns the kernel's arguments for a stretch of a row.
func (o maxPool) moved(s stretch, in, out []float32) kernel.MaxWindow {
	c, width := o.channels, o.window.width
	return kernel.MaxWindow{
		Rows: s.positions, Width: c, Lines: s.lines, Taps: s.taps,
		X: in[s.in*c:], XRow: width.stride * c, Line: width.in * c, Y: out[s.out*c:], YRow: c,
	}
}

func (o maxPool) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		in, out := t.In[0].Row(r), t.Out.Row(r)
		o.stretches(func(s stretch) { kernel.Default().MaxWindow(o.moved(s, in, out)) })
	}
}

// Backward adds the gradient to the first of the largest numbers.
func (o maxPool) Backward(t *op.Task) {
	if t.InGrad[0].IsNil() {
		return
	}
	for r := t.Lo; r < t.Hi; r++ {
		in, out := t.In[0].Row(r), t.Out.Row(r)
		grad, d := t.InGrad[0].Row(r), t.OutGrad.Row(r)
		o.stretches(func(s stretch) {
			p := o.moved(s, in, out)
			p.Grad, p.D, p.DRow = grad[s.in*o.channels:], d[s.out*o.channels:], o.channels
			kernel.Default().MaxBack(p)
		})
	}
}

// averagePool takes the mean of the numbers under the window that are inside the input.
type averagePool struct{ pool }

// each calls work for each tap of each stretch of positions, with the positions as rows of the
// output, the taps as rows of the input, and share, the weight of a tap, as the row of a matrix.
func (o averagePool) each(
	t *op.Task, in, out []float32, work func(in []float32, row int, out, share []float32, rows int),
) {
	c, width, count := o.channels, o.window.width, 0
	share, number := t.Scratch[o.share][:c], t.Scratch[o.share][c:]
	o.stretches(func(s stretch) {
		if n := s.lines * s.taps; n != count {
			count, number[0] = n, 1/float32(n)
			kernel.Default().Spread(share, number)
		}
		for line := range s.lines {
			for tap := range s.taps {
				at := s.in + line*width.in + tap
				work(in[at*c:], width.stride*c, out[s.out*c:], share, s.positions)
			}
		}
	})
}

func (o averagePool) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		in, out := t.In[0].Row(r), t.Out.Row(r)
		clear(out)
		o.each(t, in, out, func(in []float32, row int, out, share []float32, rows int) {
			kernel.Default().MulRows(kernel.RowProducts{
				Rows: rows, Width: o.channels, Y: out, YRow: o.channels, X: in, XRow: row, W: share,
			})
		})
	}
}

func (o averagePool) Backward(t *op.Task) {
	if t.InGrad[0].IsNil() {
		return
	}
	for r := t.Lo; r < t.Hi; r++ {
		grad, d := t.InGrad[0].Row(r), t.OutGrad.Row(r)
		o.each(t, grad, d, func(grad []float32, row int, d, share []float32, rows int) {
			kernel.Default().MulRows(kernel.RowProducts{
				Rows: rows, Width: o.channels, Y: grad, YRow: row, X: d, XRow: o.channels, W: share,
			})
		})
	}
}
