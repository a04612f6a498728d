package layer

import (
	"braid"
	"braid/op"
	"braid/tensor"
)

// Flatten makes one axis of all axes of a row. It copies no data.
//
//	in   [batch, ...]
//	out  [batch, product of the axes]
type Flatten struct{}

// Kind is "Flatten".
func (Flatten) Kind() string { return "Flatten" }

// Build checks the input and declares the output.
func (Flatten) Build(b *braid.Builder) (op.Op, error) {
	if err := b.Want(1, tensor.Float32); err != nil {
		return nil, err
	}
	b.Output(b.Shape(0).Size())
	return view{0}, nil
}

// view is an op.View by the offsets of its inputs.
type view []int

func (v view) Offsets() []int    { return v }
func (v view) Forward(*op.Task)  {}
func (v view) Backward(*op.Task) {}
