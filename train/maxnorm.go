package train

import (
	"math"

	"braid"
	"braid/internal/parallel"
)

// limited is a weight with a limit of the norm of each vector along its first axis.
type limited struct {
	*braid.Weight
	limit  float64
	inner  int         // rows of the storage from one index of the first axis to the next; 0: none
	square [][]float64 // by worker and column: sums of squares
}

// bindLimits lists the trained weights whose norm is limited.
func (run *runner) bindLimits() {
	for _, w := range run.model.Weights() {
		limit := w.Regularization().MaxNorm
		if limit == 0 || !isTrained(w) {
			continue
		}
		l := limited{Weight: w, limit: limit}
		for range run.crew.Workers() {
			l.square = append(l.square, make([]float64, w.Memory().Storage[0].Width))
		}
		if shape := w.Shape(); len(shape) > 1 {
			l.inner = w.Memory().Rows / shape[0] // 0 if all axes are columns
		}
		run.limits = append(run.limits, l)
	}
}

// project applies the limits to a worker's share of the vectors, with the formula of Keras'
// MaxNorm: w min(norm, limit) / (1e-7 + norm).
func (run *runner) project(worker int) {
	for _, l := range run.limits {
		share := func(n int) (lo, hi int) {
			return parallel.Share(n, 16, worker, run.crew.Workers())
		}
		switch {
		case l.Transposed():
			l.projectRows(share(l.Memory().Rows))
		case l.inner == 0:
			if worker == 0 {
				l.projectRow()
			}
		default:
			l.projectColumns(l.square[worker], share)
		}
	}
}

// projectRows limits the norms of rows of the storage, over all of its matrices.
func (l limited) projectRows(lo, hi int) {
	for r := lo; r < hi; r++ {
		var sum float64
		for _, matrix := range l.Memory().Storage {
			sum += squares(matrix.Row(r))
		}
		factor := l.factor(sum)
		for _, matrix := range l.Memory().Storage {
			scaleRow(matrix.Row(r), factor)
		}
	}
}

// projectRow limits the norms of vectors in the only row of the storage: a bias, which is one
// vector, or a weight whose axes all are columns.
func (l limited) projectRow() {
	row := l.Memory().Storage[0].Row(0)
	vectors := 1
	if shape := l.Shape(); len(shape) > 1 {
		vectors = len(row) / shape[0]
	}
	for first := range vectors {
		var sum float64
		for i := first; i < len(row); i += vectors {
			sum += float64(float64(row[i]) * float64(row[i]))
		}
		factor := l.factor(sum)
		for i := first; i < len(row); i += vectors {
			row[i] *= factor
		}
	}
}

// projectColumns limits the norms of a worker's columns. A vector takes one number of each l.inner
// rows.
func (l limited) projectColumns(sums []float64, share func(int) (lo, hi int)) {
	matrix := l.Memory().Storage[0]
	lo, hi := share(matrix.Width)
	sums = sums[lo:hi]
	for first := range l.inner {
		clear(sums)
		for r := first; r < l.Memory().Rows; r += l.inner {
			for i, v := range matrix.Row(r)[lo:hi] {
				sums[i] += float64(float64(v) * float64(v))
			}
		}
		for i, sum := range sums {
			sums[i] = float64(l.factor(sum))
		}
		for r := first; r < l.Memory().Rows; r += l.inner {
			row := matrix.Row(r)[lo:hi]
			for i, factor := range sums {
				row[i] *= float32(factor)
			}
		}
	}
}

// factor returns the factor for a vector, given its sum of squares.
func (l limited) factor(sum float64) float32 {
	norm := math.Sqrt(sum)
	return float32(min(norm, l.limit) / (1e-7 + norm))
}

func scaleRow(x []float32, factor float32) {
	for i := range x {
		x[i] *= factor
	}
}
