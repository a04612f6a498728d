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
// numbers of a row.
func (a Activation) forward(k *kernel.Set, y, z tensor.Rows[float32], lo, hi, axis int) {
	switch a {
	case Linear:
		if &y.Data[0] != &z.Data[0] {
			eachRow(copyAll, y, z, lo, hi)
		}
	case ReLU:
		eachRow(k.ReLU, y, z, lo, hi)
	case Sigmoid:
		eachRow(k.Sigmoid, y, z, lo, hi)
	case Tanh:
		eachRow(k.Tanh, y, z, lo, hi)
	case Softmax:
		for r := lo; r < hi; r++ {
			dst, src := y.Row(r), z.Row(r)
			for at := 0; at < len(src); at += axis {
				k.Softmax(dst[at:at+axis], src[at:at+axis])
			}
		}
	}
}

func copyAll(dst, src []float32) { copy(dst, src) }

// eachRow applies f to rows lo to hi, all at once where nothing lies between them.
func eachRow(f func(dst, src []float32), y, z tensor.Rows[float32], lo, hi int) {
	if y.Stride == y.Width && z.Stride == z.Width {
		f(y.Data[lo*y.Stride:hi*y.Stride], z.Data[lo*z.Stride:hi*z.Stride])
		return
	}
	for r := lo; r < hi; r++ {
		f(y.Row(r), z.Row(r))
	}
}

// backward turns dy, the gradient by y, into the gradient by z in place, for rows lo to hi. All of
// the activations can tell their slope from y alone.
func (a Activation) backward(k *kernel.Set, y, dy tensor.Rows[float32], lo, hi, axis int) {
	if a == Linear {
		return
	}
	for r := lo; r < hi; r++ {
		y, d := y.Row(r), dy.Row(r)
		switch a {
		case ReLU:
			k.ReLUBack(d, y, d)
		case Sigmoid:
			for i, v := range y {
				d[i] *= float32(v * (1 - v))
			}
		case Tanh:
			for i, v := range y {
				d[i] *= 1 - float32(v*v)
			}
		case Softmax:
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
