package layer

import (
	"braid"
	"braid/op"
)

// SimpleRNN reads a sequence and returns its last hidden state: Elman, "Finding structure in time",
// 1990, as in Keras.
//
//	in   [batch, steps, features], and optionally a mask [batch, steps] of 0 and 1
//	out  [batch, Units], or [batch, steps, Units] with Sequences
//
//	hidden = a(in kernel + hidden recurrent + bias)
//
// The kernel [features, Units] starts Glorot-uniform, the recurrent kernel [Units, Units]
// orthogonal, the bias [Units] at zero. The initial state is zero.
//
// A step with mask 0 keeps the state, and repeats the output of the step before. The activation is
// given as new(layer.ReLU), and works on each number by itself.
type SimpleRNN struct {
	Units     int  `json:"units"`              // width of the hidden state; required
	Sequences bool `json:"sequences,omitzero"` // return every step, not only the last
	Backwards bool `json:"backwards,omitzero"` // from the last step to the first, as is the output

	Activation *braid.Activation `json:"activation,omitzero"` // a; nil: Tanh

	NoBias    bool   `json:"no_bias,omitzero"`
	Frozen    bool   `json:"frozen,omitzero"` // the weights are not trained
	Kernel    Weight `json:"kernel,omitzero"`
	Recurrent Weight `json:"recurrent,omitzero"`
	Bias      Weight `json:"bias,omitzero"`
}

// Kind is "SimpleRNN".
func (SimpleRNN) Kind() string { return "SimpleRNN" }

// Build declares kernel, recurrent kernel and bias.
func (l SimpleRNN) Build(b *braid.Builder) (op.Op, error) { return buildRecurrent(b, l) }

func (l SimpleRNN) frozen() bool { return l.Frozen }

func (l SimpleRNN) recurrent(b *braid.Builder, prefix string) (*recurrent, error) {
	o, err := newRecurrent(b, settings{
		units: l.Units, sequences: l.Sequences, backwards: l.Backwards, noBias: l.NoBias,
		activation: l.Activation,
		kernel:     l.Kernel, recurrent: l.Recurrent, bias: l.Bias, startBias: zeros, prefix: prefix,
	}, gateCount{gates: 1, sums: 1, biasRows: 1})
	if err != nil {
		return nil, err
	}
	o.cell = simpleRNN{}
	return o, nil
}

type simpleRNN struct{}

func (simpleRNN) forward(c chunk, step int, hidden []float32) {
	c.activate(c.activation, step, 0, c.units)
	copy(hidden, c.at(c.gates, step))
}

func (simpleRNN) backward(c chunk, step int, dHidden, slopes []float32) {
	copy(slopes, dHidden)
	c.slope(c.activation, slopes, step, 0)
}
