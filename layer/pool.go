package layer

import (
	"math"

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
	return pool{w, in[2], b.Scratch(in[2])}, nil
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
	return pool{window{point, steps}, in[1], b.Scratch(in[1])}, nil
}

// pool holds the fields of both poolings.
type pool struct {
	window   window
	channels int
	grad     int // scratch: the gradient of one position
}

// each calls position for each position of the window, with the channels of that position as a
// range of an output row.
func (o pool) each(position func(i, j, lo, hi int)) {
	at := 0
	for i := range o.window.height.out {
		for j := range o.window.width.out {
			position(i, j, at, at+o.channels)
			at += o.channels
		}
	}
}

// taps calls tap for each tap inside the input, in order, with its channels as a range of an input
// row.
func (o pool) taps(i, j int, tap func(lo, hi int)) {
	height, width := o.window.height, o.window.width
	top, bottom := height.taps(i)
	left, right := width.taps(j)
	for a := top; a < bottom; a++ {
		for b := left; b < right; b++ {
			at := (height.at(i, a)*width.in + width.at(j, b)) * o.channels
			tap(at, at+o.channels)
		}
	}
}

// count returns the number of taps inside the input.
func (o pool) count(i, j int) int {
	top, bottom := o.window.height.taps(i)
	left, right := o.window.width.taps(j)
	return (bottom - top) * (right - left)
}

// maxPool takes the largest number under the window. NaN counts as the largest.
type maxPool struct{ pool }

func (o maxPool) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		in, out := t.In[0].Row(r), t.Out.Row(r)
		o.each(func(i, j, lo, hi int) {
			y, first := out[lo:hi], true
			o.taps(i, j, func(lo, hi int) {
				if first {
					copy(y, in[lo:hi])
					first = false
					return
				}
				raise(y, in[lo:hi])
			})
		})
	}
}

// raise computes y[i] = max(y[i], x[i]).
func raise(y, x []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] = max(y[i], v)
	}
}

// Backward adds the gradient to the first of the largest numbers.
func (o maxPool) Backward(t *op.Task) {
	if t.InGrad[0].IsNil() {
		return
	}
	rest := t.Scratch[o.grad]
	add := addWhereEqual
	if o.window.size() > few {
		add = addWhereRarelyEqual
	}
	for r := t.Lo; r < t.Hi; r++ {
		in, grad, out, d := t.In[0].Row(r), t.InGrad[0].Row(r), t.Out.Row(r), t.OutGrad.Row(r)
		o.each(func(i, j, lo, hi int) {
			copy(rest, d[lo:hi])
			y := out[lo:hi]
			o.taps(i, j, func(lo, hi int) { add(grad[lo:hi], in[lo:hi], y, rest) })
		})
	}
}

// addWhereEqual moves rest to grad where x equals y. It has no branches, which could not be
// predicted.
func addWhereEqual(grad, x, y, rest []float32) {
	grad, y, rest = grad[:len(x)], y[:len(x)], rest[:len(x)]
	for i, v := range x {
		var equal uint32
		if v == y[i] {
			equal = 1
		}
		bits := math.Float32bits(rest[i])
		grad[i] += math.Float32frombits(bits & -equal)
		rest[i] = math.Float32frombits(bits &^ -equal)
	}
}

// few is the largest number of taps for which addWhereEqual is faster.
const few = 16

// addWhereRarelyEqual is addWhereEqual with a branch, which is seldom taken in a large window.
func addWhereRarelyEqual(grad, x, y, rest []float32) {
	grad, y, rest = grad[:len(x)], y[:len(x)], rest[:len(x)]
	for i, v := range x {
		if v == y[i] {
			grad[i] += rest[i]
			rest[i] = 0
		}
	}
}

// averagePool takes the mean of the numbers under the window that are inside the input.
type averagePool struct{ pool }

func (o averagePool) Forward(t *op.Task) {
	k := kernel.Default()
	for r := t.Lo; r < t.Hi; r++ {
		in, out := t.In[0].Row(r), t.Out.Row(r)
		o.each(func(i, j, lo, hi int) {
			y := out[lo:hi]
			clear(y)
			o.taps(i, j, func(lo, hi int) { k.Add(y, in[lo:hi]) })
			k.Scale(y, y, 1/float32(o.count(i, j)))
		})
	}
}

func (o averagePool) Backward(t *op.Task) {
	if t.InGrad[0].IsNil() {
		return
	}
	k, share := kernel.Default(), t.Scratch[o.grad]
	for r := t.Lo; r < t.Hi; r++ {
		grad, d := t.InGrad[0].Row(r), t.OutGrad.Row(r)
		o.each(func(i, j, lo, hi int) {
			k.Scale(share, d[lo:hi], 1/float32(o.count(i, j)))
			o.taps(i, j, func(lo, hi int) { k.Add(grad[lo:hi], share) })
		})
	}
}
