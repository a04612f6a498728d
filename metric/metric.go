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
	// head.
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
	// Sums is the number of sums over the examples that the metric needs.
	Sums() int
	// Rows writes the contribution of each row from lo to hi to each sum: terms is [rows, Sums].
	Rows(b Batch, terms tensor.Rows[float32], lo, hi int)
	// Value computes the figure from the sums over the given number of examples.
	Value(sums []float64, examples int) float64
}

// Batch has the arguments of a metric. Row r of each field is row r of the batch.
type Batch struct {
	Output  tensor.Rows[float32] // the head's output, after its activation
	Labels  tensor.Rows[int32]   // the target, if Int32
	Target  tensor.Rows[float32] // the target, if Float32
	Scratch []int32              // one number per row
}
