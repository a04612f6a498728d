// Package op is the contract between a layer and the engine that runs it. A layer's Build checks
// shapes, declares weights on a braid.Builder and returns an Op, which computes on rows of a batch.
//
// An op holds no numbers that change. All memory is in the Task that the engine hands to it, so one
// op serves training, evaluation and any number of concurrent predictions. Multiply,
// MultiplyTransposed and AddOuter are the matrix products that the layers of this module use.
package op

import "braid/tensor"

// Op computes one layer on rows of a batch. Rows are independent of each other, unless the op is
// RowCoupled. A batch is cut into spans of rows once: Backward gets the spans that Forward got.
type Op interface {
	// Forward computes rows t.Lo to t.Hi of t.Out from t.In and t.IDs.
	Forward(t *Task)
	// Backward adds to rows t.Lo to t.Hi of each t.InGrad the gradient that follows from t.OutGrad.
	// It may be called several times after one Forward: it changes neither t.OutGrad nor what
	// Forward left in t.Saved for it.
	Backward(t *Task)
}

// Weighted is an op with weights.
type Weighted interface {
	Op
	// Gradient writes to grad the gradient of one block of a weight, summed over rows t.Lo to t.Hi in
	// the order of the rows. Forward and Backward have run on all of these rows. Row 0, column 0 of
	// grad is (block.RowLo, block.ColumnLo) of the block's part of the weight's storage. What grad
	// held before is overwritten.
	Gradient(t *Task, weight int, block Block, grad tensor.Rows[float32])
}

// SparseWeighted is an op whose gradient for a weight is 0 but in the rows that ids name, such as an embedding.
// Where the optimizer leaves rows without a gradient alone, the engine asks for the other rows only.
type SparseWeighted interface {
	Weighted
	// GradientIDs returns the ids that name rows of a weight.
	GradientIDs(t *Task, weight int) tensor.Rows[int32]
	// AddRowGradients adds to grad the gradient over rows t.Lo to t.Hi of the batch: for an id, to row
	// index[id-first]. Ids outside of index, and those whose entry is below 0, are left out.
	AddRowGradients(t *Task, weight int, first int32, index []int32, grad tensor.Rows[float32])
}

// View is an op whose output row consists of its input rows, each as a whole. The engine places the
// inputs in the output's memory and copies only where it cannot. Forward and Backward are never
// called. A view has no activation.
type View interface {
	Op
	// Offsets returns the column of the output row at which each input starts.
	Offsets() []int
}

// RowCoupled is an op whose output for one row depends on sums over all rows of the batch, such as
// batch statistics. In training the engine calls ForwardSums on chunks of rows, folds the chunks' sums
// by a fixed tree, and then calls Forward with the total in t.Sums; Backward likewise, with t.GradSums.
// In evaluation and prediction Forward alone is called, and uses t.State.
type RowCoupled interface {
	Op
	// Widths returns how many numbers ForwardSums and BackwardSums write.
	Widths() (forward, backward int)
	// ForwardSums writes the sums over rows t.Lo to t.Hi of the input.
	ForwardSums(t *Task, sums []float32)
	// BackwardSums writes the sums over rows t.Lo to t.Hi that the gradient needs.
	BackwardSums(t *Task, sums []float32)
	// FoldForward combines the sums of a span of rows with those of the rows after it. BackwardSums are
	// added.
	FoldForward(sums, after []float32)
	// UpdateState changes t.State once per training step, after t.Sums is known.
	UpdateState(t *Task)
}

// ColumnParallel is an op that can compute some columns of its output alone. Where a batch has too
// few rows to keep all workers busy, they share the columns of large layers instead. Each number is
// computed as Forward and Backward do, so the bytes are the same.
type ColumnParallel interface {
	Weighted
	// ForwardColumns computes columns along the last axis of the output, for rows t.Lo to t.Hi.
	ForwardColumns(t *Task, columns Span)
	// BackwardColumns adds to columns along the last axis of the input's gradient.
	BackwardColumns(t *Task, columns Span)
}

// GradientReader is an op that states which columns of its inputs Gradient reads, so that the engine
// need not bring the others to the worker that calls it.
type GradientReader interface {
	Weighted
	// GradientReads returns the columns of an input that Gradient reads for a block of a weight.
	GradientReads(input, weight int, block Block) Span
}

// SplitK is an op whose output is a sum of products, each over some columns of the input. In training
// the workers may share these products instead of the rows: each worker then keeps the weights of its
// products in its cache, and only the partial sums pass between workers. Forward adds up the same
// partial sums in the same order.
type SplitK interface {
	ColumnParallel
	GradientReader
	// Splits returns the columns along the last axis of the input that each product covers, in the order
	// of the sum. They depend on shapes alone. None, or one, means that there is nothing to share.
	Splits() []Span
	// ForwardPartial writes rows t.Lo to t.Hi of one product to out.
	ForwardPartial(t *Task, split int, out tensor.Rows[float32])
	// ForwardSum adds up rows t.Lo to t.Hi of the products into t.Out.
	ForwardSum(t *Task, partials []tensor.Rows[float32])
}

// Task is the memory that an op works with. Row r of a batch is row r of every window.
type Task struct {
	Lo, Hi int  // the rows to work on
	Train  bool // whether Backward follows: else nothing need be saved for it

	In      []tensor.Rows[float32] // the float32 inputs' rows; the zero window for an int32 input
	IDs     []tensor.Rows[int32]   // the int32 inputs' rows; the zero window for a float32 input
	Out     tensor.Rows[float32]   // the output's rows, before the activation
	InGrad  []tensor.Rows[float32] // ∂L/∂input; the zero window where nobody reads it
	Wanted  []Span                 // the columns of each InGrad that are read
	OutGrad tensor.Rows[float32]   // ∂L/∂output, before the activation; the zero window where it is 0

	Saved   []tensor.Rows[float32] // by Builder.Save; only where Train
	Scratch [][]float32            // by Builder.Scratch; this worker's alone, and lost between calls
	Weights []tensor.Rows[float32] // the weights' storage, part after part, in the order of declaration
	State   [][]float32            // by Builder.State

	Sums     []float32 // of a RowCoupled op, in training: over all rows, from ForwardSums
	GradSums []float32 // and from BackwardSums

	Rows   int    // the rows of the whole batch
	Random Random // by example and step; only where Train
}

// Span is the columns from Lo up to, not including, Hi.
type Span struct{ Lo, Hi int }

// Len returns the number of columns.
func (s Span) Len() int { return s.Hi - s.Lo }

// Union returns the smallest span that contains both. An empty span contributes nothing.
func (s Span) Union(other Span) Span {
	switch {
	case s.Lo == s.Hi:
		return other
	case other.Lo == other.Hi:
		return s
	}
	return Span{min(s.Lo, other.Lo), max(s.Hi, other.Hi)}
}

// Intersect returns the columns that are in both spans, the zero span where there are none.
func (s Span) Intersect(other Span) Span {
	lo, hi := max(s.Lo, other.Lo), min(s.Hi, other.Hi)
	if lo >= hi {
		return Span{}
	}
	return Span{lo, hi}
}

// Shift returns the span moved by n columns.
func (s Span) Shift(n int) Span { return Span{s.Lo + n, s.Hi + n} }

// Block is a rectangle of one part of a weight's storage.
type Block struct {
	Part               int
	RowLo, RowHi       int
	ColumnLo, ColumnHi int
}

// Size returns how many numbers the block has.
func (b Block) Size() int { return (b.RowHi - b.RowLo) * (b.ColumnHi - b.ColumnLo) }
