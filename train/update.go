package train

import (
	"braid/internal/engine"
	"braid/internal/exec"
	"braid/internal/kernel"
	"braid/op"
	"braid/optim"
	"braid/tensor"
)

// block is a block of a weight with what its update needs.
type block struct {
	engine.WeightBlock
	name string // of the weight
	part optim.Part
}

// sparseBlock is a block of which only the rows that a batch names are updated.
type sparseBlock struct {
	*engine.SparseBlock
	name string
	grad tensor.Rows[float32] // of the last step, by IDs
	part optim.Part           // of all rows
}

// bindBlocks gives each worker its blocks. In a fused step, which updates a block as soon as its gradient is known,
// the gradients of a worker's blocks are in the same memory, one after the other.
func (l *loop) bindBlocks() {
	names := map[*engine.Weight]string{}
	for _, w := range l.model.Weights() {
		names[w.Memory()] = w.Name()
	}
	lazy, ok := l.optimizer.(optim.Lazy)
	dense, sparse := l.team.Deal(ok && lazy.IsLazy())
	for worker, hand := range dense {
		var blocks []block
		var shared []float32
		for _, b := range hand {
			width := b.ColumnHi - b.ColumnLo
			grad := tensor.Rows[float32]{Width: width, Stride: exec.Padded(width)}
			if size := (b.RowHi - b.RowLo) * grad.Stride; l.gather {
				grad.Data = exec.Floats(size)
			} else if len(shared) < size {
				shared = exec.Floats(size)
			}
			blocks = append(blocks, block{b, names[b.Weight], l.part(b, grad)})
		}
		for i := range blocks {
			if !l.gather {
				blocks[i].part.Gradient.Data = shared
			}
		}
		l.blocks = append(l.blocks, blocks)
		var rest []sparseBlock
		for _, b := range sparse[worker] {
			rest = append(rest, sparseBlock{SparseBlock: b, name: names[b.Weight], part: l.part(b.WeightBlock, tensor.Rows[float32]{})})
		}
		l.sparse = append(l.sparse, rest)
	}
}

// part returns what the optimizer is given for a block.
func (l *loop) part(b engine.WeightBlock, grad tensor.Rows[float32]) optim.Part {
	p := optim.Part{Rows: b.RowHi - b.RowLo, Gradient: grad, Weights: cut(b.Block, b.Weight.Storage[b.Part])}
	for _, slot := range l.slots[b.Weight] {
		p.Slots = append(p.Slots, cut(b.Block, slot[b.Part]))
	}
	return p
}

// cut returns the window of a block on a part of a weight's storage.
func cut(b op.Block, x tensor.Rows[float32]) tensor.Rows[float32] {
	return tensor.Rows[float32]{Data: x.From(b.RowLo)[b.ColumnLo:], Width: b.ColumnHi - b.ColumnLo, Stride: x.Stride}
}

// prefetchRows is how many rows are asked for at a time, at least: the processor then looks up where several of
// them lie at once.
const prefetchRows = 16

// update computes the gradients of a worker's blocks and moves their weights: each block's at once, or, where whole
// gradients are gathered, all of them after the workers have met. It returns false where the crew must stop. Between
// the blocks it asks for some of the rows that the worker will gather from the next batch: memory has the time of a
// block to bring them.
func (l *loop) update(worker, rows int, step optim.Step, s *source, next []int32) bool {
	if worker == 0 && !l.gather {
		l.team.UpdateState()
	}
	blocks, parts := l.blocks[worker], (len(next)+prefetchRows-1)/prefetchRows
	for i := range blocks {
		for part := parts * i / len(blocks); part < parts*(i+1)/len(blocks); part++ {
			l.prefetch(worker, s, next, part, parts)
		}
		b := &blocks[i]
		if len(l.blocks) > 1 {
			// The others have read them. While the gradient is computed, their processors can let them go.
			w := b.part.Weights
			kernel.Default().Claim(w.Data, w.Stride, b.part.Rows, w.Width)
		}
		l.team.Gradient(worker, b.WeightBlock, rows, b.part.Gradient)
		if !l.check(worker, b.name, b.part.Gradient, b.part.Rows) {
			break
		}
		if !l.gather {
			l.optimizer.Update(step, b.part)
		}
	}
	for i := range l.sparse[worker] {
		b := &l.sparse[worker][i]
		b.grad = l.team.SparseGradient(worker, b.SparseBlock, rows)
		if !l.check(worker, b.name, b.grad, len(b.IDs)) {
			break
		}
		if !l.gather {
			l.updateRows(step, b)
		}
	}
	if !l.gather {
		return true
	}
	if !l.crew.Meet(worker) || l.torn.Load() {
		return false
	}
	if worker == 0 {
		l.team.UpdateState()
	}
	for _, b := range blocks {
		l.optimizer.Update(step, b.part)
	}
	for i := range l.sparse[worker] {
		l.updateRows(step, &l.sparse[worker][i])
	}
	return true
}

// updateRows moves the rows that the batch names.
func (l *loop) updateRows(step optim.Step, b *sparseBlock) {
	row := func(x tensor.Rows[float32], i int) tensor.Rows[float32] {
		x.Data = x.From(i)
		return x
	}
	var slots [4]tensor.Rows[float32]
	for i, id := range b.IDs {
		at := int(id) - b.RowLo
		p := optim.Part{Rows: 1, Weights: row(b.part.Weights, at), Gradient: row(b.grad, i)}
		p.Slots = slots[:0]
		for _, slot := range b.part.Slots {
			p.Slots = append(p.Slots, row(slot, at))
		}
		l.optimizer.Update(step, p)
	}
}

// check reports whether rows of a gradient are finite, and records the weight where they are not.
func (l *loop) check(worker int, name string, grad tensor.Rows[float32], rows int) bool {
	for r, n := 0, 1; r < rows; r += n {
		numbers := grad.Row(r)
		if grad.Stride == grad.Width { // else what lies between the rows is another block's
			n = rows
			numbers = grad.Data[:rows*grad.Width]
		}
		if !kernel.Default().Finite(numbers) {
			l.from[worker] = name
			l.torn.Store(true)
			return false
		}
	}
	return true
}
