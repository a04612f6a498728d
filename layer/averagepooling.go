package layer

import (
	"braid"
	"braid/op"
)

// AveragePooling2D takes the mean of each channel under a window: Keras' AveragePooling2D. Padding
// does not count.
//
//	in   [batch, height, width, channels]
//	out  [batch, height of the positions, width of the positions, channels]
type AveragePooling2D struct {
	Size    Pair    `json:"size,omitzero"`    // of the window; 0 means 2
	Strides Pair    `json:"strides,omitzero"` // 0 means Size
	Padding Padding `json:"padding,omitzero"`
}

// Kind is "AveragePooling2D".
func (AveragePooling2D) Kind() string { return "AveragePooling2D" }

// Build declares the output.
func (l AveragePooling2D) Build(b *braid.Builder) (op.Op, error) {
	p, err := poolWindow2D(b, l.Size, l.Strides, l.Padding)
	return averagePool{p}, err
}

// AveragePooling1D takes the mean of each channel under a window: Keras' AveragePooling1D. Padding
// does not count.
//
//	in   [batch, steps, channels]
//	out  [batch, positions, channels]
type AveragePooling1D struct {
	Size    int     `json:"size,omitzero"`    // of the window, in steps; 0 means 2
	Strides int     `json:"strides,omitzero"` // 0 means Size
	Padding Padding `json:"padding,omitzero"`
}

// Kind is "AveragePooling1D".
func (AveragePooling1D) Kind() string { return "AveragePooling1D" }

// Build declares the output.
func (l AveragePooling1D) Build(b *braid.Builder) (op.Op, error) {
	p, err := poolWindow1D(b, l.Size, l.Strides, l.Padding)
	return averagePool{p}, err
}
