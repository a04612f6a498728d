package braid

import (
	"fmt"

	"braid/op"
	"braid/tensor"
)

// Layer is a layer's configuration: a struct literal whose zero fields are the common case and that can be
// written to JSON and read back. Anyone may write one; package op holds the contract.
type Layer interface {
	// Kind is the layer's type as summaries and model files name it, such as "Dense".
	Kind() string
	// Build checks the configuration against the inputs, declares the output, the weights and the memory
	// on b, and returns the op that does the work. It is called once for each node of the layer.
	Build(b *Builder) (op.Op, error)
}

// Builder is where Layer.Build finds its inputs and declares what the layer has.
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

// Activate lets the model apply an activation to what the op computes. A loss on logits gets them from
// before it.
func (b *Builder) Activate(a Activation) { b.node.activation = a }

// Save declares width numbers per row that Forward keeps for Backward and Gradient, and returns their index
// in Task.Saved. The memory of a span of rows, from the first row's start to the last row's end, is the op's:
// it may arrange the numbers as it likes.
func (b *Builder) Save(width int) int {
	b.node.saved = append(b.node.saved, width)
	return len(b.node.saved) - 1
}

// Scratch declares length numbers to work in, and returns their index in Task.Scratch. Each worker has its
// own. They are lost between calls.
func (b *Builder) Scratch(length int) int {
	b.node.scratch = append(b.node.scratch, length)
	return len(b.node.scratch) - 1
}

// Random declares that the op draws from Task.Random.
func (b *Builder) Random() { b.node.random = true }

// Limit declares that input i may only hold ids from 0 up to, not including, n. The model checks it before
// any row reaches the op.
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

// Weight declares a weight, filled by init, and returns its index for Op.Gradient. Its storage is one matrix:
// all axes but the last are its rows.
func (b *Builder) Weight(name string, init Initializer, shape ...int) int {
	return b.weight(weightSpec{name: name, shape: shape, init: init})
}

// TransposedWeight declares a weight of two axes whose storage has the second axis for its rows. The first
// axis is cut into the given parts, if any, each of which is a matrix of its own. Files hold the weight
// row-major all the same.
func (b *Builder) TransposedWeight(name string, init Initializer, rows, columns int, parts ...op.Span) int {
	if len(parts) == 0 {
		parts = []op.Span{{Hi: rows}}
	}
	return b.weight(weightSpec{name: name, shape: []int{rows, columns}, transposed: parts, init: init})
}

// Freeze declares that the layer's weights are not trained.
func (b *Builder) Freeze() { b.node.frozen = true }

func (b *Builder) weight(spec weightSpec) int {
	spec.shape = append(tensor.Shape(nil), spec.shape...)
	b.node.weights = append(b.node.weights, spec)
	return len(b.node.weights) - 1
}

// State declares an array that is saved and resumed, but not trained, such as a moving average. It returns
// its index in Task.State.
func (b *Builder) State(name string, init Initializer, length int) int {
	b.node.state = append(b.node.state, weightSpec{name: name, shape: tensor.Shape{length}, init: init})
	return len(b.node.state) - 1
}
