package layer

import (
	"braid"
	"braid/op"
	"braid/tensor"
)

// GlobalMaxPooling2D takes the largest number of each channel of an image: Keras'
// GlobalMaxPooling2D. The gradient goes to the first of equal numbers.
//
//	in   [batch, height, width, channels]
//	out  [batch, channels], or [batch, 1, 1, channels] with KeepDims
type GlobalMaxPooling2D struct {
	KeepDims bool `json:"keep_dims,omitzero"`
}

// Kind is "GlobalMaxPooling2D".
func (GlobalMaxPooling2D) Kind() string { return "GlobalMaxPooling2D" }

// Build declares the output.
func (l GlobalMaxPooling2D) Build(b *braid.Builder) (op.Op, error) {
	in, err := wantImage(b)
	if err != nil {
		return nil, err
	}
	return globalMax(b, in, l.KeepDims), nil
}

// GlobalMaxPooling1D takes the largest number of each channel of a sequence: Keras'
// GlobalMaxPooling1D. The gradient goes to the first of equal numbers. Steps with mask 0 do not
// count; a row without any other step gives 0, and its steps get no gradient.
//
//	in   [batch, steps, channels], and optionally a mask [batch, steps] of 0 and 1
//	out  [batch, channels], or [batch, 1, channels] with KeepDims
type GlobalMaxPooling1D struct {
	KeepDims bool `json:"keep_dims,omitzero"`
}

// Kind is "GlobalMaxPooling1D".
func (GlobalMaxPooling1D) Kind() string { return "GlobalMaxPooling1D" }

// Build declares the output.
func (l GlobalMaxPooling1D) Build(b *braid.Builder) (op.Op, error) {
	in, masked, err := wantMaskedSteps(b)
	if err != nil {
		return nil, err
	}
	o := globalMax(b, in, l.KeepDims)
	if masked {
		return maskedMax{o, b.Scratch(in[1])}, nil
	}
	return o, nil
}

// globalMax is a maxPool with one position that covers the input.
func globalMax(b *braid.Builder, in tensor.Shape, keepDims bool) maxPool {
	b.Output(pooled(in, keepDims)...)
	channels := in[len(in)-1]
	positions := in.Size() / channels
	all := axis{in: positions, out: 1, size: positions, stride: 1, dilation: 1}
	return maxPool{pool{window: window{point, all}, channels: channels}}
}

// maskedMax is a maxPool that covers the steps of a sequence whose mask is not 0.
type maskedMax struct {
	maxPool
	rest int // scratch: the gradient of each channel that no step has had
}

// steps calls step for each step of a row that counts, with its channels as a range of the row.
func (o maskedMax) steps(t *op.Task, row int, step func(lo, hi int)) {
	for i, v := range t.In[1].Row(row) {
		if v != 0 {
			step(i*o.channels, (i+1)*o.channels)
		}
	}
}

func (o maskedMax) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		in, out, first := t.In[0].Row(r), t.Out.Row(r), true
		clear(out)
		o.steps(t, r, func(lo, hi int) {
			if first {
				copy(out, in[lo:hi])
				first = false
				return
			}
			raise(out, in[lo:hi])
		})
	}
}

func (o maskedMax) Backward(t *op.Task) {
	if t.InGrad[0].IsNil() {
		return
	}
	rest := t.Scratch[o.rest]
	for r := t.Lo; r < t.Hi; r++ {
		in, grad, out := t.In[0].Row(r), t.InGrad[0].Row(r), t.Out.Row(r)
		copy(rest, t.OutGrad.Row(r))
		o.steps(t, r, func(lo, hi int) {
			addWhereEqual(grad[lo:hi], in[lo:hi], out, rest)
		})
	}
}

// raise computes y[i] = max(y[i], x[i]).
func raise(y, x []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] = max(y[i], v)
	}
}

// addWhereEqual moves rest to grad where x equals y.
func addWhereEqual(grad, x, y, rest []float32) {
	grad, y, rest = grad[:len(x)], y[:len(x)], rest[:len(x)]
	for i, v := range x {
		if v == y[i] {
			grad[i] += rest[i]
			rest[i] = 0
		}
	}
}
