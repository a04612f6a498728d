package layer

import (
	"fmt"

	"braid"
	"braid/op"
	"braid/tensor"
)

// Add adds its inputs element by element. An axis of length 1 is broadcast to the length of the
// other inputs.
//
//	in   [batch, ...], [batch, ...] and so on, with the same number of axes
//	out  [batch, ...]
type Add struct{}

// Kind is "Add".
func (Add) Kind() string { return "Add" }

// Build checks that the inputs fit each other.
func (Add) Build(b *braid.Builder) (op.Op, error) {
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
	o := sum{}
	for i := range b.Inputs() {
		o.from = append(o.from, broadcast(shape, b.Shape(i)))
	}
	return o, nil
}

// broadcast returns the index of the input's element that each element of the output reads, or nil
// if the indices are equal.
func broadcast(out, in tensor.Shape) []int {
	if in.Equal(out) {
		return nil
	}
	from := []int{0}
	for a := range out {
		stride := in[a+1:].Size()
		var next []int
		for _, at := range from {
			for i := range out[a] {
				next = append(next, at+min(i, in[a]-1)*stride)
			}
		}
		from = next
	}
	return from
}

type sum struct {
	from [][]int // by input, then by element of the output: see broadcast
}

func (o sum) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		out := t.Out.Row(r)
		clear(out)
		for i, from := range o.from {
			in := t.In[i].Row(r)
			if from == nil {
				for j, v := range in {
					out[j] += v
				}
				continue
			}
			for j, at := range from {
				out[j] += in[at]
			}
		}
	}
}

func (o sum) Backward(t *op.Task) {
	for i, from := range o.from {
		for r := t.Lo; r < t.Hi && !t.InGrad[i].IsNil(); r++ {
			grad := t.InGrad[i].Row(r)
			for j, d := range t.OutGrad.Row(r) {
				if from == nil {
					grad[j] += d
				} else {
					grad[from[j]] += d
				}
			}
		}
	}
}
