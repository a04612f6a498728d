package braid

import (
	"fmt"
	"slices"

	"braid/internal/kernel"
	"braid/internal/names"
	"braid/tensor"
)

// Activation is a function that a model applies to a layer's output, row by row.
type Activation uint8

// The activations, as in Keras. Softmax runs along the last axis.
const (
	Linear Activation = iota
	ReLU
	Sigmoid
	Tanh
	Softmax
)

var activationNames = []string{Linear: "linear", ReLU: "relu", Sigmoid: "sigmoid", Tanh: "tanh", Softmax: "softmax"}

// String gives the activation's name, "relu".
func (a Activation) String() string {
	if int(a) < len(activationNames) {
		return activationNames[a]
	}
	return fmt.Sprintf("Activation(%d)", uint8(a))
}

// Check returns an error for a number that is no activation.
func (a Activation) Check() error {
	if int(a) >= len(activationNames) {
		return fmt.Errorf("Activation = %d, want 0 to %d", uint8(a), len(activationNames)-1)
	}
	return nil
}

// MarshalText writes the activation's name.
func (a Activation) MarshalText() ([]byte, error) { return []byte(a.String()), a.Check() }

// UnmarshalText reads the activation's name.
func (a *Activation) UnmarshalText(text []byte) error {
	i := slices.Index(activationNames, string(text))
	if i < 0 {
		return names.Unknown("activation", string(text), activationNames)
	}
	*a = Activation(i)
	return nil
}

// forward computes rows lo to hi of y = a(z); y and z may be the same. Softmax runs over each axis
// numbers of a row, and tells what it is made of.
func (a Activation) forward(k *kernel.Set, y, z tensor.Rows[float32], lo, hi, axis int, of softmax) {
	switch a {
	case Linear:
		if &y.Data[0] != &z.Data[0] {
			tensor.EachRow(y, z, lo, hi, copyAll)
		}
	case ReLU:
		tensor.EachRow(y, z, lo, hi, k.ReLU)
	case Sigmoid:
		tensor.EachRow(y, z, lo, hi, k.Sigmoid)
	case Tanh:
		tensor.EachRow(y, z, lo, hi, k.Tanh)
	case Softmax:
		eachAxis(y, z, lo, hi, axis, func(y, z []float32, first, rows, yRow, zRow int) {
			k.Softmax(kernel.Softmax{
				Rows: rows, Width: axis, Y: y, YRow: yRow, X: z, XRow: zRow,
				Highest: of.highest[first:], Rest: of.rest[first:],
			})
		})
	}
}

func copyAll(dst, src []float32) { copy(dst, src) }

// eachAxis applies f to the matrices whose rows are axis numbers wide: all at once where a row of the
// batch is one of those, or where they lie evenly, else to the matrix of each row. Over a batch, first
// is the number of the matrix's first row.
func eachAxis(y, z tensor.Rows[float32], lo, hi, axis int, f func(y, z []float32, first, rows, yRow, zRow int)) {
	axes := y.Width / axis
	switch {
	case lo == hi:
	case axes == 1:
		f(y.From(lo), z.From(lo), lo, hi-lo, y.Stride, z.Stride)
	case y.Stride == y.Width && z.Stride == z.Width:
		f(y.From(lo), z.From(lo), lo*axes, (hi-lo)*axes, axis, axis)
	default:
		for r := lo; r < hi; r++ {
			f(y.Row(r), z.Row(r), r*axes, axes, axis, axis)
		}
	}
}

// backward turns dy, the gradient by y, into the gradient by z in place, for rows lo to hi. All of
// the activations can tell their slope from y alone.
func (a Activation) backward(k *kernel.Set, y, dy tensor.Rows[float32], lo, hi, axis int) {
	switch a {
	case ReLU:
		tensor.EachRow(dy, y, lo, hi, func(dy, y []float32) { k.ReLUBack(dy, y, dy) })
	case Sigmoid:
		tensor.EachRow(dy, y, lo, hi, func(dy, y []float32) { k.SigmoidBack(dy, y, dy) })
	case Tanh:
		tensor.EachRow(dy, y, lo, hi, func(dy, y []float32) { k.TanhBack(dy, y, dy) })
	case Softmax:
		for r := lo; r < hi; r++ {
			y, d := y.Row(r), dy.Row(r)
			for at := 0; at < len(y); at += axis {
				softmaxBack(y[at:at+axis], d[at:at+axis])
			}
		}
	}
}

// softmaxBack is d = y * (d - sum of y d).
func softmaxBack(y, d []float32) {
	var sum float32
	for i, v := range y {
		sum += float32(v * d[i])
	}
	for i, v := range y {
		d[i] = v * (d[i] - sum)
	}
}
