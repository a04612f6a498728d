// Package loss has the losses: the distance of a head's output from its target, and its gradient. A
// batch's loss is the mean over its examples; that of an example is the mean over the steps of its
// head, which are the positions along all axes but the last. Where steps lack a label, the batch's
// loss is the mean over the steps that have one.
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

// Scratcher is a Func that chooses the width of Batch.Scratch.
type Scratcher interface {
	Func
	ScratchWidth() int
}

// ScratchWidth returns the width of Batch.Scratch for a Func: that of a Scratcher, else the size of
// a row of the head.
func ScratchWidth(f Func, head braid.Spec) int {
	if s, ok := f.(Scratcher); ok {
		return s.ScratchWidth()
	}
	return head.Shape.Size()
}

// Target describes the target of a loss.
type Target struct {
	DType       tensor.DType // Float32, or Int32 for labels
	Shape       tensor.Shape // of one row
	Classes     int          // labels run from 0 to Classes-1; 0: no limit
	Unit        bool         // numbers are from 0 to 1
	NotNegative bool         // numbers are 0 or more
	Signs       bool         // numbers are 1 and -1, or 1 and 0
}

// Batch has the arguments of a loss. Row r of each field is row r of the batch.
type Batch struct {
	Output  tensor.Rows[float32] // the head's output
	Logits  tensor.Rows[float32] // the head's output before its activation
	Labels  tensor.Rows[int32]   // the target, if Int32
	Target  tensor.Rows[float32] // the target, if Float32
	Grad    tensor.Rows[float32] // overwritten; zero Rows: compute the loss only
	Scratch tensor.Rows[float32] // as wide as ScratchWidth returns, or wider

	// StepWeights holds a factor for the loss of each step of a row; zero Rows: all are 1. The loss
	// of a row remains a sum over steps divided by the number of steps, whatever the factors are. In
	// training they are the steps' weights, and 0 for a step without a label, whose target is 0.
	StepWeights tensor.Rows[float32]

	// LogSumExp holds the sums of a softmax head over the last axis, for each step of each row.
	LogSumExp op.LogSumExp
}

// stepWeight returns the factor of one step of a row.
func (b *Batch) stepWeight(row, step int) float32 {
	if b.StepWeights.IsNil() {
		return 1
	}
	return b.StepWeights.Data[row*b.StepWeights.Stride+step]
}

// weigh multiplies the loss of a step by its factor. A factor of 0 gives 0 whatever the loss is,
// also infinity.
func weigh(factor, loss float32) float32 {
	if factor == 0 {
		return 0
	}
	return float32(factor * loss)
}

// weighSteps multiplies the numbers of a row, which has axis numbers a step, by the steps' factors.
func (b *Batch) weighSteps(numbers []float32, row, axis int) {
	if b.StepWeights.IsNil() {
		return
	}
	for step := 0; len(numbers) > 0; step++ {
		factor := b.stepWeight(row, step)
		for i, v := range numbers[:axis] {
			numbers[i] = weigh(factor, v)
		}
		numbers = numbers[axis:]
	}
}
