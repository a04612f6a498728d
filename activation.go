package braid

import "braid/op"

// Activation is a function that the model applies to a layer's output. Softmax runs along the last
// axis.
type Activation = op.Activation

// The activations, with Keras' formulas. The zero value is Linear.
const (
	Linear      = op.Linear
	ReLU        = op.ReLU
	Sigmoid     = op.Sigmoid
	Tanh        = op.Tanh
	Softmax     = op.Softmax
	GELU        = op.GELU
	GELUTanh    = op.GELUTanh
	SiLU        = op.SiLU
	ELU         = op.ELU
	SELU        = op.SELU
	LeakyReLU   = op.LeakyReLU
	Softplus    = op.Softplus
	Softsign    = op.Softsign
	HardSigmoid = op.HardSigmoid
	Exponential = op.Exponential
	Mish        = op.Mish
)
