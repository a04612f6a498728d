package layer

import (
	"errors"
	"fmt"

	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// Concatenate joins its inputs along one axis, in the order they are given. The other axes must be
// equal. Where whole rows follow each other, as with inputs of one axis, it moves no data.
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
		return nil, fmt.Errorf("Axis = %d, want -%d to %d for inputs of %d axes", l.Axis, len(first), len(first), len(first))
	}
	out := append(tensor.Shape(nil), first...)
	out[axis] = 0
	var parts []int
	for i := range b.Inputs() {
		shape := b.Shape(i)
		if len(shape) != len(first) {
			return nil, errors.New("the inputs differ in the number of axes")
		}
		for j := range shape {
			if j != axis && shape[j] != first[j] {
				return nil, fmt.Errorf("input %d differs from the first in axis %d: %d, want %d", i, j+1, shape[j], first[j])
			}
		}
		out[axis] += shape[axis]
		parts = append(parts, shape[axis:].Size())
	}
	b.Output(out...)
	outer := first[:axis].Size()
	if outer > 1 {
		return interleaved{outer, parts}, nil
	}
	places := make(laid, len(parts))
	for i := 1; i < len(parts); i++ {
		places[i] = places[i-1] + parts[i-1]
	}
	return places, nil
}

// interleaved joins rows that each consist of several pieces.
type interleaved struct {
	outer int   // pieces a row
	parts []int // numbers a piece of each input
}

func (o interleaved) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		out := t.Out.Row(r)
		for piece := range o.outer {
			for i, n := range o.parts {
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
			for i, n := range o.parts {
				if !t.InGrad[i].IsNil() {
					kernel.Default().Add(t.InGrad[i].Row(r)[piece*n:][:n], grad[:n])
				}
				grad = grad[n:]
			}
		}
	}
}
