// Package loss holds the losses: how far a head's answer is from its target, and in which direction
// to go. Each is the mean over examples of what Rows gives for one.
package loss

import (
	"braid"
	"braid/tensor"
)

// Loss is a loss's configuration. Anyone may write one.
type Loss interface {
	// Kind is the loss's name, as configurations and model files have it.
	Kind() string
	// Bind checks that the loss fits a head, and returns what computes it there.
	Bind(head braid.Spec) (Func, error)
}

// Func computes a loss for one head. It holds no numbers that change, and may run on different
// rows in different goroutines at once.
type Func interface {
	// Target says what the loss compares with: the type and the shape of one row.
	Target() Target
	// FromLogits says that the gradient is by what the head computed before its activation.
	FromLogits() bool
	// Rows computes, for rows lo to hi, the loss of each row into losses and scale times its
	// gradient by the head's output (or logits) into b.Grad.
	Rows(b Batch, losses []float32, scale float32, lo, hi int)
}

// Target is what a loss compares a head with.
type Target struct {
	DType   tensor.DType // Float32, or Int32 for labels
	Shape   tensor.Shape // of one row
	Classes int          // labels run from 0 to Classes-1; 0: no limit
	Unit    bool         // numbers lie from 0 to 1
}

// Batch is what a loss is given. Row r of a batch is row r of every window.
type Batch struct {
	Output  tensor.Rows[float32] // the head's output
	Logits  tensor.Rows[float32] // what the head computed before its activation
	Labels  tensor.Rows[int32]   // the target, where it is Int32
	Target  tensor.Rows[float32] // the target, where it is Float32
	Grad    tensor.Rows[float32] // to be overwritten; the zero window where only the loss is wanted
	Scratch tensor.Rows[float32] // as wide as the output

	// Of a softmax head over one axis, for each row: the largest logit, and the sum of
	// exp(logit - largest) over all the others.
	Highest, Rest []float32
}
