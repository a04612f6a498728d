package layer

import (
	"braid"
	"braid/op"
	"braid/tensor"
)

// Flatten makes one axis of all axes of a row. It moves no data.
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
	return laid{0}, nil
}

// laid is an op whose inputs lie in its output: the model lays them there.
type laid []int

func (l laid) Offsets() []int    { return l }
func (l laid) Forward(*op.Task)  {}
func (l laid) Backward(*op.Task) {}
