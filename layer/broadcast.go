package layer

import (
	"fmt"

	"braid"
	"braid/tensor"
)

// broadcastInputs checks the inputs of a layer that combines them element by element, and declares
// the output. It returns for each input how it is broadcast.
func broadcastInputs(b *braid.Builder) (from [][]int, err error) {
	if b.Inputs() < 2 {
		return nil, fmt.Errorf("got %d inputs, want 2 or more", b.Inputs())
	}
	if err := b.WantType(tensor.Float32); err != nil {
		return nil, err
	}
	shape := append(tensor.Shape(nil), b.Shape(0)...)
	for i := range b.Inputs() {
		in := b.Shape(i)
		if len(in) != len(shape) {
			return nil, fmt.Errorf("input %d has %d axes, the first has %d", i, len(in), len(shape))
		}
		for a, n := range in {
			if n != shape[a] && n != 1 && shape[a] != 1 {
				return nil, fmt.Errorf("input %d has length %d in axis %d, want %d or 1",
					i, n, a+1, shape[a])
			}
			shape[a] = max(shape[a], n)
		}
	}
	b.Output(shape...)
	for i := range b.Inputs() {
		from = append(from, broadcast(shape, b.Shape(i)))
	}
	return from, nil
}

// broadcast returns the index of the input's element that each element of the output reads, or nil
// if the indices are equal.
func broadcast(out, in tensor.Shape) []int {
	if in.Equal(out) {
		return nil
	}
	var loops []loop
	for a, n := range out {
		l := loop{n, in[a+1:].Size()}
		if in[a] == 1 {
			l.stride = 0
		}
		loops = append(loops, l)
	}
	return indices(loops)
}
