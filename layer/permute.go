package layer

import (
	"fmt"

	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// Permute changes the order of the axes of a row.
//
//	in   [batch, n1, n2, ...]
//	out  [batch, n of Dims[0], n of Dims[1], ...]
type Permute struct {
	// Dims holds, for each axis of the output, the axis of the input, counted as in Keras: 1 is the
	// first after the batch. {2, 1} swaps the two axes of a row.
	Dims []int `json:"dims"`
}

// Kind is "Permute".
func (Permute) Kind() string { return "Permute" }

// Build checks that Dims names each axis once.
func (l Permute) Build(b *braid.Builder) (op.Op, error) {
	if err := b.Want(1, tensor.Float32); err != nil {
		return nil, err
	}
	in := b.Shape(0)
	if len(l.Dims) != len(in) || len(in) == 0 {
		return nil, fmt.Errorf("Dims = %v, want each of the input's %d axes once", l.Dims, len(in))
	}
	var out tensor.Shape
	var axes []int
	seen := make([]bool, len(in))
	for _, d := range l.Dims {
		if d < 1 || d > len(in) || seen[d-1] {
			return nil, fmt.Errorf("Dims = %v, want each axis from 1 to %d once", l.Dims, len(in))
		}
		seen[d-1] = true
		out, axes = append(out, in[d-1]), append(axes, d-1)
	}
	b.Output(out...)
	if first := l.Dims[0] - 1; l.rotates() {
		return transposition{rows: in[:first].Size(), columns: in[first:].Size()}, nil
	}
	return permutation(permuted(in, axes)), nil
}

// rotates reports whether the axes keep their order if the last is followed by the first. The layer
// then transposes a matrix whose rows are the axes before Dims[0].
func (l Permute) rotates() bool {
	for i, d := range l.Dims {
		if d != (l.Dims[0]-1+i)%len(l.Dims)+1 {
			return false
		}
	}
	return true
}

// transposition transposes each row as a matrix [rows, columns].
type transposition struct{ rows, columns int }

func (o transposition) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		kernel.Default().Transpose(kernel.Transposition{
			Rows: o.rows, Columns: o.columns, Y: t.Out.Row(r), YRow: o.rows, X: t.In[0].Row(r),
			XRow: o.columns,
		})
	}
}

func (o transposition) Backward(t *op.Task) {
	for r := t.Lo; r < t.Hi && !t.InGrad[0].IsNil(); r++ {
		kernel.Default().Transpose(kernel.Transposition{
			Rows: o.columns, Columns: o.rows, Y: t.InGrad[0].Row(r), YRow: o.columns,
			X: t.OutGrad.Row(r), XRow: o.rows, Add: true,
		})
	}
}

// permutation holds the index of the input's element that each element of the output reads.
type permutation []int

func (o permutation) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		in, out := t.In[0].Row(r), t.Out.Row(r)
		for i, at := range o {
			out[i] = in[at]
		}
	}
}

func (o permutation) Backward(t *op.Task) {
	for r := t.Lo; r < t.Hi && !t.InGrad[0].IsNil(); r++ {
		grad, d := t.InGrad[0].Row(r), t.OutGrad.Row(r)
		for i, at := range o {
			grad[at] += d[i]
		}
	}
}
