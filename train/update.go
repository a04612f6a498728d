package train

import (
	"braid/internal/engine"
	"braid/internal/kernel"
	"braid/internal/parallel"
	"braid/op"
	"braid/optim"
	"braid/tensor"
)

// block is a block of a weight with the arguments of its update.
type block struct {
	engine.WeightBlock
	name   string // of the weight
	values optim.Block
}

// sparseBlock is a block of which only the rows that a batch names are updated.
type sparseBlock struct {
	*engine.SparseBlock
	name   string
	grad   tensor.Rows[float32] // of the last step, in the order of IDs
	values optim.Block          // all rows of the block
}

// bindBlocks assigns blocks to the workers. A fused step updates a block right after its gradient,
// so the gradients of a worker's blocks share one buffer.
func (run *runner) bindBlocks() {
	names := map[*engine.Weight]string{}
	for _, w := range run.model.Weights() {
		names[w.Memory()] = w.Name()
	}
	lazy, ok := run.optimizer.(optim.Lazy)
	dense, sparse := run.team.Assign(ok && lazy.IsLazy())
	for worker, assigned := range dense {
		var blocks []block
		var shared []float32
		for _, b := range assigned {
			width := b.ColumnHi - b.ColumnLo
			grad := tensor.Rows[float32]{Width: width, Stride: parallel.Padded(width)}
			if size := (b.RowHi - b.RowLo) * grad.Stride; run.gather {
				grad.Data = parallel.Floats(size)
			} else if len(shared) < size {
				shared = parallel.Floats(size)
			}
			blocks = append(blocks, block{b, names[b.Weight], run.optimizerBlock(b, grad)})
		}
		for i := range blocks {
			if !run.gather {
				blocks[i].values.Gradient.Data = shared
			}
		}
		run.blocks = append(run.blocks, blocks)
		var rest []sparseBlock
		for _, b := range sparse[worker] {
			rest = append(rest, sparseBlock{SparseBlock: b, name: names[b.Weight],
				values: run.optimizerBlock(b.WeightBlock, tensor.Rows[float32]{})})
		}
		run.sparse = append(run.sparse, rest)
	}
}

// optimizerBlock returns the arguments of the optimizer for a block.
func (run *runner) optimizerBlock(b engine.WeightBlock, grad tensor.Rows[float32]) optim.Block {
	p := optim.Block{Rows: b.RowHi - b.RowLo, Gradient: grad,
		Weights: blockView(b.Block, b.Weight.Storage[b.Matrix])}
	for _, slot := range run.slots[b.Weight] {
		p.Slots = append(p.Slots, blockView(b.Block, slot[b.Matrix]))
	}
	return p
}

// blockView returns the view of a block of one matrix of a weight's storage.
func blockView(b op.Block, x tensor.Rows[float32]) tensor.Rows[float32] {
	return tensor.Rows[float32]{Data: x.From(b.RowLo)[b.ColumnLo:], Width: b.ColumnHi - b.ColumnLo,
		Stride: x.Stride}
}

// prefetchRows is the least number of rows to prefetch at a time: the processor then translates
// several of their addresses at once.
const prefetchRows = 16

// update computes the gradients of a worker's blocks and updates their weights: each block right
// after its gradient or, with gathered gradients, all blocks after the workers have met. It returns
// false if the crew must stop. Between blocks it prefetches some of the rows that the worker
// gathers from the next batch: memory latency overlaps with the computation of a block.
func (run *runner) update(worker, rows int, step optim.Step, ds *dataset, next []int32) bool {
	if worker == 0 && !run.gather {
		run.team.UpdateState()
	}
	blocks, shares := run.blocks[worker], (len(next)+prefetchRows-1)/prefetchRows
	for i := range blocks {
		for share := shares * i / len(blocks); share < shares*(i+1)/len(blocks); share++ {
			run.prefetch(worker, ds, next, share, shares)
		}
		b := &blocks[i]
		if len(run.blocks) > 1 {
			// The other workers have read this block. Claim its cache lines for writing while the gradient
			// is computed.
			w := b.values.Weights
			kernel.Default().Claim(w.Data, w.Stride, b.values.Rows, w.Width)
		}
		run.team.Gradient(worker, b.WeightBlock, rows, b.values.Gradient)
		if !run.check(worker, b.name, b.values.Gradient, b.values.Rows) {
			break
		}
		if !run.gather {
			run.optimizer.Update(step, b.values)
		}
	}
	for i := range run.sparse[worker] {
		b := &run.sparse[worker][i]
		b.grad = run.team.SparseGradient(worker, b.SparseBlock, rows)
		if !run.check(worker, b.name, b.grad, len(b.IDs)) {
			break
		}
		if !run.gather {
			run.updateRows(step, b)
		}
	}
	if !run.gather {
		return true
	}
	if !run.crew.Meet(worker) || run.badGradient.Load() {
		return false
	}
	if worker == 0 {
		run.team.UpdateState()
	}
	for _, b := range blocks {
		run.optimizer.Update(step, b.values)
	}
	for i := range run.sparse[worker] {
		run.updateRows(step, &run.sparse[worker][i])
	}
	return true
}

// updateRows updates the rows that the batch names.
func (run *runner) updateRows(step optim.Step, b *sparseBlock) {
	row := func(x tensor.Rows[float32], i int) tensor.Rows[float32] {
		x.Data = x.From(i)
		return x
	}
	var slots [4]tensor.Rows[float32]
	for i, id := range b.IDs {
		at := int(id) - b.RowLo
		p := optim.Block{Rows: 1, Weights: row(b.values.Weights, at), Gradient: row(b.grad, i)}
		p.Slots = slots[:0]
		for _, slot := range b.values.Slots {
			p.Slots = append(p.Slots, row(slot, at))
		}
		run.optimizer.Update(step, p)
	}
}

// check reports whether rows of a gradient are finite. If not, it records the weight's name.
func (run *runner) check(worker int, name string, grad tensor.Rows[float32], rows int) bool {
	for r, n := 0, 1; r < rows; r += n {
		numbers := grad.Row(r)
		if grad.Stride == grad.Width { // else another block's numbers are between the rows
			n = rows
			numbers = grad.Data[:rows*grad.Width]
		}
		if !kernel.Default().Finite(numbers) {
			run.badWeights[worker] = name
			run.badGradient.Store(true)
			return false
		}
	}
	return true
}
