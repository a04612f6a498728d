// Package metric has the metrics: figures for people of how good a head's outputs are. They have no
// gradient.
//
// A figure is that of all rows of an epoch or a table, not a mean over batches. Rows without a
// label count nowhere, the others by their weights. A figure that is undefined is NaN, such as the
// AUROC of rows of one class, or any figure of rows that all weigh 0.
//
// The steps of a head are the positions along all axes but the last. Each step of a head of shape
// [..., n] counts as a row of a head of shape [n], with a label and a weight of its own.
package metric

import (
	"fmt"

	"braid"
	"braid/tensor"
)

// Metric is the configuration of a metric. Any package may define one.
type Metric interface {
	// Kind is the metric's name in configurations. Figures in logs and files are named by the head
	// and the kind, or the Name of a Named metric: "digit_accuracy".
	Kind() string
	// Bind checks that the metric fits a head and its target, and returns its computation for that
	// head: an OfSums, an OfTally, an OfRows or an OfTable, or a Steps of one of them.
	Bind(head braid.Spec, target Target) (Func, error)
}

// Named is a metric whose settings are part of the names of its figures, so that a head can have
// several of the kind: "precision_macro", "top_5_accuracy".
type Named interface {
	Metric
	Name() string
}

// Name returns the name of a metric's figures: its Name if it is Named, or its Kind.
func Name(m Metric) string {
	if n, ok := m.(Named); ok {
		return n.Name()
	}
	return m.Kind()
}

// Ascending is a metric of which a larger figure is better. The lower figure of any other is
// better.
type Ascending interface {
	Metric
	Ascends()
}

// List has the metrics of one head.
type List []Metric

// Target describes the head's target, which the loss defines.
type Target struct {
	DType tensor.DType
	Shape tensor.Shape // of one row
	Unit  bool         // numbers are from 0 to 1: how much of a yes each is
	Signs bool         // numbers are 1 for a yes, -1 or 0 for a no; an output above 0 is a yes
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

// OfTally is a metric whose figure follows from a few numbers that each row changes in turn, in the
// order of the rows: counts for each class, or a variance.
type OfTally interface {
	Func
	// Tally is how many numbers those are. They start as 0.
	Tally() int
	// Add changes the tally by the numbers and the weight of a row that has a label.
	Add(tally []float64, numbers []float32, weight float64)
	// Value computes the figure from the tally of all rows. It does not change the tally.
	Value(tally []float64) float64
}

// OfTable is a metric that is no figure but a table, such as a confusion matrix. Histories leave it
// out; an evaluation returns it.
type OfTable interface {
	Func
	// Tally and Add are those of OfTally.
	Tally() int
	Add(tally []float64, numbers []float32, weight float64)
	// Table makes the table from the tally of all rows.
	Table(tally []float64) Table
}

// Table has a number for each pair of a row and a column.
type Table struct {
	Rows, Columns []string    // their labels
	Values        [][]float64 // [rows][columns]
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
	Scratch []int32              // one number per step of a row

	// StepWeights has the weight of each step of a row, 0 for one without a label; zero Rows: the
	// steps of a row weigh the same. A Func of Steps does not get it.
	StepWeights tensor.Rows[float32]
}

// mistake returns the error of a metric that cannot be bound to a head.
func mistake(m Metric, head braid.Spec, format string, args ...any) error {
	return fmt.Errorf("%s: head %q: %s", m.Kind(), head.Name, fmt.Sprintf(format, args...))
}
