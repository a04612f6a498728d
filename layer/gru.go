package layer

import (
	"braid"
	"braid/op"
	"braid/tensor"
)

// GRU reads a sequence and returns its last hidden state: Cho and others, "Learning phrase
// representations using RNN encoder-decoder for statistical machine translation", 2014, as in Keras
// with reset_after, and as in cuDNN.
//
//	in   [batch, steps, features], and optionally a mask [batch, steps] of 0 and 1
//	out  [batch, Units], or [batch, steps, Units] with Sequences
//
//	z, r = s(in kernel + hidden recurrent + bias)
//	g = a(in kernel + bias + r (hidden recurrent + bias))
//	hidden = z hidden + (1 - z) g
//
// Gates are stored in the order z, r, g. The kernel [features, 3 Units] starts Glorot-uniform, the
// recurrent kernel [Units, 3 Units] orthogonal, the bias [2, 3 Units] at zero. Its row 0 is added
// to the products with the kernel, row 1 to those with the recurrent kernel. The initial state is
// zero.
//
// A step with mask 0 keeps the state, and repeats the output of the step before. Activations are
// given as new(layer.ReLU), and work on each number by itself.
type GRU struct {
	Units     int  `json:"units"`              // width of the hidden state; required
	Sequences bool `json:"sequences,omitzero"` // return every step, not only the last
	Backwards bool `json:"backwards,omitzero"` // from the last step to the first, as is the output

	// ResetBefore multiplies the hidden state, not its product, by the reset gate r, as the paper
	// does: g = a(in kernel + bias + (r hidden) recurrent). The bias is [3 Units].
	ResetBefore bool `json:"reset_before,omitzero"`

	Activation          *braid.Activation `json:"activation,omitzero"`           // a; nil: Tanh
	RecurrentActivation *braid.Activation `json:"recurrent_activation,omitzero"` // s; nil: Sigmoid

	NoBias    bool   `json:"no_bias,omitzero"`
	Frozen    bool   `json:"frozen,omitzero"` // the weights are not trained
	Kernel    Weight `json:"kernel,omitzero"`
	Recurrent Weight `json:"recurrent,omitzero"`
	Bias      Weight `json:"bias,omitzero"`
}

// Kind is "GRU".
func (GRU) Kind() string { return "GRU" }

// Build declares kernel, recurrent kernel and bias.
func (l GRU) Build(b *braid.Builder) (op.Op, error) { return buildRecurrent(b, l) }

func (l GRU) frozen() bool { return l.Frozen }

func (l GRU) recurrent(b *braid.Builder, prefix string) (*recurrent, error) {
	count := gateCount{gates: 3, sums: 4, biasRows: 2} // the fourth: hidden recurrent of g
	if l.ResetBefore {
		count = gateCount{gates: 3, sums: 3, biasRows: 1}
	}
	o, err := newRecurrent(b, settings{
		units: l.Units, sequences: l.Sequences, backwards: l.Backwards, noBias: l.NoBias,
		activation: l.Activation, recurrentActivation: l.RecurrentActivation,
		kernel: l.Kernel, recurrent: l.Recurrent, bias: l.Bias, startBias: zeros, prefix: prefix,
	}, count)
	if err != nil {
		return nil, err
	}
	u := l.Units
	cell := gru{before: o.reserve(u)}
	gates, candidate := op.Span{Hi: 2 * u}, op.Span{Lo: 2 * u, Hi: 3 * u}
	o.passesHidden = true
	if !l.ResetBefore {
		o.cell = cell
		o.feedback = []feedback{{gates, 0, o.before}, {candidate, 3 * u, o.before}}
		return o, nil
	}
	before := gruResetBefore{cell, o.reserve(u), b.Save(o.steps * u)}
	o.cell = before
	o.feedback = []feedback{{gates, 0, o.before}, {candidate, 2 * u, before.rows}}
	return o, nil
}

// gru has the planes z, r, g and hidden recurrent + bias of g.
type gru struct {
	before planes // hidden state before the step, in backward
}

func (gru) forward(c chunk, step int, hidden []float32) {
	n := len(hidden)
	c.activate(c.recurrentActivation, step, 0, 2*c.units)
	gates := c.at(c.gates, step)
	r, g, product := gates[n:2*n], gates[2*n:3*n], gates[3*n:4*n]
	for e, v := range product {
		g[e] += float32(r[e] * v)
	}
	c.activate(c.activation, step, 2*c.units, c.units)
	mix(hidden, gates[:n], g)
}

// mix computes hidden = z hidden + (1 - z) g.
func mix(hidden, z, g []float32) {
	z, g = z[:len(hidden)], g[:len(hidden)]
	for e, h := range hidden {
		hidden[e] = float32(z[e]*h) + float32((1-z[e])*g[e])
	}
}

func (l gru) backward(c chunk, step int, dHidden, slopes []float32) {
	n := len(dHidden)
	l.mixBack(c, step, dHidden, slopes)
	gates := c.at(c.gates, step)
	r, product := gates[n:2*n], gates[3*n:4*n]
	dr, dg, dProduct := slopes[n:2*n], slopes[2*n:3*n], slopes[3*n:4*n]
	for e, d := range dg {
		dr[e] = d * product[e]
		dProduct[e] = d * r[e]
	}
	c.slope(c.recurrentActivation, slopes[:2*n], step, 0)
}

// mixBack computes the slopes of g, and the gradient of z after its activation. It multiplies
// dHidden by z. It returns the hidden state before the step.
func (l gru) mixBack(c chunk, step int, dHidden, slopes []float32) (before []float32) {
	n := len(dHidden)
	rows, row := c.rows(c.Saved[c.before], c.time(step)*c.units)
	before = c.toPlanes(c.temporary(l.before), rows, row, c.units)[:n]
	gates := c.at(c.gates, step)
	z, g := gates[:n], gates[2*n:3*n]
	dz, dg := slopes[:n], slopes[2*n:3*n]
	for e, d := range dHidden {
		dz[e] = d * (before[e] - g[e])
		dg[e] = d * (1 - z[e])
		dHidden[e] = d * z[e]
	}
	c.slope(c.activation, dg, step, 2*c.units)
	return before
}

// gruResetBefore has the planes z, r and g.
type gruResetBefore struct {
	gru
	reset planes // r hidden; in backward its gradient
	rows  int    // [steps, units] r hidden, as rows in the order of time
}

func (l gruResetBefore) forward(c chunk, step int, hidden []float32) {
	n := len(hidden)
	c.activate(c.recurrentActivation, step, 0, 2*c.units)
	gates, reset := c.at(c.gates, step), c.temporary(l.reset)
	r, g := gates[n:2*n], gates[2*n:3*n]
	for e, h := range hidden {
		reset[e] = r[e] * h
	}
	if step > 0 {
		c.multiply(g, l.candidate(c), reset)
	}
	if c.Train {
		to, row := c.rows(c.Saved[l.rows], c.time(step)*c.units)
		c.toRows(to, row, reset, c.units)
	}
	c.activate(c.activation, step, 2*c.units, c.units)
	mix(hidden, gates[:n], g)
}

func (l gruResetBefore) backward(c chunk, step int, dHidden, slopes []float32) {
	n := len(dHidden)
	before, dReset := l.mixBack(c, step, dHidden, slopes), c.temporary(l.reset)
	r, dr, dg := c.at(c.gates, step)[n:2*n], slopes[n:2*n], slopes[2*n:3*n]
	c.multiplyBack(false, dReset, l.candidate(c), dg)
	for e, d := range dReset {
		dr[e] = d * before[e]
		dHidden[e] += float32(d * r[e])
	}
	c.slope(c.recurrentActivation, slopes[:2*n], step, 0)
}

// candidate returns the columns of the recurrent kernel that belong to g.
func (gruResetBefore) candidate(c chunk) tensor.Rows[float32] {
	return c.Weights[c.recurrentKernel].Columns(2*c.units, 3*c.units)
}
