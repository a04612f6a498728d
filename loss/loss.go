// Package loss has the losses: the distance of a head's output from its target, and its gradient. A
// batch's loss is the mean over its examples.
package loss

import (
	"braid"
	"braid/op"
	"braid/tensor"
)

// Loss is the configuration of a loss. Any package may define one.
type Loss interface {
	// Kind is the loss's name in configurations and model files.
	Kind() string
	// Bind checks that the loss fits a head, and returns its computation for that head.
	Bind(head braid.Spec) (Func, error)
}

// Func computes a loss for one head. It has no mutable state: goroutines may call it at once for
// different rows.
type Func interface {
	// Target returns the type and the shape of one row of the target.
	Target() Target
	// FromLogits reports whether the gradient is with respect to the logits, the head's output before
	// its activation.
	FromLogits() bool
	// Rows writes the loss of each row from lo to hi to losses, and scale times its gradient with
	// respect to the head's output (or logits) to b.Grad.
	Rows(b Batch, losses []float32, scale float32, lo, hi int)
}

// Target describes the target of a loss.
type Target struct {
	DType   tensor.DType // Float32, or Int32 for labels
	Shape   tensor.Shape // of one row
	Classes int          // labels run from 0 to Classes-1; 0: no limit
	Unit    bool         // numbers are from 0 to 1
}

// Batch has the arguments of a loss. Row r of each field is row r of the batch.
type Batch struct {
	Output  tensor.Rows[float32] // the head's output
	Logits  tensor.Rows[float32] // the head's output before its activation
	Labels  tensor.Rows[int32]   // the target, if Int32
	Target  tensor.Rows[float32] // the target, if Float32
	Grad    tensor.Rows[float32] // overwritten; zero Rows: compute the loss only
	Scratch tensor.Rows[float32] // as wide as the output

	// LogSumExp holds the sums of a softmax head over one axis, for each row.
	LogSumExp op.LogSumExp
}
