package layer

import (
	"fmt"
	"math"

	"braid"
	"braid/op"
	"braid/tensor"
)

// DepthwiseConv2D slides a window over each channel of an image by itself: Keras' DepthwiseConv2D.
// Output channel c·DepthMultiplier + q is a weighted sum of input channel c.
//
//	in   [batch, height, width, channels]
//	out  [batch, height of the positions, width of the positions, channels × DepthMultiplier]
//
// The kernel [height, width, channels, DepthMultiplier] starts Glorot-uniform, the bias
// [channels × DepthMultiplier] at zero, as in Keras.
type DepthwiseConv2D struct {
	Size            Pair             `json:"size"`                      // of the window; required
	DepthMultiplier int              `json:"depth_multiplier,omitzero"` // per channel; 0 means 1
	Strides         Pair             `json:"strides,omitzero"`          // 0 means 1
	Dilation        Pair             `json:"dilation,omitzero"`         // between taps; 0 means 1
	Padding         Padding          `json:"padding,omitzero"`
	Activation      braid.Activation `json:"activation,omitzero"`
	NoBias          bool             `json:"no_bias,omitzero"`
	Frozen          bool             `json:"frozen,omitzero"` // kernel and bias are not trained
	Kernel          Weight           `json:"kernel,omitzero"`
	Bias            Weight           `json:"bias,omitzero"`
}

// Kind is "DepthwiseConv2D".
func (DepthwiseConv2D) Kind() string { return "DepthwiseConv2D" }

// Build declares kernel and bias.
func (l DepthwiseConv2D) Build(b *braid.Builder) (op.Op, error) {
	in, err := wantImage(b)
	if err != nil {
		return nil, err
	}
	one := Pair{1, 1}
	w, err := newWindow(in, l.Size, l.Strides.or(one), l.Dilation.or(one), l.Padding)
	if err != nil {
		return nil, err
	}
	o := depthwise{window: w, channels: in[2], multiplier: orOne(l.DepthMultiplier)}
	if o.multiplier < 1 || o.multiplier > math.MaxInt32/o.channels {
		return nil, fmt.Errorf("DepthMultiplier = %d, want 1 to %d", l.DepthMultiplier,
			math.MaxInt32/o.channels)
	}
	shape := tensor.Shape{l.Size[0], l.Size[1], o.channels, o.multiplier}
	if err := shape.Check(); err != nil {
		return nil, fmt.Errorf("kernel: %w", err)
	}
	b.Output(w.height.out, w.width.out, o.outputs())
	var failed error
	b.Weight("kernel", l.Kernel.initializer(&failed, "Kernel", glorotUniform), shape...)
	bias := l.Bias.biasInitializer(&failed, l.NoBias, zeros)
	if o.bias = !l.NoBias; o.bias {
		b.Weight("bias", bias, o.outputs())
	}
	if l.Frozen {
		b.Freeze()
	}
	b.Activate(l.Activation)
	o.taps = b.Scratch(shape.Size())
	if o.multiplier > 1 {
		o.spread = b.Scratch(in.Size() * o.multiplier)
	}
	return o, failed
}
