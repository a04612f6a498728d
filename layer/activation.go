package layer

import (
	"fmt"
	"math"

	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// The activations, with Keras' formulas. The zero value is Linear.
const (
	Linear      = braid.Linear
	ReLU        = braid.ReLU
	Sigmoid     = braid.Sigmoid
	Tanh        = braid.Tanh
	Softmax     = braid.Softmax
	GELU        = braid.GELU
	GELUTanh    = braid.GELUTanh
	SiLU        = braid.SiLU
	ELU         = braid.ELU
	SELU        = braid.SELU
	LeakyReLU   = braid.LeakyReLU
	Softplus    = braid.Softplus
	Softsign    = braid.Softsign
	HardSigmoid = braid.HardSigmoid
	Exponential = braid.Exponential
	Mish        = braid.Mish
)

// Activation applies a function to each number, or Softmax along the last axis. Most layers have a
// field Activation for the same purpose.
//
//	in   [batch, ...]
//	out  [batch, ...]
type Activation struct {
	Function braid.Activation `json:"function"`
	Slope    float64          `json:"slope,omitzero"` // of LeakyReLU below 0; 0 means 0.2
}

// Kind is "Activation".
func (Activation) Kind() string { return "Activation" }

// Build declares the function.
func (l Activation) Build(b *braid.Builder) (op.Op, error) {
	if err := b.Want(1, tensor.Float32); err != nil {
		return nil, err
	}
	b.Output(b.Shape(0)...)
	switch {
	case l.Slope == 0:
		b.Activate(l.Function)
		return identity{}, nil
	case l.Function != LeakyReLU:
		return nil, fmt.Errorf("Slope = %v, but %s has none, want it for leaky_relu", l.Slope, l.Function)
	case !(l.Slope > 0 && l.Slope <= math.MaxFloat32):
		return nil, fmt.Errorf("Slope = %v, want a finite number of 0 or more", l.Slope)
	}
	return leakyReLU{float32(l.Slope), b.Scratch(b.Shape(0).Size())}, nil
}

type identity struct{}

func (identity) Identity() {}

func (identity) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		copy(t.Out.Row(r), t.In[0].Row(r))
	}
}

func (identity) Backward(t *op.Task) {
	for r := t.Lo; r < t.Hi && !t.InGrad[0].IsNil(); r++ {
		kernel.Default().Add(t.InGrad[0].Row(r), t.OutGrad.Row(r))
	}
}

// leakyReLU is the activation LeakyReLU with a given slope.
type leakyReLU struct {
	slope   float32
	scratch int // the gradient of a row
}

func (o leakyReLU) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		in := t.In[0].Row(r)
		kernel.Default().Leak(t.Out.Row(r), in, in, o.slope)
	}
}

func (o leakyReLU) Backward(t *op.Task) {
	d := t.Scratch[o.scratch]
	for r := t.Lo; r < t.Hi && !t.InGrad[0].IsNil(); r++ {
		kernel.Default().Leak(d, t.In[0].Row(r), t.OutGrad.Row(r), o.slope)
		kernel.Default().Add(t.InGrad[0].Row(r), d)
	}
}
