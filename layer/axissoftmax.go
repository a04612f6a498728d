package layer

import (
	"fmt"
	"math"
	"slices"

	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// AxisSoftmax computes exp(in) / sum of exp(in) along one axis: Keras' layer Softmax. Where the
// mask is 0 the output is 0, and the sum leaves the number out. Where all of a sum is masked the
// outputs are 0. The activation Softmax does the same along the last axis, without a mask.
//
//	in   [batch, ..., n, ...], and optionally a mask of 0 and 1
//	out  [batch, ..., n, ...]
//
// The mask has at least the input's axes up to Axis: for [batch, steps, heads] and Axis 1 it is
// [batch, steps] or [batch, steps, heads].
type AxisSoftmax struct {
	// Axis is counted as in Keras: 1 is the first after the batch, -1 the last. 0 means the last.
	Axis int `json:"axis,omitzero"`
}

// Kind is "AxisSoftmax".
func (AxisSoftmax) Kind() string { return "AxisSoftmax" }

// Build checks the axis and the mask.
func (l AxisSoftmax) Build(b *braid.Builder) (op.Op, error) {
	if b.Inputs() != 2 {
		if err := b.Want(1, tensor.Float32); err != nil {
			return nil, err
		}
	} else if err := b.WantType(tensor.Float32); err != nil {
		return nil, err
	}
	shape := b.Shape(0)
	axis, err := axisOf(l.Axis, len(shape))
	if err != nil {
		return nil, err
	}
	o := axisSoftmax{axisRuns: runsOf(shape, axis)}
	if b.Inputs() == 2 {
		mask := b.Shape(1)
		if len(mask) <= axis || len(mask) > len(shape) || !mask.Equal(shape[:len(mask)]) {
			return nil, fmt.Errorf("the mask has shape %v, want %v or %v", mask, shape[:axis+1], shape)
		}
		o.perMask = shape[len(mask):].Size()
	}
	o.block = b.Scratch(2 * o.length * o.inner)
	o.sums = b.Scratch(2 * o.inner)
	b.Output(shape...)
	return o, nil
}

type axisSoftmax struct {
	axisRuns
	perMask int // numbers of the input for each number of the mask; 0 without a mask
	block   int // scratch: [2, inner, length]
	sums    int // scratch: [2, inner]
}

// Forward transposes, so that the axis lies in the lanes.
func (o axisSoftmax) Forward(t *op.Task) {
	size := o.length * o.inner
	block, sums := t.Scratch[o.block][:size], t.Scratch[o.sums]
	for r := t.Lo; r < t.Hi; r++ {
		for i := range o.outer {
			in, out := t.In[0].Row(r)[i*size:][:size], t.Out.Row(r)[i*size:][:size]
			transposeTo(block, in, o.length, o.inner)
			if o.perMask > 0 {
				o.hide(block, t.In[1].Row(r), i)
				maskedSoftmax(block, block, o.inner, o.length, sums)
			} else {
				softmaxRows(block, block, o.inner, o.length, sums)
			}
			transposeTo(out, block, o.inner, o.length)
		}
	}
}

// hide sets the masked numbers of a block to hidden.
func (o axisSoftmax) hide(block, mask []float32, outer int) {
	for j := range o.length {
		for i := range o.inner {
			if mask[((outer*o.length+j)*o.inner+i)/o.perMask] == 0 {
				block[i*o.length+j] = hidden
			}
		}
	}
}

func (o axisSoftmax) Backward(t *op.Task) {
	if t.InGrad[0].IsNil() {
		return
	}
	size := o.length * o.inner
	y, d := t.Scratch[o.block][:size], t.Scratch[o.block][size:]
	for r := t.Lo; r < t.Hi; r++ {
		for i := range o.outer {
			transposeTo(y, t.Out.Row(r)[i*size:][:size], o.length, o.inner)
			transposeTo(d, t.OutGrad.Row(r)[i*size:][:size], o.length, o.inner)
			softmaxSlope(d, y, o.length)
			kernel.Default().Transpose(kernel.Transposition{
				Rows: o.inner, Columns: o.length, Y: t.InGrad[0].Row(r)[i*size:], YRow: o.inner, X: d,
				XRow: o.length, Add: true,
			})
		}
	}
}

// transposeTo transposes x [rows, columns] to y.
func transposeTo(y, x []float32, rows, columns int) {
	kernel.Default().Transpose(kernel.Transposition{
		Rows: rows, Columns: columns, Y: y, YRow: rows, X: x, XRow: columns,
	})
}

// softmaxRows computes y from x, which may be the same memory, along rows of width numbers. sums
// has 2 rows numbers.
func softmaxRows(y, x []float32, rows, width int, sums []float32) {
	kernel.Default().Softmax(kernel.Softmax{
		Rows: rows, Width: width, Y: y, YRow: width, X: x, XRow: width, Max: sums[:rows],
		Rest: sums[rows:],
	})
}

// maskedSoftmax is softmaxRows for rows in which masked numbers are -Inf. They become 0.
func maskedSoftmax(y, x []float32, rows, width int, sums []float32) {
	first := 0 // of the rows that the kernel has not computed
	for r := range rows {
		if slices.ContainsFunc(x[r*width:][:width], visible) {
			continue
		}
		if first < r {
			softmaxRows(y[first*width:], x[first*width:], r-first, width, sums)
		}
		clear(y[r*width:][:width])
		first = r + 1
	}
	if first < rows {
		softmaxRows(y[first*width:], x[first*width:], rows-first, width, sums)
	}
}

var hidden = float32(math.Inf(-1)) // in place of a masked number

func visible(v float32) bool { return v != hidden }

// softmaxSlope computes d = y (d - sum of y d) along rows of width numbers.
func softmaxSlope(d, y []float32, width int) {
	for ; len(d) > 0; d, y = d[width:], y[width:] {
		y, d := y[:width], d[:width]
		var sum float32
		for i, v := range y {
			sum += float32(v * d[i])
		}
		for i, v := range y {
			d[i] = v * (d[i] - sum)
		}
	}
}
