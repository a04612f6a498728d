package layer

import (
	"fmt"

	"braid"
	"braid/tensor"
)

// Embedding replaces each id by a trained vector.
//
//	in   [batch, ...] int32, ids from 0 up to below Vocabulary
//	out  [batch, ..., Width]
//
// The vectors start even within 0.05 of zero, as in Keras.
type Embedding struct {
	Vocabulary int // number of ids; required
	Width      int // numbers a vector; required
}

// Kind is "Embedding".
func (Embedding) Kind() string { return "Embedding" }

// Build declares the table of vectors.
func (l Embedding) Build(b *braid.Builder) (braid.Op, error) {
	if l.Vocabulary < 1 {
		return nil, fmt.Errorf("Vocabulary = %d, want 1 or more", l.Vocabulary)
	}
	if l.Width < 1 {
		return nil, fmt.Errorf("Width = %d, want 1 or more", l.Width)
	}
	if err := b.Want(1, tensor.Int32); err != nil {
		return nil, err
	}
	if err := b.Limit(0, l.Vocabulary); err != nil {
		return nil, err
	}
	b.Output(append(append(tensor.Shape(nil), b.Shape(0)...), l.Width)...)
	b.Weight("embeddings", uniform(0.05), l.Vocabulary, l.Width)
	return embedding{l.Width}, nil
}

type embedding struct{ width int }

func (o embedding) Forward(t *braid.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		out := t.Out.Row(r)
		for i, id := range t.Tokens[0].Row(r) {
			copy(out[i*o.width:], t.Weights[0].Row(int(id)))
		}
	}
}

// Backward has nothing to do: ids have no gradient.
func (o embedding) Backward(*braid.Task) {}

func (o embedding) Gradient(t *braid.Task, _ int, block braid.Block, grad tensor.Rows[float32]) {
	width := block.ColumnHi - block.ColumnLo
	for r := t.Lo; r < t.Hi; r++ {
		for i, id := range t.Tokens[0].Row(r) {
			if row := int(id); row >= block.RowLo && row < block.RowHi {
				from := t.OutGrad.Row(r)[i*o.width+block.ColumnLo:]
				t.Kernels.Add(grad.Row(row - block.RowLo)[:width], from[:width])
			}
		}
	}
}
