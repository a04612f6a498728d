package layer

import (
	"fmt"
	"math"

	"braid"
	"braid/op"
)

// BatchNormalization normalizes each channel of the last axis by its mean and variance over the
// batch: Ioffe and Szegedy, 2015, with Keras' defaults. Evaluation and prediction use moving
// averages of mean and variance.
//
//	in    [batch, ..., channels], and optionally a mask [batch, ...] of 0 and 1
//	out   [batch, ..., channels]
//
//	out = Gamma (in - mean) / sqrt(variance + Epsilon) + Beta
//
// The variance is biased: the mean of squared deviations. Gamma and the moving variance start at 1,
// beta and the moving mean at 0. Positions with mask 0 do not count in mean and variance, but are
// normalized like the others.
type BatchNormalization struct {
	Momentum *float64 `json:"momentum,omitzero"`  // of the moving averages; nil means 0.99
	Epsilon  float64  `json:"epsilon,omitzero"`   // 0 means 0.001
	NoCenter bool     `json:"no_center,omitzero"` // without beta
	NoScale  bool     `json:"no_scale,omitzero"`  // without gamma

	// Frozen keeps gamma, beta and the moving averages as they are. Training then normalizes by
	// the moving averages.
	Frozen bool `json:"frozen,omitzero"`
}

// Kind is "BatchNormalization".
func (BatchNormalization) Kind() string { return "BatchNormalization" }

// Build declares gamma, beta and the moving averages.
func (l BatchNormalization) Build(b *braid.Builder) (op.Op, error) {
	masked, err := wantOptionalMask(b)
	if err != nil {
		return nil, err
	}
	shape := b.Shape(0)
	if len(shape) == 0 {
		return nil, fmt.Errorf("the input is a single number per row, want a last axis of channels")
	}
	o := batchNorm{
		positionSums: sumPositions(shape), gamma: -1, beta: -1, momentum: 0.99, epsilon: 1e-3,
		masked: masked,
	}
	if masked && !b.Shape(1).Equal(shape[:len(shape)-1]) && b.Shape(1).Size() != o.positions {
		return nil, fmt.Errorf("the mask has shape %v, want %v", b.Shape(1), shape[:len(shape)-1])
	}
	if l.Momentum != nil {
		o.momentum = float32(*l.Momentum)
	}
	if l.Epsilon != 0 {
		o.epsilon = float32(l.Epsilon)
	}
	if !(o.momentum >= 0 && o.momentum <= 1) {
		return nil, fmt.Errorf("Momentum = %v, want 0 to 1", o.momentum)
	}
	if !(o.epsilon > 0 && o.epsilon < float32(math.Inf(1))) {
		return nil, fmt.Errorf("Epsilon = %v, want a finite number above 0", l.Epsilon)
	}
	b.Output(shape...)
	if !l.NoScale {
		o.gamma = b.Weight("gamma", constant(1), o.channels)
	}
	if !l.NoCenter {
		o.beta = b.Weight("beta", zeros, o.channels)
	}
	b.State("moving_mean", zeros, o.channels)
	b.State("moving_variance", constant(1), o.channels)
	o.slots = b.Scratch(slotCount * o.width)
	if l.Frozen {
		b.Freeze()
		return fixedNorm{o}, nil
	}
	return coupledNorm{fixedNorm{o}}, nil
}
