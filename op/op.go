// Package op is the contract between a layer and the engine that runs it. A layer's Build checks
// shapes, declares weights on a braid.Builder and returns an Op, which computes on rows of a batch.
// An op has no mutable state. All memory is in the Task that the engine passes to it, so one op
// serves training, evaluation and any number of concurrent predictions. Multiply,
// MultiplyTransposed and AddOuter are the matrix products that the layers of this module use.
package op

import "braid/tensor"

// Op computes one layer on rows of a batch. Rows are independent of each other, unless the op is
// RowCoupled. Backward is called with the same spans of rows as Forward.
type Op interface {
	// Forward computes rows t.Lo to t.Hi of t.Out from t.In and t.IDs.
	Forward(t *Task)
	// Backward adds to rows t.Lo to t.Hi of each t.InGrad the gradient that follows from t.OutGrad.
	// It may be called several times after one Forward, so it must not change t.OutGrad or what
	// Forward wrote to t.Saved. A GradientWriter may also overwrite gradients.
	Backward(t *Task)
}

// Weighted is an op with weights.
type Weighted interface {
	Op
	// Gradient overwrites grad with the gradient of one block of a weight, summed over rows t.Lo to
	// t.Hi in the order of the rows. Forward and Backward have run on all of these rows. Row 0,
	// column 0 of grad is (block.RowLo, block.ColumnLo) of the block's matrix of the weight's storage.
	Gradient(t *Task, weight int, block Block, grad tensor.Rows[float32])
}

// SparseWeighted is an op whose gradient for a weight is 0 except in the rows that ids name, such
// as an embedding. If the optimizer skips rows without a gradient, the engine computes only the
// named rows.
type SparseWeighted interface {
	Weighted
	// GradientIDs returns the ids that name rows of a weight.
	GradientIDs(t *Task, weight int) tensor.Rows[int32]
	// AddRowGradients adds the gradient over rows t.Lo to t.Hi of the batch: that of table row id
	// to grad row index[id-first]; ids outside index, or with a negative entry, are skipped.
	AddRowGradients(t *Task, weight int, first int32, index []int32, grad tensor.Rows[float32])
}

// View is an op whose output row is the concatenation of its input rows. The engine stores the
// inputs in the output's buffer, and copies those that another view already stores elsewhere.
// Forward and Backward are never called. A view has no activation.
type View interface {
	Op
	// Offsets returns the column of the output row at which each input starts.
	Offsets() []int
}

// Identity is an op whose output, before the activation, is its only input. If no other node reads
// the input, the engine may apply the activation where the input is computed, and call neither
// Forward nor Backward.
type Identity interface {
	Op
	// Identity does nothing: it marks the op.
	Identity()
}

// RowCoupled is an op whose output for one row depends on sums over all rows of the batch, such as
// batch statistics. In training the engine calls ForwardSums on chunks of rows, folds the sums by a
// fixed tree, and then calls Forward with the total in t.Sums; likewise Backward with t.GradSums.
// In evaluation and prediction it calls only Forward, which uses t.State. If the op has weights,
// the engine calls Gradient once for all rows, so that it can use t.GradSums. The spans of rows of
// these calls may differ from each other.
type RowCoupled interface {
	Op
	// Widths returns the lengths of the sums of ForwardSums and BackwardSums.
	Widths() (forward, backward int)
	// ForwardSums writes the sums over rows t.Lo to t.Hi of the input.
	ForwardSums(t *Task, sums []float32)
	// BackwardSums writes the sums over rows t.Lo to t.Hi that the gradient needs.
	BackwardSums(t *Task, sums []float32)
	// FoldForward combines the sums of a span of rows with those of the rows after it. The engine
	// folds the sums of BackwardSums by addition.
	FoldForward(sums, after []float32)
	// UpdateState changes t.State once per training step, after t.Sums is known.
	UpdateState(t *Task)
}

// GradientWriter is an op that declares how Backward can write the gradients of its inputs. For
// other ops the engine clears a gradient before the first of the ops that add to it. Writing it at
// once saves passes over memory. Inputs may be the same memory: then t.Fresh is set for the first
// of them only, and Backward must write them in order.
type GradientWriter interface {
	Op
	// GradientWriting returns what Backward can do with t.InGrad of an input.
	GradientWriting(input int) Writing
}

// Writing is how Backward can write a gradient.
type Writing uint8

// Each includes those before it.
const (
	Adds       Writing = iota // Backward adds to it
	Overwrites                // Backward overwrites all of it if t.Fresh is set for the input
	InPlace                   // it may also be t.OutGrad, if of its size; Gradient must not read that
)

// GradientReader is an op that declares the columns of its inputs that Gradient reads, so that the
// engine copies only these between workers.
type GradientReader interface {
	Weighted
	// GradientReads returns the columns of an input that Gradient reads for a block of a weight.
	GradientReads(input, weight int, block Block) Span
}

// GradientCounter is an op that declares how many products Gradient sums for each number of a
// weight and each row of the batch. For other ops the engine assumes 1, for a SparseWeighted 0. It
// divides the work of a training step among the workers by these counts. No result depends on them.
type GradientCounter interface {
	Weighted
	// GradientProducts returns the count for a weight, such as the positions of a convolution.
	GradientProducts(weight int) int
}

// SplitK is an op whose output is a sum of products, each over a range of the input's columns. In
// training the engine may divide these products among the workers instead of the rows: each worker
// then keeps the weights of its products in its cache, and only the partial sums pass between
// workers. Forward must add up the same partial sums in the same order.
type SplitK interface {
	GradientReader
	// Splits returns the columns along the input's last axis that each product covers, in the order
	// of the sum. They depend on shapes alone. With fewer than two products the engine does not
	// split.
	Splits() []Span
	// ForwardPartial writes rows t.Lo to t.Hi of one product to out.
	ForwardPartial(t *Task, split int, out tensor.Rows[float32])
	// ForwardSum adds up rows t.Lo to t.Hi of the products into t.Out.
	ForwardSum(t *Task, partials []tensor.Rows[float32])
	// BackwardColumns is Backward for some columns of the input's gradient.
	BackwardColumns(t *Task, columns Span)
}

// Task is the memory of one call of an op. Row r of a batch is row r of every window.
type Task struct {
	Lo, Hi int  // the rows to work on
	Train  bool // Backward follows, so Forward must write Saved

	In      []tensor.Rows[float32] // by input; the zero window for an int32 input
	IDs     []tensor.Rows[int32]   // by input; the zero window for a float32 input
	Out     tensor.Rows[float32]   // output, before the activation
	InGrad  []tensor.Rows[float32] // ∂L/∂input; the zero window if it is not read
	Wanted  []Span                 // columns of each InGrad that are read
	Fresh   []bool                 // by input: overwrite InGrad; only for a GradientWriter
	OutGrad tensor.Rows[float32]   // ∂L/∂Out; the zero window if it is 0

	Saved   []tensor.Rows[float32] // by Builder.Save; only if Train
	Scratch [][]float32            // by Builder.Scratch; private to the worker, lost between calls
	Weights []tensor.Rows[float32] // storage of each weight, in the order of declaration
	State   [][]float32            // by Builder.State

	Sums     []float32 // of a RowCoupled op in training: total of ForwardSums over the batch
	GradSums []float32 // of a RowCoupled op in training: total of BackwardSums over the batch

	Rows   int    // rows of the batch
	Random Random // random numbers by example and step; only if Train
}

// Span is the columns from Lo to Hi-1.
type Span struct{ Lo, Hi int }

// Len returns the number of columns.
func (s Span) Len() int { return s.Hi - s.Lo }

// Union returns the smallest span that contains both. An empty span is ignored.
func (s Span) Union(other Span) Span {
	switch {
	case s.Lo == s.Hi:
		return other
	case other.Lo == other.Hi:
		return s
	}
	return Span{min(s.Lo, other.Lo), max(s.Hi, other.Hi)}
}

// Intersect returns the columns that are in both spans, or the zero span if there are none.
func (s Span) Intersect(other Span) Span {
	lo, hi := max(s.Lo, other.Lo), min(s.Hi, other.Hi)
	if lo >= hi {
		return Span{}
	}
	return Span{lo, hi}
}

// Shift returns the span moved by n columns.
func (s Span) Shift(n int) Span { return Span{s.Lo + n, s.Hi + n} }

// Block is a rectangle of one matrix of a weight's storage, the one with index Matrix.
type Block struct {
	Matrix             int
	RowLo, RowHi       int
	ColumnLo, ColumnHi int
}

// Size returns the number of elements.
func (b Block) Size() int { return (b.RowHi - b.RowLo) * (b.ColumnHi - b.ColumnLo) }
