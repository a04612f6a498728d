package layer

import (
	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// LSTM reads a sequence and returns its last hidden state: Hochreiter and Schmidhuber, "Long
// short-term memory", 1997, with the forget gate of Gers and others, as in Keras.
//
//	in   [batch, steps, features], and optionally a mask [batch, steps] of 0 and 1
//	out  [batch, Units], or [batch, steps, Units] with Sequences
//
//	i, f, o = s(in kernel + hidden recurrent + bias), g = a(in kernel + hidden recurrent + bias)
//	cell = f cell + i g
//	hidden = o a(cell)
//
// Gates are stored in the order i, f, g, o. The kernel [features, 4 Units] starts Glorot-uniform,
// the recurrent kernel [Units, 4 Units] orthogonal, the bias [4 Units] at zero, with 1 for the
// forget gate. The initial state is zero.
//
// A step with mask 0 keeps the state, and repeats the output of the step before. Activations are
// given as new(layer.ReLU), and work on each number by itself.
type LSTM struct {
	Units     int  `json:"units"`              // width of the hidden state; required
	Sequences bool `json:"sequences,omitzero"` // return every step, not only the last
	Backwards bool `json:"backwards,omitzero"` // from the last step to the first, as is the output

	Activation          *braid.Activation `json:"activation,omitzero"`           // a; nil: Tanh
	RecurrentActivation *braid.Activation `json:"recurrent_activation,omitzero"` // s; nil: Sigmoid

	NoBias    bool   `json:"no_bias,omitzero"`
	Frozen    bool   `json:"frozen,omitzero"` // the weights are not trained
	Kernel    Weight `json:"kernel,omitzero"`
	Recurrent Weight `json:"recurrent,omitzero"`
	Bias      Weight `json:"bias,omitzero"`
}

// Kind is "LSTM".
func (LSTM) Kind() string { return "LSTM" }

// Build declares kernel, recurrent kernel and bias.
func (l LSTM) Build(b *braid.Builder) (op.Op, error) { return buildRecurrent(b, l) }

func (l LSTM) frozen() bool { return l.Frozen }

func (l LSTM) recurrent(b *braid.Builder, prefix string) (*recurrent, error) {
	o, err := newRecurrent(b, settings{
		units: l.Units, sequences: l.Sequences, backwards: l.Backwards, noBias: l.NoBias,
		activation: l.Activation, recurrentActivation: l.RecurrentActivation,
		kernel: l.Kernel, recurrent: l.Recurrent, bias: l.Bias, startBias: forgetBias, prefix: prefix,
	}, gateCount{gates: 4, sums: 4, biasRows: 1})
	if err != nil {
		return nil, err
	}
	cell := lstm{
		fused: o.activation == braid.Tanh && o.recurrentActivation == braid.Sigmoid,
		cells: o.series(b, o.steps+1, l.Units), squashed: o.series(b, o.steps, l.Units),
	}
	if !cell.fused {
		cell.dSquashed = o.reserve(l.Units)
	}
	if o.masked {
		cell.held = o.reserve(l.Units)
	}
	o.cell = cell
	return o, nil
}

// forgetBias sets the bias of the forget gate, the second of four, to 1.
func forgetBias(values []float32, _ tensor.Shape, _ braid.Draw) {
	units := len(values) / 4
	for i := units; i < 2*units; i++ {
		values[i] = 1
	}
}

type lstm struct {
	fused     bool   // the kernel computes the default activations
	cells     series // [steps + 1, units] cell state, starting with the initial state
	squashed  series // [steps, units] a(cell)
	dSquashed planes // only if not fused
	held      planes // cell states that masked rows keep
}

func (l lstm) forward(c chunk, step int, hidden []float32) {
	before, held := c.at(l.cells, step), c.temporary(l.held)
	if step == 0 {
		clear(before)
	}
	c.keep(step, held, before)
	s := kernel.LSTMCell{
		Gates: c.at(c.gates, step), Before: before, Cells: c.at(l.cells, step+1),
		Squashed: c.at(l.squashed, step), Hidden: hidden,
	}
	if l.fused {
		kernel.Default().LSTM(s)
	} else {
		l.forwardPlain(c, step, s)
	}
	c.keep(step, s.Cells, held)
}

// forwardPlain is the kernel with any activations.
func (l lstm) forwardPlain(c chunk, step int, s kernel.LSTMCell) {
	n := len(s.Hidden)
	c.activate(c.recurrentActivation, step, 0, 2*c.units)
	c.activate(c.activation, step, 2*c.units, c.units)
	c.activate(c.recurrentActivation, step, 3*c.units, c.units)
	i, f, g, o := s.Gates[:n], s.Gates[n:2*n], s.Gates[2*n:3*n], s.Gates[3*n:4*n]
	for e, v := range s.Before {
		s.Cells[e] = float32(f[e]*v) + float32(i[e]*g[e])
	}
	c.apply(c.activation, s.Squashed, s.Cells)
	for e, v := range s.Squashed {
		s.Hidden[e] = v * o[e]
	}
}

func (l lstm) backward(c chunk, step int, dHidden, slopes []float32) {
	dCells, held := c.temporary(l.cells.scratch), c.temporary(l.held)
	if step == c.steps-1 {
		clear(dCells)
	}
	c.keep(step, held, dCells)
	copy(slopes, c.at(c.gates, step))
	s := kernel.LSTMBack{
		Gates: slopes, Before: c.at(l.cells, step), Squashed: c.at(l.squashed, step),
		DHidden: dHidden, DCells: dCells,
	}
	if l.fused {
		kernel.Default().LSTMBack(s)
	} else {
		l.backwardPlain(c, step, s)
	}
	c.keep(step, dCells, held)
}

// backwardPlain is the kernel with any activations.
func (l lstm) backwardPlain(c chunk, step int, s kernel.LSTMBack) {
	n := len(s.DHidden)
	i, f, g, o := s.Gates[:n], s.Gates[n:2*n], s.Gates[2*n:3*n], s.Gates[3*n:4*n]
	dSquashed := c.temporary(l.dSquashed)
	for e, d := range s.DHidden {
		dSquashed[e] = d * o[e]
		o[e] = d * s.Squashed[e]
	}
	c.applyBack(c.activation, dSquashed, s.Squashed, c.at(l.cells, step+1))
	for e, d := range dSquashed {
		d += s.DCells[e]
		s.DCells[e] = d * f[e]
		f[e] = d * s.Before[e]
		i[e], g[e] = d*g[e], d*i[e]
	}
	c.slope(c.recurrentActivation, s.Gates[:2*n], step, 0)
	c.slope(c.activation, g, step, 2*c.units)
	c.slope(c.recurrentActivation, o, step, 3*c.units)
}
