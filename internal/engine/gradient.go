package engine

import (
	"math/bits"

	"braid/internal/kernel"
	"braid/internal/parallel"
	"braid/op"
	"braid/tensor"
)

// gradientRows is the number of rows in one chunk of a weight's gradient, a power of two.
const gradientRows = 64

// Gradient writes to grad the gradient of a block over the first rows rows of the batch. Row 0,
// column 0 of grad is the block's first row and column.
//
// The rows are cut into chunks, and each chunk is summed in the order of its rows. One fixed
// balanced binary tree folds the sums: the left subtree of n chunks has the largest power of two
// below n. The rows of an op that couples rows are one chunk.
func (team *Team) Gradient(worker int, b WeightBlock, rows int, grad tensor.Rows[float32]) {
	w, size := team.Workers[worker], team.ws.net.chunk
	if _, coupled := b.uses[0].node.Op.(op.RowCoupled); coupled {
		size = rows
	}
	count := chunks(rows, size)
	w.makePartials(grad, b, count)
	foldChunks(0, count, b.RowHi-b.RowLo, grad, w.partials, func(chunk int, to rows32) {
		w.chunkGradient(b, chunk*size, min((chunk+1)*size, rows), to)
	})
}

// chunks returns the number of chunks of up to size rows.
func chunks(rows, size int) int { return (rows + size - 1) / size }

// makePartials sets the buffers that a tree of chunks needs, one for each level, to the form of
// grad.
func (w *Worker) makePartials(grad tensor.Rows[float32], b WeightBlock, chunks int) {
	levels, size := bits.Len(uint(chunks-1)), (b.RowHi-b.RowLo)*grad.Stride
	if len(b.uses) > 1 && len(w.secondUse) < size {
		w.secondUse = parallel.Floats(size)
	}
	for len(w.partials) < levels {
		w.partials = append(w.partials, rows32{})
	}
	for i := range w.partials[:levels] {
		p := &w.partials[i]
		p.Width, p.Stride = grad.Width, grad.Stride
		if len(p.Data) < size {
			p.Data = parallel.Floats(size)
		}
	}
}

// foldChunks writes to grad, which has rows rows, the sum of what compute writes for each of count
// chunks from first on. The tree needs a partial sum for each level.
func foldChunks(
	first, count, rows int, grad rows32, partials []rows32, compute func(chunk int, to rows32),
) {
	if count == 1 {
		compute(first, grad)
		return
	}
	level := bits.Len(uint(count-1)) - 1
	half, right := 1<<level, partials[level]
	foldChunks(first, half, rows, grad, partials, compute)
	foldChunks(first+half, count-half, rows, right, partials, compute)
	addRows(grad, right, rows)
}

// chunkGradient writes the gradient over rows lo to hi, added over all nodes that use the weight.
func (w *Worker) chunkGradient(b WeightBlock, lo, hi int, grad tensor.Rows[float32]) {
	for i, use := range b.uses {
		t := &w.tasks[use.node.Index]
		t.Lo, t.Hi = lo, hi
		to := grad
		if i > 0 {
			to.Data = w.secondUse
		}
		use.node.Op.(op.Weighted).Gradient(t, use.weight, b.Block, to)
		if i > 0 {
			addRows(grad, to, b.RowHi-b.RowLo)
		}
	}
}

// addRows adds the first rows rows of from to to.
func addRows(to, from tensor.Rows[float32], rows int) {
	tensor.EachRow(to, from, 0, rows, kernel.Default().Add)
}
