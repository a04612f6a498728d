package layer

import (
	"braid"
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
}

// Kind is "Activation".
func (Activation) Kind() string { return "Activation" }

// Build declares the function.
func (l Activation) Build(b *braid.Builder) (op.Op, error) {
	if err := b.Want(1, tensor.Float32); err != nil {
		return nil, err
	}
	b.Output(b.Shape(0)...)
	b.Activate(l.Function)
	return identity{}, nil
}

type identity struct{}

func (identity) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		copy(t.Out.Row(r), t.In[0].Row(r))
	}
}

func (identity) Backward(t *op.Task) {
	for r := t.Lo; r < t.Hi && !t.InGrad[0].IsNil(); r++ {
		grad := t.InGrad[0].Row(r)
		for i, d := range t.OutGrad.Row(r) {
			grad[i] += d
		}
	}
}
