package layer

import (
	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// GlobalAveragePooling2D takes the mean of each channel of an image: Keras' GlobalAveragePooling2D.
//
//	in   [batch, height, width, channels]
//	out  [batch, channels], or [batch, 1, 1, channels] with KeepDims
type GlobalAveragePooling2D struct {
	KeepDims bool `json:"keep_dims,omitzero"`
}

// Kind is "GlobalAveragePooling2D".
func (GlobalAveragePooling2D) Kind() string { return "GlobalAveragePooling2D" }

// Build declares the output.
func (l GlobalAveragePooling2D) Build(b *braid.Builder) (op.Op, error) {
	in, err := wantImage(b)
	if err != nil {
		return nil, err
	}
	return newGlobalAverage(b, in, l.KeepDims), nil
}

// GlobalAveragePooling1D takes the mean of each channel of a sequence: Keras'
// GlobalAveragePooling1D. Steps with mask 0 do not count; a row without any other step gives 0.
//
//	in   [batch, steps, channels], and optionally a mask [batch, steps] of 0 and 1
//	out  [batch, channels], or [batch, 1, channels] with KeepDims
type GlobalAveragePooling1D struct {
	KeepDims bool `json:"keep_dims,omitzero"`
}

// Kind is "GlobalAveragePooling1D".
func (GlobalAveragePooling1D) Kind() string { return "GlobalAveragePooling1D" }

// Build declares the output.
func (l GlobalAveragePooling1D) Build(b *braid.Builder) (op.Op, error) {
	in, masked, err := wantMaskedSteps(b)
	if err != nil {
		return nil, err
	}
	o := newGlobalAverage(b, in, l.KeepDims)
	o.masked = masked
	return o, nil
}

// globalAverage takes the mean over all positions of a row.
type globalAverage struct {
	positions, channels int
	masked              bool
	weights             int // scratch: of each position
	grad                int // scratch: [channels]
}

func newGlobalAverage(b *braid.Builder, in tensor.Shape, keepDims bool) globalAverage {
	b.Output(pooled(in, keepDims)...)
	channels := in[len(in)-1]
	positions := in.Size() / channels
	return globalAverage{
		positions: positions, channels: channels, weights: b.Scratch(positions),
		grad: b.Scratch(channels),
	}
}

// pooled returns the shape of an output with one position.
func pooled(in tensor.Shape, keepDims bool) []int {
	channels := in[len(in)-1]
	if !keepDims {
		return []int{channels}
	}
	shape := make([]int, len(in))
	for i := range shape {
		shape[i] = 1
	}
	shape[len(in)-1] = channels
	return shape
}

// share returns 1 / the number of positions that count in a row, and the weight of each position: 0
// or 1.
func (o globalAverage) share(t *op.Task, row int) (share float32, weights []float32) {
	if !o.masked {
		weights = t.Scratch[o.weights]
		kernel.Default().Spread(weights, one)
		return 1 / float32(o.positions), weights
	}
	weights = t.In[1].Row(row)
	var count float32
	for _, v := range weights {
		count += v
	}
	return 1 / max(count, 1), weights
}

var one = []float32{1}

func (o globalAverage) Forward(t *op.Task) {
	k := kernel.Default()
	for r := t.Lo; r < t.Hi; r++ {
		share, weights := o.share(t, r)
		out := t.Out.Row(r)
		k.MulLanes(kernel.Product{
			Rows: 1, Columns: o.channels, Inner: o.positions, Fresh: true,
			C: out, A: weights, ACol: 1, B: t.In[0].Row(r), BRow: o.channels,
		})
		k.Scale(out, out, share)
	}
}

func (o globalAverage) Backward(t *op.Task) {
	if t.InGrad[0].IsNil() {
		return
	}
	k, d := kernel.Default(), t.Scratch[o.grad]
	for r := t.Lo; r < t.Hi; r++ {
		share, weights := o.share(t, r)
		k.Scale(d, t.OutGrad.Row(r), share)
		k.MulLanes(kernel.Product{
			Rows: o.positions, Columns: o.channels, Inner: 1,
			C: t.InGrad[0].Row(r), CRow: o.channels, A: weights, ARow: 1, B: d,
		})
	}
}
