package layer

import (
	"errors"
	"fmt"

	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// Concatenate joins its inputs along one axis, in the order given. The other axes must be equal. It
// copies no data if each input is contiguous in the output's rows, as with inputs of one axis.
//
//	in   [batch, ..., n1, ...], [batch, ..., n2, ...] and so on
//	out  [batch, ..., n1+n2+..., ...]
type Concatenate struct {
	// Axis is the axis to join, counted as in Keras: 1 is the first after the batch, -1 the last.
	// 0 means the last.
	Axis int `json:"axis,omitzero"`
}

// Kind is "Concatenate".
func (Concatenate) Kind() string { return "Concatenate" }

// Build checks that the inputs fit each other and declares the output.
func (l Concatenate) Build(b *braid.Builder) (op.Op, error) {
	if b.Inputs() < 2 {
		return nil, fmt.Errorf("got %d inputs, want 2 or more", b.Inputs())
	}
	if err := b.WantType(tensor.Float32); err != nil {
		return nil, err
	}
	first := b.Shape(0)
	axis := l.Axis - 1
	if l.Axis <= 0 {
		axis = len(first) - max(1, -l.Axis)
	}
	if axis < 0 || axis >= len(first) {
		n := len(first)
		return nil, fmt.Errorf("Axis = %d, want -%d to %d for inputs of %d axes", l.Axis, n, n, n)
	}
	out := append(tensor.Shape(nil), first...)
	out[axis] = 0
	var widths []int
	for i := range b.Inputs() {
		shape := b.Shape(i)
		if len(shape) != len(first) {
			return nil, errors.New("the inputs differ in the number of axes")
		}
		for j := range shape {
			if j != axis && shape[j] != first[j] {
				return nil, fmt.Errorf("input %d differs from the first in axis %d: %d, want %d",
					i, j+1, shape[j], first[j])
			}
		}
		out[axis] += shape[axis]
		widths = append(widths, shape[axis:].Size())
	}
	b.Output(out...)
	outer := first[:axis].Size()
	if outer > 1 {
		return interleaved{outer, widths}, nil
	}
	offsets := make(view, len(widths))
	for i := 1; i < len(widths); i++ {
		offsets[i] = offsets[i-1] + widths[i-1]
	}
	return offsets, nil
}

// interleaved joins inputs whose rows consist of several pieces.
type interleaved struct {
	outer  int   // pieces of a row
	widths []int // by input: length of a piece
}

func (o interleaved) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		out := t.Out.Row(r)
		for piece := range o.outer {
			for i, n := range o.widths {
				copy(out[:n], t.In[i].Row(r)[piece*n:])
				out = out[n:]
			}
		}
	}
}

func (o interleaved) Backward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		grad := t.OutGrad.Row(r)
		for piece := range o.outer {
			for i, n := range o.widths {
				if !t.InGrad[i].IsNil() {
					kernel.Default().Add(t.InGrad[i].Row(r)[piece*n:][:n], grad[:n])
				}
				grad = grad[n:]
			}
		}
	}
}
