package layer

import (
	"fmt"

	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// Sum adds up the numbers along one axis.
//
//	in   [batch, ..., n, ...]
//	out  [batch, ..., ...], or [batch, ..., 1, ...] with KeepDims
type Sum struct {
	// Axis is the axis to add up, counted as in Keras: 1 is the first after the batch, -1 the last.
	// 0 means the last.
	Axis     int  `json:"axis,omitzero"`
	KeepDims bool `json:"keep_dims,omitzero"` // keep the axis, with length 1
}

// Kind is "Sum".
func (Sum) Kind() string { return "Sum" }

// Build checks the axis.
func (l Sum) Build(b *braid.Builder) (op.Op, error) {
	if err := b.Want(1, tensor.Float32); err != nil {
		return nil, err
	}
	shape := b.Shape(0)
	axis, err := axisOf(l.Axis, len(shape))
	if err != nil {
		return nil, err
	}
	out := append(tensor.Shape(nil), shape[:axis]...)
	if l.KeepDims {
		out = append(out, 1)
	}
	b.Output(append(out, shape[axis+1:]...)...)
	o := axisSum{axisRuns: runsOf(shape, axis)}
	if o.inner == 1 {
		o.ones = make([]float32, o.length)
		kernel.Default().Spread(o.ones, []float32{1})
	}
	return o, nil
}

// axisOf returns the index of an axis of a row, which is counted as in Keras; 0 means the last.
func axisOf(axis, count int) (int, error) {
	index := axis - 1
	if axis <= 0 {
		index = count - max(1, -axis)
	}
	if index < 0 || index >= count {
		return 0, fmt.Errorf("Axis = %d, want -%d to %d for an input of %d axes", axis, count, count,
			count)
	}
	return index, nil
}

// axisRuns divides a row into runs along one axis: the row is a matrix [outer, length, inner].
type axisRuns struct{ outer, length, inner int }

func runsOf(shape tensor.Shape, axis int) axisRuns {
	return axisRuns{shape[:axis].Size(), shape[axis], shape[axis+1:].Size()}
}

type axisSum struct {
	axisRuns
	ones []float32 // [length] if inner is 1
}

// Forward adds up in ascending order, or in 16 lanes along the last axis.
func (o axisSum) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		in, out := t.In[0].Row(r), t.Out.Row(r)
		if o.inner == 1 {
			kernel.Default().MulDots(kernel.Dots{
				Fresh: true, Rows: o.outer, Columns: 1, Inner: o.length,
				C: out, CRow: 1, A: in, ARow: o.length, B: o.ones,
			})
			continue
		}
		clear(out)
		for i := range o.outer {
			for j := range o.length {
				kernel.Default().Add(out[i*o.inner:][:o.inner], in[(i*o.length+j)*o.inner:][:o.inner])
			}
		}
	}
}

func (o axisSum) Backward(t *op.Task) {
	for r := t.Lo; r < t.Hi && !t.InGrad[0].IsNil(); r++ {
		grad, d := t.InGrad[0].Row(r), t.OutGrad.Row(r)
		if o.inner == 1 { // grad += d onesᵀ
			kernel.Default().MulLanes(kernel.Product{
				Rows: o.outer, Columns: o.length, Inner: 1,
				C: grad, CRow: o.length, A: d, ARow: 1, B: o.ones,
			})
			continue
		}
		for i := range o.outer {
			to, from := grad[i*o.length*o.inner:], d[i*o.inner:][:o.inner]
			for j := range o.length {
				kernel.Default().Add(to[j*o.inner:][:o.inner], from)
			}
		}
	}
}
