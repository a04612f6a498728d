package layer

import (
	"fmt"
	"math"

	"braid"
	"braid/op"
	"braid/tensor"
)

// MultiHeadAttention computes, for each query, a mean of values that is weighted by how well their
// keys fit the query: Vaswani and others, "Attention is all you need", 2017, as in Keras.
//
//	in   query [batch, steps, width], value [batch, keys, ...] and key [batch, keys, ...]
//	     with two inputs the second is value and key, with one it is all three
//	     with Masked, after these, a mask [batch, keys] of 0 and 1
//	out  [batch, steps, width]
//
//	weights = softmax(query QueryKernel (key KeyKernel)ᵀ / sqrt(KeyWidth)), for each head
//	out     = (weights (value ValueKernel)) OutputKernel
//
// Each product with a kernel has a bias. A key with mask 0 has weight 0, and if no key is left, all
// weights are 0. Padded queries are computed like the others. The kernels start Glorot-uniform:
// query_kernel and key_kernel [..., Heads, KeyWidth], value_kernel [..., Heads, ValueWidth] and
// output_kernel [Heads, ValueWidth, width]. The biases, query_bias [Heads, KeyWidth] and so on,
// start at zero.
type MultiHeadAttention struct {
	Heads      int  `json:"heads"`                // number of heads; required
	KeyWidth   int  `json:"key_width"`            // width of a head's queries and keys; required
	ValueWidth int  `json:"value_width,omitzero"` // width of a head's values; 0 means KeyWidth
	Causal     bool `json:"causal,omitzero"`      // a query sees only keys of its step and before
	Masked     bool `json:"masked,omitzero"`      // the last input is a mask
	NoBias     bool `json:"no_bias,omitzero"`
	Frozen     bool `json:"frozen,omitzero"` // the weights are not trained

	Kernel Weight `json:"kernel,omitzero"` // each of the four kernels
	Bias   Weight `json:"bias,omitzero"`   // each of the four biases
}

// Kind is "MultiHeadAttention".
func (MultiHeadAttention) Kind() string { return "MultiHeadAttention" }

// Build declares the kernels and the biases.
func (l MultiHeadAttention) Build(b *braid.Builder) (op.Op, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	if err := b.WantType(tensor.Float32); err != nil {
		return nil, err
	}
	inputs, mask := b.Inputs(), -1
	if l.Masked {
		inputs--
		mask = inputs
	}
	switch wrong := inputs < 1 || inputs > 3; {
	case wrong && l.Masked:
		return nil, fmt.Errorf("got %d inputs, want 2 to 4: query, value, key, and a mask", b.Inputs())
	case wrong:
		return nil, fmt.Errorf("got %d inputs, want 1 to 3: query, value, key", b.Inputs())
	}
	value, key := min(1, inputs-1), inputs-1
	for i, name := range []string{"query", "value", "key"}[:inputs] {
		if len(b.Shape(i)) != 2 {
			return nil, fmt.Errorf("the %s has shape %v a row, want [steps width]", name, b.Shape(i))
		}
	}
	if b.Shape(value)[0] != b.Shape(key)[0] {
		return nil, fmt.Errorf("the value has %d steps and the key has %d, want the same number",
			b.Shape(value)[0], b.Shape(key)[0])
	}
	if l.Masked {
		if err := wantMask(b, mask, b.Shape(key)[0]); err != nil {
			return nil, err
		}
	}
	if l.Frozen {
		b.Freeze()
	}
	b.Output(b.Shape(0)...)
	o, err := l.declare(b, "", b.Shape(0), b.Shape(key), b.Shape(value))
	return multiHead{o, [3]int{0, key, value}, mask}, err
}

func (l MultiHeadAttention) check() error {
	switch {
	case l.Heads < 1:
		return fmt.Errorf("Heads = %d, want 1 or more", l.Heads)
	case l.KeyWidth < 1:
		return fmt.Errorf("KeyWidth = %d, want 1 or more", l.KeyWidth)
	case l.ValueWidth < 0:
		return fmt.Errorf("ValueWidth = %d, want 1 or more, or 0 for that of the keys", l.ValueWidth)
	}
	return nil
}

// declare declares weights, whose names begin with prefix, and memory.
func (l MultiHeadAttention) declare(
	b *braid.Builder, prefix string, query, key, value tensor.Shape,
) (attention, error) {
	valueWidth := l.ValueWidth
	if valueWidth == 0 {
		valueWidth = l.KeyWidth
	}
	var failed error
	kernel := l.Kernel.initializer(&failed, "Kernel", glorotUniform)
	bias := l.Bias.biasInitializer(&failed, l.NoBias, zeros)
	o := attention{
		queries: query[0], keys: key[0], heads: l.Heads, keyWidth: l.KeyWidth, valueWidth: valueWidth,
		causal: l.Causal, scale: float32(1 / math.Sqrt(float64(l.KeyWidth))),
	}
	project := func(name string, from tensor.Shape, width int) projection {
		p := projection{steps: from[0], in: from[1], out: l.Heads * width, bias: -1}
		p.kernel = b.WideWeight(prefix+name+"_kernel", kernel, 2, p.in, l.Heads, width)
		if !l.NoBias {
			p.bias = b.WideWeight(prefix+name+"_bias", bias, 2, l.Heads, width)
		}
		p.transposed = b.Scratch(p.in * p.out)
		p.result, p.slopes = keep(b, p.steps*p.out), b.Save(p.steps*p.out)
		return p
	}
	o.query = project("query", query, l.KeyWidth)
	o.key = project("key", key, l.KeyWidth)
	o.value = project("value", value, valueWidth)
	o.output = projection{steps: o.queries, in: o.value.out, out: query[1], bias: -1}
	o.output.kernel = b.Weight(prefix+"output_kernel", kernel, l.Heads, valueWidth, query[1])
	if !l.NoBias {
		o.output.bias = b.Weight(prefix+"output_bias", bias, query[1])
	}
	o.output.transposed = b.Scratch(o.output.in * o.output.out)
	o.weights, o.mixed = b.Save(l.Heads*o.queries*o.keys), keep(b, o.queries*o.output.in)
	o.scratch = b.Scratch(o.queries*(o.output.in+2*o.keys+2) + o.keys*max(l.KeyWidth, valueWidth))
	return o, failed
}

// multiHead is attention on the inputs of a node.
type multiHead struct {
	attention
	inputs [3]int // query, key, value
	mask   int    // input; -1 for none
}

func (o multiHead) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		in := attentionRow{
			query: t.In[0].Row(r), key: t.In[o.inputs[1]].Row(r), value: t.In[o.inputs[2]].Row(r),
		}
		if o.mask >= 0 {
			in.mask = t.In[o.mask].Row(r)
		}
		o.forward(t, r, t.Out.Row(r), in)
	}
}

func (o multiHead) Backward(t *op.Task) {
	o.transpose(t)
	for r := t.Lo; r < t.Hi; r++ {
		grad := func(i int) []float32 {
			if t.InGrad[o.inputs[i]].IsNil() {
				return nil
			}
			return t.InGrad[o.inputs[i]].Row(r)
		}
		o.backward(t, r, t.OutGrad.Row(r), attentionRow{query: grad(0), key: grad(1), value: grad(2)})
	}
}

func (o multiHead) Gradient(t *op.Task, weight int, block op.Block, grad tensor.Rows[float32]) {
	in := [3]tensor.Rows[float32]{t.In[0], t.In[o.inputs[1]], t.In[o.inputs[2]]}
	o.gradient(t, weight, in, t.OutGrad, block, grad)
}
