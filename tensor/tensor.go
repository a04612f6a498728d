// Package tensor has shapes, element types, dense row-major arrays and windows on batches. It
// stores and slices; it does not compute.
package tensor

import (
	"fmt"
	"math"
	"strings"
)

// DType is the type of an array's elements.
type DType uint8

// The element types. Networks compute in Float32, read token ids and labels as Int32, and keep
// pixels as Uint8 until they are gathered into a batch.
const (
	Float32 DType = iota
	Int32
	Uint8
)

var dtypeNames = [...]string{Float32: "float32", Int32: "int32", Uint8: "uint8"}

// String returns the type's name in Go, such as "float32".
func (d DType) String() string {
	if int(d) < len(dtypeNames) {
		return dtypeNames[d]
	}
	return fmt.Sprintf("DType(%d)", uint8(d))
}

// MarshalText writes the type's name.
func (d DType) MarshalText() ([]byte, error) {
	if int(d) >= len(dtypeNames) {
		return nil, fmt.Errorf("tensor: no such type: %s", d)
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads the type's name.
func (d *DType) UnmarshalText(text []byte) error {
	for i, name := range dtypeNames {
		if name == string(text) {
			*d = DType(i)
			return nil
		}
	}
	known := strings.Join(dtypeNames[:], ", ")
	return fmt.Errorf("tensor: unknown type %q, want one of %s", text, known)
}

// Shape is the length of each axis, outermost first. The empty shape is a single number.
type Shape []int

// Size returns the number of elements: the product of the axes, 1 for the empty shape.
func (s Shape) Size() int {
	size := 1
	for _, n := range s {
		size *= n
	}
	return size
}

// Steps returns the number of positions along all axes but the last, which are the steps of a row
// of this shape, and the length of the last axis. Both are 1 for the empty shape.
func (s Shape) Steps() (steps, axis int) {
	if len(s) == 0 {
		return 1, 1
	}
	last := len(s) - 1
	return s[:last].Size(), s[last]
}

// Equal reports whether both shapes have the same axes.
func (s Shape) Equal(other Shape) bool {
	if len(s) != len(other) {
		return false
	}
	for i, n := range s {
		if n != other[i] {
			return false
		}
	}
	return true
}

// String returns the shape in brackets, such as "[28 28]".
func (s Shape) String() string { return fmt.Sprint([]int(s)) }

// Check returns an error unless every axis is 1 or more and the size fits an int32.
func (s Shape) Check() error {
	size := 1
	for i, n := range s {
		if n < 1 {
			return fmt.Errorf("axis %d of shape %v is %d, want 1 or more", i, s, n)
		}
		if n > math.MaxInt32/size {
			return fmt.Errorf("shape %v has more than %d elements", s, math.MaxInt32)
		}
		size *= n
	}
	return nil
}

// Tensor is a dense row-major array of one element type. It keeps the slice that it is made from,
// and does not copy it.
type Tensor struct {
	shape  Shape
	dtype  DType
	floats []float32
	ints   []int32
	bytes  []uint8
}

// Floats returns a Float32 tensor of the given shape over data, which it keeps. Without a shape,
// the tensor has one axis of length len(data).
func Floats(data []float32, shape ...int) Tensor {
	return Tensor{shape: shapeOf(len(data), shape), dtype: Float32, floats: data}
}

// Ints returns an Int32 tensor of the given shape over data, which it keeps.
func Ints(data []int32, shape ...int) Tensor {
	return Tensor{shape: shapeOf(len(data), shape), dtype: Int32, ints: data}
}

// Bytes returns a Uint8 tensor of the given shape over data, which it keeps.
func Bytes(data []uint8, shape ...int) Tensor {
	return Tensor{shape: shapeOf(len(data), shape), dtype: Uint8, bytes: data}
}

func shapeOf(size int, shape []int) Shape {
	if len(shape) == 0 {
		return Shape{size}
	}
	return append(Shape(nil), shape...)
}

// Shape returns the length of each axis. The caller must not change it.
func (t Tensor) Shape() Shape { return t.shape }

// DType returns the type of the elements.
func (t Tensor) DType() DType { return t.dtype }

// Len returns the length of the data. Check compares it with the shape's size.
func (t Tensor) Len() int { return len(t.floats) + len(t.ints) + len(t.bytes) }

// Float32s returns the data of a Float32 tensor, nil for other types.
func (t Tensor) Float32s() []float32 { return t.floats }

// Int32s returns the data of an Int32 tensor, nil for other types.
func (t Tensor) Int32s() []int32 { return t.ints }

// Uint8s returns the data of a Uint8 tensor, nil for other types.
func (t Tensor) Uint8s() []uint8 { return t.bytes }

// Check returns an error unless the shape's size is the number of elements.
func (t Tensor) Check() error {
	size := 1
	for i, n := range t.shape {
		if n < 0 || (n > 0 && size > math.MaxInt/n) {
			return fmt.Errorf("axis %d of shape %v is out of range", i, t.shape)
		}
		size *= n
	}
	if size != t.Len() {
		return fmt.Errorf("shape %v needs %d elements, got %d", t.shape, size, t.Len())
	}
	return nil
}

// Rows is a window on a batch: each row has Width consecutive numbers, and row r starts at
// Data[r*Stride].
type Rows[T float32 | int32] struct {
	Data   []T
	Width  int
	Stride int
}

// NewRows returns rows zero rows of width numbers, with stride width.
func NewRows[T float32 | int32](rows, width int) Rows[T] {
	return RowsOf(make([]T, rows*width), width)
}

// RowsOf returns a window on contiguous rows of width numbers.
func RowsOf[T float32 | int32](data []T, width int) Rows[T] {
	return Rows[T]{Data: data, Width: width, Stride: width}
}

// Row returns row i, of Width numbers.
func (r Rows[T]) Row(i int) []T {
	start := i * r.Stride
	return r.Data[start : start+r.Width : start+r.Width]
}

// From returns the data from row i on.
func (r Rows[T]) From(i int) []T { return r.Data[i*r.Stride:] }

// Skip returns a window on the rows from row i on.
func (r Rows[T]) Skip(i int) Rows[T] {
	r.Data = r.From(i)
	return r
}

// Columns returns a window on columns lo to hi-1 of every row.
func (r Rows[T]) Columns(lo, hi int) Rows[T] {
	return Rows[T]{Data: r.Data[lo:], Width: hi - lo, Stride: r.Stride}
}

// IsNil reports whether the window has no data.
func (r Rows[T]) IsNil() bool { return r.Data == nil }

// EachRow calls f with rows lo to hi-1 of two windows: once with all rows if both windows are
// contiguous, else once for each row.
func EachRow[T float32 | int32](y, x Rows[T], lo, hi int, f func(y, x []T)) {
	if y.Stride == y.Width && x.Stride == x.Width {
		f(y.Data[lo*y.Stride:hi*y.Stride], x.Data[lo*x.Stride:hi*x.Stride])
		return
	}
	for r := lo; r < hi; r++ {
		f(y.Row(r), x.Row(r))
	}
}
