package layer

import "braid"

// Activation is a function applied to a layer's output.
type Activation = braid.Activation

// The activations, as in Keras. The zero value is Linear.
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
