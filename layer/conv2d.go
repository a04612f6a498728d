package layer

import (
	"braid"
	"braid/op"
)

// Conv2D slides a window over an image. Each filter is a weighted sum of the numbers under the
// window: Keras' Conv2D, a cross-correlation.
//
//	in   [batch, height, width, channels]
//	out  [batch, height of the positions, width of the positions, Filters]
//
// The kernel [height, width, channels / Groups, Filters] starts Glorot-uniform, the bias [Filters]
// at zero, as in Keras. With several Groups, the filters of a group read only its channels.
type Conv2D struct {
	Filters    int              `json:"filters"`           // channels of the output; required
	Size       Pair             `json:"size"`              // of the window; required
	Strides    Pair             `json:"strides,omitzero"`  // 0 means 1
	Dilation   Pair             `json:"dilation,omitzero"` // distance of the taps; 0 means 1
	Groups     int              `json:"groups,omitzero"`   // 0 means 1
	Padding    Padding          `json:"padding,omitzero"`
	Activation braid.Activation `json:"activation,omitzero"`
	NoBias     bool             `json:"no_bias,omitzero"`
	Frozen     bool             `json:"frozen,omitzero"` // kernel and bias are not trained
	Kernel     Weight           `json:"kernel,omitzero"`
	Bias       Weight           `json:"bias,omitzero"`
}

// Kind is "Conv2D".
func (Conv2D) Kind() string { return "Conv2D" }

// Build declares kernel and bias.
func (l Conv2D) Build(b *braid.Builder) (op.Op, error) {
	in, err := wantImage(b)
	if err != nil {
		return nil, err
	}
	one := Pair{1, 1}
	w, err := newWindow(in, l.Size, l.Strides.or(one), l.Dilation.or(one), l.Padding)
	if err != nil {
		return nil, err
	}
	b.Output(w.height.out, w.width.out, l.Filters)
	b.Activate(l.Activation)
	if l.Frozen {
		b.Freeze()
	}
	o := conv{window: w, channels: in[2], filters: l.Filters, groups: orOne(l.Groups)}
	return o.build(b, l.Size[:], l.Kernel, l.Bias, l.NoBias)
}

// orOne returns n, or 1 in place of 0.
func orOne(n int) int {
	if n == 0 {
		return 1
	}
	return n
}
