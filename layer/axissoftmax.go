package layer

import (
	"fmt"
	"math"
	"slices"

	"braid"
	"braid/internal/kernel"
	"braid/op"
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
	masked, err := wantOptionalMask(b)
	if err != nil {
		return nil, err
	}
	shape := b.Shape(0)
	axis, err := axisOf(l.Axis, len(shape))
	if err != nil {
		return nil, err
	}
	o := axisSoftmax{axisRuns: runsOf(shape, axis)}
	if masked {
		mask := b.Shape(1)
		if len(mask) <= axis || len(mask) > len(shape) || !mask.Equal(shape[:len(mask)]) {
			return nil, fmt.Errorf("the mask has shape %v, want %v or %v", mask, shape[:axis+1], shape)
		}
		o.perMask = shape[len(mask):].Size()
	}
	o.runs, o.sums = b.Scratch(2*shape.Size()), b.Scratch(2*o.outer*o.inner)
	b.Output(shape...)
	return o, nil
}

// axisSoftmax copies a row to runs along the axis, so that the axis lies in the lanes.
type axisSoftmax struct {
	axisRuns
	perMask int // numbers of the input for each number of the mask; 0 without a mask
	runs    int // scratch: [2, outer, inner, length]
	sums    int // scratch: [2, outer, inner]
}

func (o axisSoftmax) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		in, out := t.In[0].Row(r), t.Out.Row(r)
		runs, sums := t.Scratch[o.runs][:len(in)], t.Scratch[o.sums]
		o.toRuns(runs, in)
		if o.perMask > 0 {
			o.hide(runs, t.In[1].Row(r))
			maskedSoftmax(runs, runs, o.outer*o.inner, o.length, sums)
		} else {
			softmaxRows(runs, runs, o.outer*o.inner, o.length, sums)
		}
		clear(out)
		o.addBack(out, runs)
	}
}

// hide sets the masked numbers to hidden.
func (o axisSoftmax) hide(runs, mask []float32) {
	for at := range runs {
		run, j := at/o.length, at%o.length
		from := (run/o.inner*o.length+j)*o.inner + run%o.inner
		if mask[from/o.perMask] == 0 {
			runs[at] = hidden
		}
	}
}

func (o axisSoftmax) Backward(t *op.Task) {
	for r := t.Lo; r < t.Hi && !t.InGrad[0].IsNil(); r++ {
		grad := t.InGrad[0].Row(r)
		y, d := t.Scratch[o.runs][:len(grad)], t.Scratch[o.runs][len(grad):]
		o.toRuns(y, t.Out.Row(r))
		o.toRuns(d, t.OutGrad.Row(r))
		softmaxSlope(d, y, o.outer*o.inner, o.length)
		o.addBack(grad, d)
	}
}

// toRuns copies a row to runs.
func (o axisRuns) toRuns(runs, row []float32) {
	if o.inner == 1 {
		copy(runs, row)
		return
	}
	size := o.length * o.inner
	for ; len(row) > 0; row, runs = row[size:], runs[size:] {
		kernel.Default().Transpose(kernel.Transposition{
			Rows: o.length, Columns: o.inner, Y: runs, YRow: o.length, X: row, XRow: o.inner,
		})
	}
}

// addBack adds runs to a row.
func (o axisRuns) addBack(row, runs []float32) {
	if o.inner == 1 {
		kernel.Default().Add(row, runs)
		return
	}
	size := o.length * o.inner
	for ; len(row) > 0; row, runs = row[size:], runs[size:] {
		kernel.Default().Transpose(kernel.Transposition{
			Rows: o.inner, Columns: o.length, Y: row, YRow: o.inner, X: runs, XRow: o.length, Add: true,
		})
	}
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
func softmaxSlope(d, y []float32, rows, width int) {
	kernel.Default().SoftmaxBack(kernel.SoftmaxBack{
		Rows: rows, Width: width, D: d, DRow: width, Y: y, YRow: width,
	})
}
