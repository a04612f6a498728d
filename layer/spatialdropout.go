package layer

import (
	"fmt"

	"braid"
	"braid/op"
	"braid/tensor"
)

// SpatialDropout1D is Dropout of whole channels: in training it sets all steps of a channel to 0
// with probability Rate, and multiplies the others by 1/(1 - Rate). Neighbouring steps are much
// alike, so that dropping single numbers regularizes little: Tompson and others, "Efficient object
// localization using convolutional networks", 2015.
//
//	in   [batch, steps, channels]
//	out  [batch, steps, channels]
type SpatialDropout1D struct {
	Rate float64 `json:"rate"` // from 0, which does nothing, up to, not including, 1
}

// Kind is "SpatialDropout1D".
func (SpatialDropout1D) Kind() string { return "SpatialDropout1D" }

// Build checks the rate and the input.
func (l SpatialDropout1D) Build(b *braid.Builder) (op.Op, error) {
	return buildSpatialDropout(b, l.Rate, "[steps channels]", 2)
}

// SpatialDropout2D is SpatialDropout1D for images: it drops whole channels.
//
//	in   [batch, height, width, channels]
//	out  [batch, height, width, channels]
type SpatialDropout2D struct {
	Rate float64 `json:"rate"` // from 0, which does nothing, up to, not including, 1
}

// Kind is "SpatialDropout2D".
func (SpatialDropout2D) Kind() string { return "SpatialDropout2D" }

// Build checks the rate and the input.
func (l SpatialDropout2D) Build(b *braid.Builder) (op.Op, error) {
	return buildSpatialDropout(b, l.Rate, "[height width channels]", 3)
}

func buildSpatialDropout(
	b *braid.Builder, rate float64, want string, axes int,
) (op.Op, error) {
	if err := checkRate("Rate", rate); err != nil {
		return nil, err
	}
	if err := b.Want(1, tensor.Float32); err != nil {
		return nil, err
	}
	shape := b.Shape(0)
	if len(shape) != axes {
		return nil, fmt.Errorf("input has shape %v a row, want %s", shape, want)
	}
	channels := shape[axes-1]
	b.Output(shape...)
	b.Random()
	return spatialDropout{newDropping(rate), channels, b.Save(channels)}, nil
}

type spatialDropout struct {
	dropping
	channels int
	factors  int // saved: [channels]
}

func (o spatialDropout) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		in, out := t.In[0].Row(r), t.Out.Row(r)
		copy(out, in)
		if !t.Train {
			continue
		}
		factors := t.Saved[o.factors].Row(r)
		o.draw(factors, t.Random.Row(r), 0)
		for ; len(out) > 0; out = out[o.channels:] {
			timesOther(out[:o.channels], nil, factors)
		}
	}
}

func (o spatialDropout) Backward(t *op.Task) {
	for r := t.Lo; r < t.Hi && !t.InGrad[0].IsNil(); r++ {
		grad, d, factors := t.InGrad[0].Row(r), t.OutGrad.Row(r), t.Saved[o.factors].Row(r)
		for ; len(d) > 0; grad, d = grad[o.channels:], d[o.channels:] {
			addProduct(grad[:o.channels], d[:o.channels], factors)
		}
	}
}
