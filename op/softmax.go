package op

import (
	"braid/internal/kernel"
	"braid/tensor"
)

// softmax computes rows lo to hi of y from z, along runs of axis numbers.
func softmax(y, z tensor.Rows[float32], lo, hi, axis int, sums LogSumExp) {
	eachRun(y, z, lo, hi, axis, func(y, z []float32, first, runs, yStride, zStride int) {
		kernel.Default().Softmax(kernel.Softmax{
			Rows: runs, Width: axis, Y: y, YRow: yStride, X: z, XRow: zStride,
			Max: sums.Max[first:], Rest: sums.Rest[first:],
		})
	})
}

// eachRun calls f with matrices whose rows are the runs of axis numbers in rows lo to hi of a
// batch: with one matrix if all runs have equal distances, else with one for each row. first is the
// index of the matrix's first run in the batch.
func eachRun(
	y, z tensor.Rows[float32], lo, hi, axis int,
	f func(y, z []float32, first, runs, yStride, zStride int),
) {
	runs := y.Width / axis
	switch {
	case lo == hi:
	case runs == 1:
		f(y.From(lo), z.From(lo), lo, hi-lo, y.Stride, z.Stride)
	case y.Stride == y.Width && z.Stride == z.Width:
		f(y.From(lo), z.From(lo), lo*runs, (hi-lo)*runs, axis, axis)
	default:
		for r := lo; r < hi; r++ {
			f(y.Row(r), z.Row(r), r*runs, runs, axis, axis)
		}
	}
}

// softmaxBack computes d = y (d - sum of y d) along runs of axis numbers.
func softmaxBack(d, y tensor.Rows[float32], lo, hi, axis int) {
	eachRun(d, y, lo, hi, axis, func(d, y []float32, _, runs, dStride, yStride int) {
		kernel.Default().SoftmaxBack(kernel.SoftmaxBack{
			Rows: runs, Width: axis, D: d, DRow: dStride, Y: y, YRow: yStride,
		})
	})
}
