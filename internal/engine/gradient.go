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
// below n.
func (team *Team) Gradient(worker int, b WeightBlock, rows int, grad tensor.Rows[float32]) {
	w, size := team.Workers[worker], team.ws.net.chunk
	count := (rows + size - 1) / size
	w.makePartials(grad, b, count)
	w.foldGradient(b, 0, count, rows, grad)
}

// makePartials grows the buffers to what a tree of chunks needs: one for each level.
func (w *Worker) makePartials(grad tensor.Rows[float32], b WeightBlock, chunks int) {
	levels, size := bits.Len(uint(chunks-1)), (b.RowHi-b.RowLo)*grad.Stride
	if len(b.uses) > 1 && len(w.secondUse) < size {
		w.secondUse = parallel.Floats(size)
	}
	for len(w.partial) < levels {
		w.partial = append(w.partial, nil)
	}
	for i := range w.partial[:levels] {
		if len(w.partial[i]) < size {
			w.partial[i] = parallel.Floats(size)
		}
	}
}

// foldGradient writes the sum of chunks first to first+count of a block's gradient to grad.
func (w *Worker) foldGradient(b WeightBlock, first, count, rows int, grad tensor.Rows[float32]) {
	if count == 1 {
		size := w.ws.net.chunk
		w.chunkGradient(b, first*size, min((first+1)*size, rows), grad)
		return
	}
	half, level := leftHalf(count)
	w.foldGradient(b, first, half, rows, grad)
	right := grad
	right.Data = w.partial[level]
	w.foldGradient(b, first+half, count-half, rows, right)
	addRows(grad, right, b.RowHi-b.RowLo)
}

// leftHalf returns the largest power of two below count, and its logarithm.
func leftHalf(count int) (half, level int) {
	level = bits.Len(uint(count-1)) - 1
	return 1 << level, level
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
