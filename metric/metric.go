// Package metric holds the metrics: how good a head's answers are, in figures for people. No
// gradient comes from them.
package metric

import (
	"braid"
	"braid/tensor"
)

// Metric is a metric's configuration. Anyone may write one.
type Metric interface {
	// Kind is the metric's name, as configurations have it, and logs and files after the head's name:
	// "accuracy".
	Kind() string
	// Bind checks that the metric fits a head and its target, and returns what computes it there.
	Bind(head braid.Spec, target Target) (Func, error)
}

// List is the metrics of one head.
type List []Metric

// Target is what a head is compared with: the loss chose it.
type Target struct {
	DType tensor.DType
	Shape tensor.Shape // of one row
}

// Func computes a metric for one head. It holds no numbers that change, and may run on different
// rows in different goroutines at once.
type Func interface {
	// Sums is how many sums over the examples the metric needs.
	Sums() int
	// Rows writes, for rows lo to hi, each one's part of each sum.
	Rows(b Batch, parts tensor.Rows[float32], lo, hi int)
	// Value makes the figure from the sums over the given number of examples.
	Value(sums []float64, examples int) float64
}

// Batch is what a metric is given. Row r of a batch is row r of every window.
type Batch struct {
	Output  tensor.Rows[float32] // the head's output, after its activation
	Labels  tensor.Rows[int32]   // the target, where it is Int32
	Target  tensor.Rows[float32] // the target, where it is Float32
	Scratch []int32              // one number per row
}
