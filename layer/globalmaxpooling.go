package layer

import (
	"braid"
	"braid/op"
	"braid/tensor"
)

// GlobalMaxPooling2D takes the largest number of each channel of an image: Keras'
// GlobalMaxPooling2D. The gradient goes to the first of equal numbers.
//
//	in   [batch, height, width, channels]
//	out  [batch, channels], or [batch, 1, 1, channels] with KeepDims
type GlobalMaxPooling2D struct {
	KeepDims bool `json:"keep_dims,omitzero"`
}

// Kind is "GlobalMaxPooling2D".
func (GlobalMaxPooling2D) Kind() string { return "GlobalMaxPooling2D" }

// Build declares the output.
func (l GlobalMaxPooling2D) Build(b *braid.Builder) (op.Op, error) {
	in, err := wantImage(b)
	if err != nil {
		return nil, err
	}
	return globalMax(b, in, l.KeepDims), nil
}

// GlobalMaxPooling1D takes the largest number of each channel of a sequence: Keras'
// GlobalMaxPooling1D. The gradient goes to the first of equal numbers.
//
//	in   [batch, steps, channels]
//	out  [batch, channels], or [batch, 1, channels] with KeepDims
type GlobalMaxPooling1D struct {
	KeepDims bool `json:"keep_dims,omitzero"`
}

// Kind is "GlobalMaxPooling1D".
func (GlobalMaxPooling1D) Kind() string { return "GlobalMaxPooling1D" }

// Build declares the output.
func (l GlobalMaxPooling1D) Build(b *braid.Builder) (op.Op, error) {
	in, err := wantSteps(b)
	if err != nil {
		return nil, err
	}
	return globalMax(b, in, l.KeepDims), nil
}

// globalMax is a maxPool with one position that covers the input.
func globalMax(b *braid.Builder, in tensor.Shape, keepDims bool) maxPool {
	b.Output(pooled(in, keepDims)...)
	channels := in[len(in)-1]
	positions := in.Size() / channels
	all := axis{in: positions, out: 1, size: positions, stride: 1, dilation: 1}
	return maxPool{pool{window{point, all}, channels, b.Scratch(channels)}}
}
