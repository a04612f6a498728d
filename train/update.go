package train

import (
	"slices"

	"braid"
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
	*trained
	fresh   tensor.Rows[float32] // gradient of a batch
	values  optim.Block          // its gradient is fresh or, if accumulated, a sum of batches
	average tensor.Rows[float32] // if run.ema
	kept    tensor.Rows[float32] // of an epoch's last update, if run.observed
	byHead  []headGradient       // if run.passes: of each head that reaches the weight
}

// sparseBlock is a block of which only the rows that a batch names are updated.
type sparseBlock struct {
	*engine.SparseBlock
	*trained
	values  optim.Block // all rows of the block; the gradient only if it is accumulated
	average tensor.Rows[float32]
	kept    tensor.Rows[float32]

	grad    tensor.Rows[float32] // row i is the gradient of row at[i] of the block
	at      []int32
	ordered []int32   // indices of at in the order of the rows
	squares []float64 // in that order

	// If run.passes:
	byHead   []sparseHeadGradient // of each head that reaches the weight
	heads    []int                // of byHead
	products []float32            // [rows, heads, heads], in the order of the rows
}

// trained is a weight that training changes.
type trained struct {
	name           string
	index          int // among the trained weights
	regularization braid.Regularization
	decay          bool
}

// trainedWeights returns the trained weights by their memory.
func (run *runner) trainedWeights() map[*engine.Weight]*trained {
	decaying, _ := run.optimizer.(optim.Decaying)
	list := map[*engine.Weight]*trained{}
	for _, w := range run.model.Weights() {
		if isTrained(w) {
			list[w.Memory()] = &trained{w.Name(), len(list), w.Regularization(),
				decaying != nil && decaying.Decays(w.Name(), w.Shape())}
		}
	}
	return list
}

// isTrained reports whether training changes a weight by its gradient.
func isTrained(w *braid.Weight) bool { return !w.IsState() && !w.Memory().Frozen }

// bindBlocks assigns blocks to the workers. A fused step updates a block right after its gradient,
// so the gradients of a worker's blocks share one buffer, as do those that are accumulated
// elsewhere.
func (run *runner) bindBlocks() {
	weights := run.trainedWeights()
	lazy, ok := run.optimizer.(optim.Lazy)
	dense, sparse := run.team.Assign(ok && lazy.IsLazy())
	sharing := !run.gather || run.accumulate > 1 || run.combines()
	for worker, assigned := range dense {
		var blocks []block
		var shared []float32
		for _, b := range assigned {
			width := b.ColumnHi - b.ColumnLo
			fresh := tensor.Rows[float32]{Width: width, Stride: parallel.Padded(width)}
			if size := (b.RowHi - b.RowLo) * fresh.Stride; !sharing {
				fresh.Data = parallel.Floats(size)
			} else if len(shared) < size {
				shared = parallel.Floats(size)
			}
			blocks = append(blocks, block{WeightBlock: b, trained: weights[b.Weight],
				fresh: fresh, values: run.optimizerBlock(b, weights[b.Weight]),
				average: run.arrayBlock(b, averageArray), kept: run.observed.block(b)})
		}
		for i := range blocks {
			b := &blocks[i]
			if sharing {
				b.fresh.Data = shared
			}
			if run.accumulate == 1 {
				b.values.Gradient = b.fresh
			}
			if run.passes != nil {
				run.bindHeadGradients(b)
			}
		}
		run.blocks = append(run.blocks, blocks)
		var rest []sparseBlock
		for _, b := range sparse[worker] {
			rest = append(rest, sparseBlock{SparseBlock: b, trained: weights[b.Weight],
				values:  run.optimizerBlock(b.WeightBlock, weights[b.Weight]),
				average: run.arrayBlock(b.WeightBlock, averageArray),
				kept:    run.observed.block(b.WeightBlock)})
			if run.passes != nil {
				run.bindSparseGradients(&rest[len(rest)-1], worker)
			}
		}
		run.sparse = append(run.sparse, rest)
	}
	if run.clip.limitsNorm() {
		run.bindNorms(len(weights))
	}
	if run.passes != nil {
		run.bindProducts()
	}
}

// bindNorms lists the blocks of each weight.
func (run *runner) bindNorms(weights int) {
	all := run.model.Network().Blocks()
	n := newNorms(run.clip, weights, len(all), len(run.blocks))
	for worker := range run.blocks {
		for _, b := range run.blocks[worker] {
			if n.squares[b.Index] == nil { // else other rows of it have been seen
				n.squares[b.Index] = make([]float64, all[b.Index].RowHi-all[b.Index].RowLo)
				w := &n.weights[b.trained.index]
				w.dense = append(w.dense, b.Index)
			}
		}
		for i := range run.sparse[worker] {
			b := &run.sparse[worker][i]
			w := &n.weights[b.trained.index]
			w.sparse = append(w.sparse, b)
		}
	}
	for _, w := range n.weights {
		slices.Sort(w.dense)
	}
	run.norms = n
}

// optimizerBlock returns the arguments of the optimizer for a block. The gradient is set only if it
// is accumulated.
func (run *runner) optimizerBlock(b engine.WeightBlock, w *trained) optim.Block {
	p := optim.Block{Rows: b.RowHi - b.RowLo, Decay: w.decay,
		Weights:  blockView(b.Block, b.Weight.Storage[b.Matrix]),
		Gradient: run.arrayBlock(b, gradientArray)}
	for _, slot := range run.slots[b.Weight][:run.optimizer.Slots()] {
		p.Slots = append(p.Slots, blockView(b.Block, slot.storage[b.Matrix]))
	}
	return p
}

// arrayBlock returns the block's view of an array beside its weight, the zero view if there is
// none.
func (run *runner) arrayBlock(b engine.WeightBlock, name string) tensor.Rows[float32] {
	array := run.array(b.Weight, name)
	if array == nil {
		return tensor.Rows[float32]{}
	}
	return blockView(b.Block, array[b.Matrix])
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
func (run *runner) update(worker, rows int, t turn, ds *dataset, next []int32) bool {
	if run.combines() {
		return run.updateCombined(worker, rows, t, ds, next)
	}
	if worker == 0 && !run.gather {
		run.updateState(t)
	}
	step := run.optimizer.At(t.update)
	blocks, shares := run.blocks[worker], (len(next)+prefetchRows-1)/prefetchRows
	for i := range blocks {
		for share := shares * i / len(blocks); share < shares*(i+1)/len(blocks); share++ {
			run.prefetch(worker, ds, next, share, shares)
		}
		b := &blocks[i]
		run.claim(b)
		run.team.Gradient(worker, b.WeightBlock, rows, b.fresh)
		if !run.check(worker, b.name, b.fresh, b.values.Rows) || !run.prepare(worker, b, t) {
			break
		}
		if !run.gather {
			run.updateBlock(step, b, t, 1)
		}
	}
	for i := range run.sparse[worker] {
		b := &run.sparse[worker][i]
		grad := run.team.SparseGradient(worker, b.SparseBlock, rows)
		if !run.check(worker, b.name, grad, len(b.IDs)) || !run.prepareRows(worker, b, grad, t) {
			break
		}
		if !run.gather {
			run.updateRows(step, b, t, 1)
		}
	}
	if run.gather {
		return run.updateGathered(worker, step, t) && run.limit(worker, t)
	}
	return run.limit(worker, t)
}

// updateGathered updates the weights of a worker's blocks after all gradients are known.
func (run *runner) updateGathered(worker int, step optim.Step, t turn) bool {
	if !run.crew.Meet(worker) || run.badGradient.Load() {
		return false
	}
	if worker == 0 {
		run.updateState(t)
	}
	if !t.last {
		return true
	}
	factor := func(*trained) float32 { return 1 }
	if run.norms != nil {
		run.norms.update(worker)
		factors := run.norms.factors[worker]
		factor = func(w *trained) float32 { return factors[w.index] }
	}
	for i := range run.blocks[worker] {
		b := &run.blocks[worker][i]
		run.updateBlock(step, b, t, factor(b.trained))
	}
	for i := range run.sparse[worker] {
		b := &run.sparse[worker][i]
		run.updateRows(step, b, t, factor(b.trained))
	}
	return true
}

// limit limits the norms of vectors of weights after an update. It returns false if the crew must
// stop.
func (run *runner) limit(worker int, t turn) bool {
	if len(run.limits) == 0 || !t.last {
		return true
	}
	if !run.crew.Meet(worker) {
		return false
	}
	run.project(worker)
	return true
}

// turn is what follows a batch's gradients.
type turn struct {
	update   int  // number of the next update, from 1
	batches  int  // of its group so far
	last     bool // the update follows this batch
	ends     bool // and ends the epoch
	measured bool // the conflicts of its gradients are measured
}

// turn returns the turn of a step of an epoch, counted from 0.
func (f *fit) turn(epoch, step int) turn {
	n := f.runner.accumulate
	last := (step+1)%n == 0 || step+1 == f.steps
	return turn{
		update:   (epoch-1)*f.updates() + step/n + 1,
		batches:  step%n + 1,
		last:     last,
		ends:     step+1 == f.steps,
		measured: last && f.runner.passes.measuresAt(step/n, f.updates()),
	}
}

// updates returns the number of updates of an epoch.
func (f *fit) updates() int { return (f.steps + f.runner.accumulate - 1) / f.runner.accumulate }

// prepare makes a block's gradient that of the update: the mean of the group's batches, with the
// gradient of the penalty, clipped by value. It returns false if it is not finite.
func (run *runner) prepare(worker int, b *block, t turn) bool {
	grad, rows := b.values.Gradient, b.values.Rows
	if run.accumulate > 1 {
		tensor.EachRow(grad, b.fresh, 0, rows, kernel.Default().Add)
		if !t.last {
			return true
		}
		scaleRows(grad, rows, 1/float32(t.batches))
		if !run.check(worker, b.name, grad, rows) {
			return false
		}
	}
	run.finish(b, t)
	return true
}

// finish adds the gradient of the penalty to that of an update, and clips it by value.
func (run *runner) finish(b *block, t turn) {
	grad, rows := b.values.Gradient, b.values.Rows
	addPenalty(b.regularization, grad, b.values.Weights, rows)
	if t.ends && run.observed != nil {
		keepRows(b.kept, grad, rows)
	}
	if run.clip.Value > 0 {
		clipValues(grad, rows, float32(run.clip.Value))
	}
	if run.norms != nil {
		run.norms.add(b.WeightBlock, grad)
	}
}

// claim loads the cache lines of a block's weights for writing while its gradient is computed: the
// other workers have read them.
func (run *runner) claim(b *block) {
	if len(run.blocks) > 1 {
		w := b.values.Weights
		kernel.Default().Claim(w.Data, w.Stride, b.values.Rows, w.Width)
	}
}

// updateBlock updates a block's weights and their averages. factor scales the gradient.
func (run *runner) updateBlock(step optim.Step, b *block, t turn, factor float32) {
	scaleRows(b.values.Gradient, b.values.Rows, factor)
	run.optimizer.Update(step, b.values)
	run.ema.update(t.update, b.average, b.values.Weights, b.values.Rows)
	if run.accumulate > 1 {
		clearRows(b.values.Gradient, b.values.Rows)
	}
}

// scaleRows multiplies rows by a factor.
func scaleRows(x tensor.Rows[float32], rows int, factor float32) {
	if factor == 1 {
		return
	}
	for r := range rows {
		kernel.Default().Scale(x.Row(r), x.Row(r), factor)
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
