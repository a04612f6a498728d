// Package metric has the metrics: figures for people of how good a head's outputs are. They have no
// gradient.
package metric

import (
	"braid"
	"braid/tensor"
)

// Metric is the configuration of a metric. Any package may define one.
type Metric interface {
	// Kind is the metric's name in configurations. Figures in logs and files are named by the head and
	// the kind: "digit_accuracy".
	Kind() string
	// Bind checks that the metric fits a head and its target, and returns its computation for that
	// head: an OfSums or an OfRows.
	Bind(head braid.Spec, target Target) (Func, error)
}

// List has the metrics of one head.
type List []Metric

// Target describes the head's target, which the loss defines.
type Target struct {
	DType tensor.DType
	Shape tensor.Shape // of one row
}

// Func computes a metric for one head. It has no mutable state: goroutines may call it at once for
// different rows.
type Func interface {
	// Width is how many numbers of each row the figure is computed from.
	Width() int
	// Rows writes the numbers of the rows from lo to hi: numbers is [rows, Width]. A row without a
	// label has the label 0 here, and its numbers are ignored.
	Rows(b Batch, numbers tensor.Rows[float32], lo, hi int)
}

// OfSums is a metric whose figure follows from sums over the rows, such as a mean.
type OfSums interface {
	Func
	// Value computes the figure from the sum of each number times the row's weight, and the sum of
	// the weights. Without weights a row counts 1, or 0 if it has no label.
	Value(sums []float64, weight float64) float64
}

// OfRows is a metric whose figure needs the numbers of all rows at once, such as an area under a
// curve.
type OfRows interface {
	Func
	// Value computes the figure from the numbers of all rows that have a label, and their weights. It
	// may change the order of neither.
	Value(rows tensor.Rows[float32], weights []float32) float64
}

// Batch has the arguments of a metric. Row r of each field is row r of the batch.
type Batch struct {
	Output  tensor.Rows[float32] // the head's output, after its activation
	Labels  tensor.Rows[int32]   // the target, if Int32
	Target  tensor.Rows[float32] // the target, if Float32
	Scratch []int32              // one number per row
}
