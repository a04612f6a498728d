package layer

import (
	"fmt"
	"math"

	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// TransformerEncoder is one block of a Transformer: each step attends to the others, then two Dense
// work on each step. Vaswani and others, 2017, with the normalizations before the branches: Xiong
// and others, "On layer normalization in the Transformer architecture", 2020. It is keras-hub's
// layer with normalize_first, but without dropout of the attention's weights.
//
//	in   [batch, steps, width], and optionally a mask [batch, steps] of 0 and 1
//	out  [batch, steps, width]
//
//	h   = in + MultiHeadAttention(LayerNormalization(in))
//	out = h + Dense(Activation(Dense(LayerNormalization(h))))
//
// Steps with mask 0 have no weight in the attention, but are computed. The weights are
// attention_norm_gamma and _beta, those of MultiHeadAttention with attention_ before their names,
// dense_norm_gamma and _beta, inner_kernel [width, Units], inner_bias, outer_kernel [Units, width]
// and outer_bias. Kernels start Glorot-uniform.
type TransformerEncoder struct {
	Heads int `json:"heads"` // of the attention; a divisor of width; required
	Units int `json:"units"` // width of the first Dense; required

	Activation *braid.Activation `json:"activation,omitzero"` // of the first Dense; nil means ReLU
	// Rate is the rate of Dropout of both branches' outputs.
	Rate    float64 `json:"rate,omitzero"`
	Epsilon float64 `json:"epsilon,omitzero"` // of the normalizations; 0 means 1e-5
	Causal  bool    `json:"causal,omitzero"`  // a step sees only itself and those before
	Frozen  bool    `json:"frozen,omitzero"`  // the weights are not trained

	Kernel Weight `json:"kernel,omitzero"` // each kernel
	Bias   Weight `json:"bias,omitzero"`   // each bias
}

// Kind is "TransformerEncoder".
func (TransformerEncoder) Kind() string { return "TransformerEncoder" }

// Build declares the weights of all parts.
func (l TransformerEncoder) Build(b *braid.Builder) (op.Op, error) {
	if b.Inputs() != 1 && b.Inputs() != 2 {
		return nil, fmt.Errorf("got %d inputs, want one, and optionally a mask", b.Inputs())
	}
	if err := b.WantType(tensor.Float32); err != nil {
		return nil, err
	}
	shape := b.Shape(0)
	if len(shape) != 2 {
		return nil, fmt.Errorf("input has shape %v a row, want [steps width]", shape)
	}
	o := encoder{size: shape.Size(), masked: b.Inputs() == 2}
	if err := l.check(shape[1], &o); err != nil {
		return nil, err
	}
	if o.masked {
		if err := wantMask(b, 1, shape[0]); err != nil {
			return nil, err
		}
	}
	if l.Frozen {
		b.Freeze()
	}
	b.Output(shape...)
	return o, l.declare(b, &o, shape[0], shape[1])
}

// check checks the configuration and copies it to o.
func (l TransformerEncoder) check(width int, o *encoder) error {
	o.activation = ReLU
	if l.Activation != nil {
		o.activation = *l.Activation
	}
	o.epsilon = 1e-5
	if l.Epsilon != 0 {
		o.epsilon = float32(l.Epsilon)
	}
	switch {
	case l.Heads < 1 || width%l.Heads != 0:
		return fmt.Errorf("Heads = %d, want a divisor of the input's width, %d", l.Heads, width)
	case l.Units < 1:
		return fmt.Errorf("Units = %d, want 1 or more", l.Units)
	case o.activation == Softmax:
		return fmt.Errorf("Activation = %s, want one that works element by element", o.activation)
	case !(o.epsilon > 0 && o.epsilon < float32(math.Inf(1))):
		return fmt.Errorf("Epsilon = %v, want a finite number above 0", l.Epsilon)
	}
	if err := o.activation.Check(); err != nil {
		return err
	}
	o.dropping = newDropping(l.Rate)
	return checkRate("Rate", l.Rate)
}

// declare declares weights and memory.
func (l TransformerEncoder) declare(b *braid.Builder, o *encoder, steps, width int) error {
	norm := func(prefix string) layerNorm {
		n := layerNorm{
			groups: steps, width: width, epsilon: o.epsilon,
			gamma: b.Weight(prefix+"_gamma", constant(1), width),
			beta:  b.Weight(prefix+"_beta", zeros, width),
		}
		n.declareMemory(b)
		return n
	}
	var failed error
	kernel := l.Kernel.initializer(&failed, "Kernel", glorotUniform)
	bias := l.Bias.initializer(&failed, "Bias", zeros)
	dense := func(prefix string, in, out int) projection {
		return projection{
			steps: steps, in: in, out: out,
			kernel: b.Weight(prefix+"_kernel", kernel, in, out), bias: b.Weight(prefix+"_bias", bias, out),
			transposed: b.Scratch(in * out),
		}
	}
	o.attentionNorm = norm("attention_norm")
	attention := MultiHeadAttention{Heads: l.Heads, KeyWidth: width / l.Heads, Causal: l.Causal,
		Kernel: l.Kernel, Bias: l.Bias}
	in := tensor.Shape{steps, width}
	o.attention, _ = attention.declare(b, "attention_", in, in, in)
	o.denseNorm = norm("dense_norm")
	o.inner, o.outer = dense("inner", width, l.Units), dense("outer", l.Units, width)
	o.inner.result, o.inner.slopes = keep(b, steps*l.Units), b.Save(steps*l.Units)
	o.active = o.inner.result
	if o.activation.KeepsInput() {
		o.active = keep(b, steps*l.Units)
	}
	o.between = keep(b, o.size)
	o.normed = [2]kept{keep(b, o.size), keep(b, o.size)}
	o.dNormed = [2]int{b.Save(o.size), b.Save(o.size)}
	o.dBetween = b.Save(o.size)
	if l.Rate > 0 {
		b.Random()
		o.factors = [2]int{b.Save(o.size), b.Save(o.size)}
		o.dropped = [2]int{b.Save(o.size), b.Save(o.size)}
	}
	o.tmp = b.Scratch(op.TemporarySize)
	return failed
}

// encoder computes one row of the batch after the other, each by all parts.
type encoder struct {
	attentionNorm, denseNorm layerNorm
	attention                attention
	inner, outer             projection
	activation               op.Activation
	dropping
	epsilon float32
	masked  bool
	size    int // steps * width

	between  kept    // [steps, width], the sum of the input and the first branch
	normed   [2]kept // [steps, width], the normalized input of each branch
	active   kept    // [steps, Units], after the activation
	dBetween int     // saved: the gradient of between
	dNormed  [2]int  // saved: the gradients of normed
	factors  [2]int  // saved: of the dropout of each branch
	dropped  [2]int  // saved: the gradients of what each branch's dropout reads
	tmp      int     // scratch, for the activation
}

func (o encoder) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		in, between, out := t.In[0].Row(r), o.between.row(t, r), t.Out.Row(r)
		normed := o.normed[0].row(t, r)
		o.attentionNorm.forward(t, r, normed, in)
		mixing := attentionRow{query: normed, key: normed, value: normed}
		if o.masked {
			mixing.mask = t.In[1].Row(r)
		}
		o.attention.forward(t, r, between, mixing)
		o.join(t, r, 0, between, in)

		normed = o.normed[1].row(t, r)
		o.denseNorm.forward(t, r, normed, between)
		logits, active := o.inner.result.row(t, r), o.active.row(t, r)
		o.inner.forward(t, logits, normed)
		o.activation.Forward(oneRow(active), oneRow(logits), 0, 1, o.inner.out, op.LogSumExp{},
			t.Scratch[o.tmp])
		o.outer.forward(t, out, active)
		o.join(t, r, 1, out, between)
	}
}

// join drops numbers of a branch's output y and adds the branch's input.
func (o encoder) join(t *op.Task, row, branch int, y, x []float32) {
	if t.Train && o.below > 0 {
		factors := t.Saved[o.factors[branch]].Row(row)
		o.draw(factors, t.Random.Row(row), branch*o.size)
		timesOther(y, nil, factors)
	}
	kernel.Default().Add(y, x)
}

func (o encoder) Backward(t *op.Task) {
	o.attention.transpose(t)
	o.inner.transpose(t)
	o.outer.transpose(t)
	for r := t.Lo; r < t.Hi; r++ {
		d, between := t.OutGrad.Row(r), o.between.row(t, r)
		dInner, dNormed := t.Saved[o.inner.slopes].Row(r), t.Saved[o.dNormed[1]].Row(r)
		o.outer.backward(t, dInner, o.drop(t, r, 1, d), false)
		logits, active := o.inner.result.row(t, r), o.active.row(t, r)
		o.activation.Backward(oneRow(dInner), oneRow(active), oneRow(logits), 0, 1, o.inner.out,
			t.Scratch[o.tmp])
		o.inner.backward(t, dNormed, dInner, false)
		dBetween := t.Saved[o.dBetween].Row(r)
		copy(dBetween, d)
		o.denseNorm.backward(t, r, dBetween, dNormed, between)

		dNormed = t.Saved[o.dNormed[0]].Row(r)
		clear(dNormed)
		grads := attentionRow{query: dNormed, key: dNormed, value: dNormed}
		o.attention.backward(t, r, o.drop(t, r, 0, dBetween), grads)
		if !t.InGrad[0].IsNil() {
			grad := t.InGrad[0].Row(r)
			kernel.Default().Add(grad, dBetween)
			o.attentionNorm.backward(t, r, grad, dNormed, t.In[0].Row(r))
		}
	}
}

// drop returns the gradient of a branch's output before the dropout, from that after it.
func (o encoder) drop(t *op.Task, row, branch int, d []float32) []float32 {
	if o.below == 0 {
		return d
	}
	dropped := t.Saved[o.dropped[branch]].Row(row)
	clear(dropped)
	addProduct(dropped, d, t.Saved[o.factors[branch]].Row(row))
	return dropped
}

func (o encoder) Gradient(t *op.Task, weight int, block op.Block, grad tensor.Rows[float32]) {
	ends := [2]tensor.Rows[float32]{} // the gradients of the branches' outputs
	if o.below > 0 {
		ends = [2]tensor.Rows[float32]{t.Saved[o.dropped[0]], t.Saved[o.dropped[1]]}
	} else {
		ends = [2]tensor.Rows[float32]{t.Saved[o.dBetween], t.OutGrad}
	}
	first, second := t.Saved[o.normed[0].saved], t.Saved[o.normed[1].saved]
	switch {
	case o.attentionNorm.has(weight):
		o.attentionNorm.gradient(t, weight, t.In[0], t.Saved[o.dNormed[0]], block, grad)
	case o.denseNorm.has(weight):
		between := t.Saved[o.between.saved]
		o.denseNorm.gradient(t, weight, between, t.Saved[o.dNormed[1]], block, grad)
	case o.inner.has(weight):
		o.inner.gradient(t, weight, second, t.Saved[o.inner.slopes], block, grad)
	case o.outer.has(weight):
		o.outer.gradient(t, weight, t.Saved[o.active.saved], ends[1], block, grad)
	default:
		in := [3]tensor.Rows[float32]{first, first, first}
		o.attention.gradient(t, weight, in, ends[0], block, grad)
	}
}

// GradientProducts returns the steps, which all use every number of the weights.
func (o encoder) GradientProducts(int) int { return o.inner.steps }
