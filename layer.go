package braid

import (
	"fmt"

	"braid/internal/kernel"
	"braid/tensor"
)

// Layer is a layer's configuration: a struct literal whose zero fields are the common case and that
// can be written to JSON and read back. Anyone may write one; see the package's Example.
type Layer interface {
	// Kind is the layer's type as summaries and model files name it, such as "Dense".
	Kind() string
	// Build checks the configuration against the inputs, declares the output and the weights on b,
	// and returns the op that does the work. It is called once for each place in a graph.
	Build(b *Builder) (Op, error)
}

// Op does a built layer's work on a span of a batch's rows. It holds no numbers of its own: all
// that changes is in the task, so that one op serves many passes at once. A batch's rows are cut
// into spans once: those that Backward gets are those that Forward got.
type Op interface {
	// Forward computes rows t.Lo to t.Hi of t.Out from t.In and t.Tokens.
	Forward(t *Task)
	// Backward adds to rows t.Lo to t.Hi of each t.InGrad what t.OutGrad means for them.
	Backward(t *Task)
}

// Weighted is an op that has weights.
type Weighted interface {
	Op
	// Gradient writes to grad the gradient of one block of a weight over all rows t.Lo to t.Hi, summed
	// in row order. Forward and Backward have then run on all of them. Row 0, column 0 of grad is
	// (block.RowLo, block.ColumnLo) of the part of the weight's storage; what grad held before means nothing.
	Gradient(t *Task, weight int, block Block, grad tensor.Rows[float32])
}

// Placed is an op whose output only holds its inputs, each as a whole, in other places. The
// model lays the inputs where the output wants them and copies only where it cannot; Forward and
// Backward are then never called.
type Placed interface {
	Op
	// Places is where in an output row each input starts.
	Places() []int
}

// Task is what an op is given to work with. Row r of a batch is row r of every window.
type Task struct {
	Lo, Hi int  // the rows to work on
	Train  bool // false in prediction, where nothing need be kept for Backward

	In      []tensor.Rows[float32] // the float32 inputs' rows; the zero window for int32 inputs
	Tokens  []tensor.Rows[int32]   // the int32 inputs' rows; the zero window for float32 inputs
	Out     tensor.Rows[float32]
	InGrad  []tensor.Rows[float32] // the loss's gradient by each input; the zero window where none is wanted
	Wanted  []Span                 // the columns of each InGrad that anyone reads
	OutGrad tensor.Rows[float32]
	Saved   []tensor.Rows[float32] // what Builder.Save declared, in its order; only where Train
	Room    []tensor.Rows[float32] // what Builder.Room declared, in its order
	Weights []tensor.Rows[float32] // the weights' storage, part after part, in the order they were declared

	Kernels *kernel.Set // the instruction set in use, for the layers of this module
}

// Span is the columns from Lo up to Hi.
type Span struct{ Lo, Hi int }

// Block is a rectangle of a part of a weight's storage.
type Block struct {
	Part               int
	RowLo, RowHi       int
	ColumnLo, ColumnHi int
}

// Builder is where Layer.Build finds its inputs and declares what the layer has.
type Builder struct {
	node   *Node
	output tensor.Shape
}

// Inputs is the number of inputs.
func (b *Builder) Inputs() int { return len(b.node.inputs) }

// Shape is the shape of one row of input i.
func (b *Builder) Shape(i int) tensor.Shape { return b.node.inputs[i].shape }

// DType is the type of input i.
func (b *Builder) DType(i int) tensor.DType { return b.node.inputs[i].dtype }

// Want checks the number of inputs and that all have the given type.
func (b *Builder) Want(inputs int, dtype tensor.DType) error {
	if len(b.node.inputs) != inputs {
		return fmt.Errorf("got %d inputs, want %d", len(b.node.inputs), inputs)
	}
	return b.WantType(dtype)
}

// WantType checks that all inputs have the given type.
func (b *Builder) WantType(dtype tensor.DType) error {
	for _, in := range b.node.inputs {
		if in.dtype != dtype {
			return fmt.Errorf("input %q is %s, want %s", in.name, in.dtype, dtype)
		}
	}
	return nil
}

// Output declares the shape of one row of the output.
func (b *Builder) Output(shape ...int) { b.output = append(tensor.Shape(nil), shape...) }

// Activate lets the model apply an activation to what the op computes. A loss that works on logits
// gets them from before it.
func (b *Builder) Activate(a Activation) { b.node.activation = a }

// Save declares width numbers a row that Forward keeps for Backward and Gradient, and returns
// their index in Task.Saved. The memory of the rows of a span, from the first's start to the last's
// end, is the op's: it need not lie row by row.
func (b *Builder) Save(width int) int {
	b.node.saved = append(b.node.saved, width)
	return len(b.node.saved) - 1
}

// Room declares width numbers a row to work in, and returns their index in Task.Room. They are lost
// between calls.
func (b *Builder) Room(width int) int {
	b.node.room = append(b.node.room, width)
	return len(b.node.room) - 1
}

// Limit says that input i may only hold ids from 0 up to below n. The model checks it before any
// row reaches the op.
func (b *Builder) Limit(i, n int) error {
	in := b.node.inputs[i]
	if in.layer != nil {
		return fmt.Errorf("input %q is computed by a layer, want an input of the graph", in.name)
	}
	if in.limit == 0 || n < in.limit {
		in.limit = n
	}
	return nil
}

// Weight declares a weight, filled by init, and returns its index in Task.Weights. Its storage is
// a matrix: all axes but the last are its rows.
func (b *Builder) Weight(name string, init Initializer, shape ...int) int {
	return b.weight(name, init, nil, shape)
}

// TransposedWeight declares a weight of two axes whose storage has the second axis for its rows, and the
// first cut into parts, if any are given, of which each is a matrix of its own. What the weight stands
// for, and what files hold, is not changed by that.
func (b *Builder) TransposedWeight(name string, init Initializer, rows, columns int, parts ...Span) int {
	if len(parts) == 0 {
		parts = []Span{{0, rows}}
	}
	return b.weight(name, init, parts, []int{rows, columns})
}

func (b *Builder) weight(name string, init Initializer, transposed []Span, shape tensor.Shape) int {
	b.node.weights = append(b.node.weights, weightSpec{
		name: name, shape: append(tensor.Shape(nil), shape...), transposed: transposed, init: init,
	})
	return len(b.node.weights) - 1
}
