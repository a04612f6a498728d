package layer

import (
	"braid"
	"braid/op"
)

// MaxPooling2D takes the largest number of each channel under a window: Keras' MaxPooling2D. The
// gradient goes to the first of equal numbers.
//
//	in   [batch, height, width, channels]
//	out  [batch, height of the positions, width of the positions, channels]
type MaxPooling2D struct {
	Size    Pair    `json:"size,omitzero"`    // of the window; 0 means 2
	Strides Pair    `json:"strides,omitzero"` // 0 means Size
	Padding Padding `json:"padding,omitzero"`
}

// Kind is "MaxPooling2D".
func (MaxPooling2D) Kind() string { return "MaxPooling2D" }

// Build declares the output.
func (l MaxPooling2D) Build(b *braid.Builder) (op.Op, error) {
	p, err := poolWindow2D(b, l.Size, l.Strides, l.Padding)
	return maxPool{p}, err
}

// MaxPooling1D takes the largest number of each channel under a window: Keras' MaxPooling1D. The
// gradient goes to the first of equal numbers.
//
//	in   [batch, steps, channels]
//	out  [batch, positions, channels]
type MaxPooling1D struct {
	Size    int     `json:"size,omitzero"`    // of the window, in steps; 0 means 2
	Strides int     `json:"strides,omitzero"` // 0 means Size
	Padding Padding `json:"padding,omitzero"`
}

// Kind is "MaxPooling1D".
func (MaxPooling1D) Kind() string { return "MaxPooling1D" }

// Build declares the output.
func (l MaxPooling1D) Build(b *braid.Builder) (op.Op, error) {
	p, err := poolWindow1D(b, l.Size, l.Strides, l.Padding)
	return maxPool{p}, err
}
