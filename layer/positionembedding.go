package layer

import (
	"fmt"

	"braid"
	"braid/op"
	"braid/tensor"
)

// PositionEmbedding returns a trained vector for each step, whatever the input's numbers are:
// Gehring and others, "Convolutional sequence to sequence learning", 2017, as keras-hub's layer.
//
//	in   [batch, steps, width]
//	out  [batch, steps, width], the same for each row
//
// Add the vectors to what they belong to:
//
//	positions := g.Add("positions", layer.PositionEmbedding{}, words)
//	placed := g.Add("placed", layer.Add{}, words, positions)
//
// The vectors start Glorot-uniform, as in keras-hub.
type PositionEmbedding struct {
	// Steps is the number of vectors, of which the first are used. 0 means the input's steps.
	Steps  int  `json:"steps,omitzero"`
	Frozen bool `json:"frozen,omitzero"` // the vectors are not trained

	Embeddings Weight `json:"embeddings,omitzero"`
}

// Kind is "PositionEmbedding".
func (PositionEmbedding) Kind() string { return "PositionEmbedding" }

// Build declares the table of vectors.
func (l PositionEmbedding) Build(b *braid.Builder) (op.Op, error) {
	if err := b.Want(1, tensor.Float32); err != nil {
		return nil, err
	}
	shape := b.Shape(0)
	if len(shape) != 2 {
		return nil, fmt.Errorf("input has shape %v a row, want [steps width]", shape)
	}
	steps := l.Steps
	if steps == 0 {
		steps = shape[0]
	}
	if steps < shape[0] {
		return nil, fmt.Errorf("Steps = %d, want 0, or the input's %d steps or more", l.Steps, shape[0])
	}
	if l.Frozen {
		b.Freeze()
	}
	b.Output(shape...)
	var failed error
	init := l.Embeddings.initializer(&failed, "Embeddings", glorotUniform)
	b.Weight("embeddings", init, steps, shape[1])
	return positions{shape[0], shape[1]}, failed
}

type positions struct{ steps, width int }

func (o positions) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		out := t.Out.Row(r)
		for i := range o.steps {
			copy(out[i*o.width:][:o.width], t.Weights[0].Row(i))
		}
	}
}

// Backward is empty: the output does not depend on the input.
func (o positions) Backward(*op.Task) {}

func (o positions) Gradient(t *op.Task, _ int, block op.Block, grad tensor.Rows[float32]) {
	columns := op.Block{ColumnHi: block.ColumnHi - block.ColumnLo}
	for step := block.RowLo; step < block.RowHi; step++ {
		to := grad.Skip(step - block.RowLo)
		if step >= o.steps {
			clear(to.Data[:columns.ColumnHi])
			continue
		}
		d := t.OutGrad.Skip(t.Lo).Columns(step*o.width+block.ColumnLo, (step+1)*o.width)
		op.AddRows(false, t.Hi-t.Lo, d, columns, to)
	}
}
