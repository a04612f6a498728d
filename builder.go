package braid

import (
	"fmt"

	"braid/op"
	"braid/tensor"
)

// Layer is a layer's configuration: a struct literal that can be written to JSON and read back. Its
// zero fields are the common case. Any package may define one; package op holds the contract.
type Layer interface {
	// Kind is the layer's type in summaries and model files, such as "Dense".
	Kind() string
	// Build checks the configuration against the inputs, declares the output, the weights and the
	// buffers on b, and returns the op that computes the output. It is called once for each node.
	Build(b *Builder) (op.Op, error)
}

// Builder gives Layer.Build its inputs and records what the layer declares.
type Builder struct {
	node   *Node
	output tensor.Shape
}

// Inputs returns the number of inputs.
func (b *Builder) Inputs() int { return len(b.node.inputs) }

// Shape returns the shape of one row of input i.
func (b *Builder) Shape(i int) tensor.Shape { return b.node.inputs[i].shape }

// DType returns the type of input i.
func (b *Builder) DType(i int) tensor.DType { return b.node.inputs[i].dtype }

// Want returns an error unless the layer has the given number of inputs, all of the given type.
func (b *Builder) Want(inputs int, dtype tensor.DType) error {
	if len(b.node.inputs) != inputs {
		return fmt.Errorf("got %d inputs, want %d", len(b.node.inputs), inputs)
	}
	return b.WantType(dtype)
}

// WantType returns an error unless all inputs have the given type.
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

// Activate makes the model apply an activation to the op's output. A loss on logits reads the
// output before the activation.
func (b *Builder) Activate(a Activation) { b.node.activation = a }

// Save declares width numbers per row that Forward keeps for Backward and Gradient, and returns
// their index in Task.Saved. The op may use the memory of a span of rows, from the start of its
// first row to the end of its last, in any layout.
func (b *Builder) Save(width int) int {
	b.node.saved = append(b.node.saved, width)
	return len(b.node.saved) - 1
}

// Scratch declares a scratch buffer of length numbers for each worker, and returns its index in
// Task.Scratch. Its content is lost between calls.
func (b *Builder) Scratch(length int) int {
	b.node.scratch = append(b.node.scratch, length)
	return len(b.node.scratch) - 1
}

// Random declares that the op reads Task.Random.
func (b *Builder) Random() { b.node.random = true }

// Vocabulary declares that the ids of input i run from 0 to size-1. The model checks them before
// the op reads a row.
func (b *Builder) Vocabulary(i, size int) error {
	in := b.node.inputs[i]
	if in.layer != nil {
		return fmt.Errorf("input %q is computed by a layer, want an input of the graph", in.name)
	}
	if in.vocabulary == 0 || size < in.vocabulary {
		in.vocabulary = size
	}
	return nil
}

// Weight declares a weight, filled by init, and returns its index for Op.Gradient. It is stored as
// one matrix: the last axis has the columns, all other axes the rows.
func (b *Builder) Weight(name string, init Initializer, shape ...int) int {
	return b.weight(weightSpec{name: name, shape: shape, init: init})
}

// WideWeight is Weight, stored as a matrix whose columns are the last axes, as many as columnAxes.
func (b *Builder) WideWeight(name string, init Initializer, columnAxes int, shape ...int) int {
	return b.weight(weightSpec{name: name, shape: shape, columnAxes: columnAxes, init: init})
}

// TransposedWeight declares a weight of shape [rows, columns] that is stored transposed. If splits
// are given, each span of the first axis is stored as a separate matrix. Files hold the weight
// row-major in either case.
func (b *Builder) TransposedWeight(
	name string, init Initializer, rows, columns int, splits ...op.Span,
) int {
	if len(splits) == 0 {
		splits = []op.Span{{Hi: rows}}
	}
	shape := []int{rows, columns}
	return b.weight(weightSpec{name: name, shape: shape, transposed: splits, init: init})
}

// Freeze declares that the layer's weights are not trained.
func (b *Builder) Freeze() { b.node.frozen = true }

func (b *Builder) weight(spec weightSpec) int {
	spec.shape = append(tensor.Shape(nil), spec.shape...)
	b.node.weights = append(b.node.weights, spec)
	return len(b.node.weights) - 1
}

// State declares an array that is saved and resumed but not trained, such as a moving average. It
// returns the array's index in Task.State.
func (b *Builder) State(name string, init Initializer, length int) int {
	b.node.state = append(b.node.state, weightSpec{name: name, shape: tensor.Shape{length},
		init: init})
	return len(b.node.state) - 1
}
