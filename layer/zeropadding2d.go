package layer

import (
	"fmt"
	"math"

	"braid"
	"braid/internal/kernel"
	"braid/op"
)

// ZeroPadding2D puts zeros around an image: Keras' ZeroPadding2D.
//
//	in   [batch, height, width, channels]
//	out  [batch, top + height + bottom, left + width + right, channels]
type ZeroPadding2D struct {
	// Padding is {{top, bottom}, {left, right}}. The zero value means 1 on every side.
	Padding Sides `json:"padding,omitzero"`
}

// Kind is "ZeroPadding2D".
func (ZeroPadding2D) Kind() string { return "ZeroPadding2D" }

// Build declares the output.
func (l ZeroPadding2D) Build(b *braid.Builder) (op.Op, error) {
	in, err := wantImage(b)
	if err != nil {
		return nil, err
	}
	p := l.Padding
	if p == (Sides{}) {
		p = Sides{{1, 1}, {1, 1}}
	}
	for _, side := range []int{p[0][0], p[0][1], p[1][0], p[1][1]} {
		if side < 0 || side > math.MaxInt32 {
			return nil, fmt.Errorf("Padding = %v, want 0 to %d on each side", p, math.MaxInt32)
		}
	}
	width := p[1][0] + in[1] + p[1][1]
	b.Output(p[0][0]+in[0]+p[0][1], width, in[2])
	return zeroPadding{
		height: in[0], line: in[1] * in[2], wide: width * in[2],
		first: (p[0][0]*width + p[1][0]) * in[2],
	}, nil
}

// zeroPadding moves height lines of numbers to lines that are wide numbers long.
type zeroPadding struct {
	height, line, wide int
	first              int // index of the first line in the output
}

func (o zeroPadding) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		in, out := t.In[0].Row(r), t.Out.Row(r)
		clear(out)
		for i := range o.height {
			copy(out[o.first+i*o.wide:], in[i*o.line:][:o.line])
		}
	}
}

func (o zeroPadding) Backward(t *op.Task) {
	for r := t.Lo; r < t.Hi && !t.InGrad[0].IsNil(); r++ {
		grad, d := t.InGrad[0].Row(r), t.OutGrad.Row(r)
		for i := range o.height {
			kernel.Default().Add(grad[i*o.line:][:o.line], d[o.first+i*o.wide:][:o.line])
		}
	}
}
