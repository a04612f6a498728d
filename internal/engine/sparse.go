package engine

import (
	"math/bits"

	"braid/op"
	"braid/tensor"
)

// SparseBlock is a block of rows of a weight whose gradient is 0 except in the rows that a batch's
// ids name.
type SparseBlock struct {
	WeightBlock
	// IDs are the rows of the last gradient, in the order in which the batch first names them.
	IDs []int32

	reached  []use                // those of uses that the gradient is of
	grad     tensor.Rows[float32] // by IDs
	index    []int32              // by row of the block: its index in IDs, or -1
	partials []tensor.Rows[float32]
}

// IsSparse reports whether every node that uses a block's weight has a sparse gradient.
func (b WeightBlock) IsSparse() bool {
	for _, use := range b.uses {
		if _, ok := use.node.Op.(op.SparseWeighted); !ok {
			return false
		}
	}
	return true
}

// SparseBlock returns a worker's share of a weight's rows as one block, for batches of up to rows
// rows.
func (team *Team) SparseBlock(b WeightBlock, worker int) *SparseBlock {
	share := (b.Weight.Rows + len(team.Workers) - 1) / len(team.Workers)
	b.RowLo, b.RowHi = min(worker*share, b.Weight.Rows), min((worker+1)*share, b.Weight.Rows)
	b.ColumnLo, b.ColumnHi = 0, b.Weight.Storage[b.Matrix].Width
	most := 0 // ids of a batch
	for _, use := range b.uses {
		t := &team.ws.tasks[use.node.Index]
		most += team.ws.rows * use.node.Op.(op.SparseWeighted).GradientIDs(t, use.weight).Width
	}
	most = min(most, b.RowHi-b.RowLo)
	s := &SparseBlock{WeightBlock: b, IDs: make([]int32, 0, most), reached: b.uses,
		grad: newRows(most, b.ColumnHi)}
	s.index = make([]int32, b.RowHi-b.RowLo)
	for i := range s.index {
		s.index[i] = -1
	}
	for range bits.Len(uint(chunks(team.ws.rows, team.ws.net.chunk) - 1)) {
		s.partials = append(s.partials, newRows(most, b.ColumnHi))
	}
	return s
}

// SparseGradient computes the gradient over the first rows rows of the batch, for the rows of the
// block that they name. Row i of the result belongs to b.IDs[i]. The sums have the order of
// Gradient. The result is valid until the next call.
func (team *Team) SparseGradient(worker int, b *SparseBlock, rows int) tensor.Rows[float32] {
	w, size := team.Workers[worker], team.ws.net.chunk
	for _, id := range b.IDs {
		b.index[int(id)-b.RowLo] = -1
	}
	b.IDs = b.IDs[:0]
	for _, use := range b.uses {
		ids := use.node.Op.(op.SparseWeighted).GradientIDs(&w.tasks[use.node.Index], use.weight)
		for r := range rows {
			for _, id := range ids.Row(r) {
				if at := int(id) - b.RowLo; at >= 0 && at < len(b.index) && b.index[at] < 0 {
					b.index[at] = int32(len(b.IDs))
					b.IDs = append(b.IDs, id)
				}
			}
		}
	}
	foldChunks(0, chunks(rows, size), len(b.IDs), b.grad, b.partials, func(chunk int, to rows32) {
		clear(to.Data[:len(b.IDs)*to.Stride])
		for _, use := range b.reached {
			t := &w.tasks[use.node.Index]
			t.Lo, t.Hi = chunk*size, min((chunk+1)*size, rows)
			use.node.Op.(op.SparseWeighted).AddRowGradients(t, use.weight, int32(b.RowLo), b.index, to)
		}
	})
	return b.grad
}
