package layer

import (
	"fmt"

	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// Embedding replaces each id by a trained vector.
//
//	in   [batch, ...] int32, ids from 0 to Vocabulary-1
//	out  [batch, ..., Width]
//
// The vectors start uniform in [-0.05, 0.05), as in Keras.
type Embedding struct {
	Vocabulary int `json:"vocabulary"` // number of ids; required
	Width      int `json:"width"`      // length of a vector; required

	Frozen     bool   `json:"frozen,omitzero"` // the vectors are not trained
	Embeddings Weight `json:"embeddings,omitzero"`
}

// Kind is "Embedding".
func (Embedding) Kind() string { return "Embedding" }

// Build declares the table of vectors.
func (l Embedding) Build(b *braid.Builder) (op.Op, error) {
	if l.Vocabulary < 1 {
		return nil, fmt.Errorf("Vocabulary = %d, want 1 or more", l.Vocabulary)
	}
	if l.Width < 1 {
		return nil, fmt.Errorf("Width = %d, want 1 or more", l.Width)
	}
	if err := b.Want(1, tensor.Int32); err != nil {
		return nil, err
	}
	if err := b.Vocabulary(0, l.Vocabulary); err != nil {
		return nil, err
	}
	b.Output(append(append(tensor.Shape(nil), b.Shape(0)...), l.Width)...)
	if l.Frozen {
		b.Freeze()
	}
	var failed error
	init := l.Embeddings.initializer(&failed, "Embeddings", uniform(0.05))
	b.Weight("embeddings", init, l.Vocabulary, l.Width)
	return embedding{l.Width}, failed
}

type embedding struct{ width int }

// Forward looks up all rows at once if the output's rows are contiguous.
func (o embedding) Forward(t *op.Task) {
	w := t.Weights[0]
	lookUp := func(ids []int32, out []float32) {
		kernel.Default().LookUp(kernel.Lookup{
			Width: o.width, IDs: ids, Table: w.Data, TableRow: w.Stride, X: out,
		})
	}
	ids := t.IDs[0]
	if t.Out.Stride == t.Out.Width {
		lookUp(ids.Data[t.Lo*ids.Stride:t.Hi*ids.Stride], t.Out.From(t.Lo))
		return
	}
	for r := t.Lo; r < t.Hi; r++ {
		lookUp(ids.Row(r), t.Out.Row(r))
	}
}

// Backward is empty: ids have no gradient.
func (o embedding) Backward(*op.Task) {}

func (o embedding) Gradient(t *op.Task, _ int, block op.Block, grad tensor.Rows[float32]) {
	sum := kernel.Lookup{
		Width: block.ColumnHi - block.ColumnLo, Table: grad.Data, TableRow: grad.Stride,
		XRow: o.width, Lo: block.RowLo, Rows: block.RowHi - block.RowLo,
	}
	clearRows(grad.Columns(0, sum.Width), sum.Rows)
	ids, d := t.IDs[0], t.OutGrad
	if d.Stride == d.Width {
		sum.IDs, sum.X = ids.Data[t.Lo*ids.Stride:t.Hi*ids.Stride], d.From(t.Lo)[block.ColumnLo:]
		kernel.Default().AddUp(sum)
		return
	}
	for r := t.Lo; r < t.Hi; r++ {
		sum.IDs, sum.X = ids.Row(r), d.Row(r)[block.ColumnLo:]
		kernel.Default().AddUp(sum)
	}
}

// GradientIDs returns the input.
func (o embedding) GradientIDs(t *op.Task, _ int) tensor.Rows[int32] { return t.IDs[0] }

func (o embedding) AddRowGradients(
	t *op.Task, _ int, first int32, index []int32, grad tensor.Rows[float32],
) {
	k := kernel.Default()
	for r := t.Lo; r < t.Hi; r++ {
		d := t.OutGrad.Row(r)
		for i, id := range t.IDs[0].Row(r) {
			if at := int(id - first); at >= 0 && at < len(index) && index[at] >= 0 {
				k.Add(grad.Row(int(index[at])), d[i*o.width:][:o.width])
			}
		}
	}
}
