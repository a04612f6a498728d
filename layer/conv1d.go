package layer

import (
	"braid"
	"braid/op"
)

// Conv1D slides a window over a sequence. Each filter is a weighted sum of the numbers under the
// window: Keras' Conv1D, a cross-correlation.
//
//	in   [batch, steps, channels]
//	out  [batch, positions, Filters]
//
// The kernel [Size, channels / Groups, Filters] starts Glorot-uniform, the bias [Filters] at zero,
// as in Keras. With several Groups, the filters of a group read only its channels.
type Conv1D struct {
	Filters    int              `json:"filters"`           // channels of the output; required
	Size       int              `json:"size"`              // of the window, in steps; required
	Strides    int              `json:"strides,omitzero"`  // 0 means 1
	Dilation   int              `json:"dilation,omitzero"` // distance of the taps; 0 means 1
	Groups     int              `json:"groups,omitzero"`   // 0 means 1
	Padding    Padding          `json:"padding,omitzero"`
	Activation braid.Activation `json:"activation,omitzero"`
	NoBias     bool             `json:"no_bias,omitzero"`
	Frozen     bool             `json:"frozen,omitzero"` // kernel and bias are not trained
	Kernel     Weight           `json:"kernel,omitzero"`
	Bias       Weight           `json:"bias,omitzero"`
}

// Kind is "Conv1D".
func (Conv1D) Kind() string { return "Conv1D" }

// Build declares kernel and bias.
func (l Conv1D) Build(b *braid.Builder) (op.Op, error) {
	in, err := wantSteps(b)
	if err != nil {
		return nil, err
	}
	if err := l.Padding.check(len(paddingNames.List)); err != nil {
		return nil, err
	}
	steps, err := newAxis(in[0], l.Size, orOne(l.Strides), orOne(l.Dilation), l.Padding)
	if err != nil {
		return nil, err
	}
	b.Output(steps.out, l.Filters)
	b.Activate(l.Activation)
	if l.Frozen {
		b.Freeze()
	}
	o := conv{
		window: window{point, steps}, channels: in[1], filters: l.Filters, groups: orOne(l.Groups),
	}
	return o.build(b, []int{l.Size}, l.Kernel, l.Bias, l.NoBias)
}
