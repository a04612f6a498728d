package layer

import (
	"fmt"

	"braid"
	"braid/op"
	"braid/tensor"
)

// Reshape gives the numbers of a row another shape. They keep their order, the last axis fastest.
// It copies no data.
//
//	in   [batch, ...]
//	out  [batch, Shape...]
type Reshape struct {
	// Shape is the shape without the batch. One axis may be -1: it gets what the others leave.
	Shape []int `json:"shape"`
}

// Kind is "Reshape".
func (Reshape) Kind() string { return "Reshape" }

// Build computes the axis that is -1.
func (l Reshape) Build(b *braid.Builder) (op.Op, error) {
	if err := b.Want(1, tensor.Float32); err != nil {
		return nil, err
	}
	shape := append(tensor.Shape(nil), l.Shape...)
	open := -1
	for i, n := range shape {
		switch {
		case n == -1 && open >= 0:
			return nil, fmt.Errorf("Shape = %v, want -1 for one axis at most", l.Shape)
		case n == -1:
			open, shape[i] = i, 1
		case n < 1:
			return nil, fmt.Errorf("Shape = %v, want axes of 1 or more, or -1", l.Shape)
		}
	}
	if err := shape.Check(); err != nil {
		return nil, fmt.Errorf("Shape: %w", err)
	}
	size := b.Shape(0).Size()
	if open >= 0 && size%shape.Size() == 0 {
		shape[open] = size / shape.Size()
	}
	if shape.Size() != size {
		return nil, fmt.Errorf("Shape = %v does not fit the %d numbers of a row", l.Shape, size)
	}
	b.Output(shape...)
	return view{0}, nil
}
