package layer

import (
	"fmt"

	"braid"
	"braid/internal/kernel"
	"braid/op"
)

// Cropping2D cuts rows and columns off an image: Keras' Cropping2D.
//
//	in   [batch, height, width, channels]
//	out  [batch, height - top - bottom, width - left - right, channels]
type Cropping2D struct {
	// Cropping is {{top, bottom}, {left, right}}.
	Cropping Sides `json:"cropping,omitzero"`
}

// Kind is "Cropping2D".
func (Cropping2D) Kind() string { return "Cropping2D" }

// Build declares the output.
func (l Cropping2D) Build(b *braid.Builder) (op.Op, error) {
	in, err := wantImage(b)
	if err != nil {
		return nil, err
	}
	var out Pair
	for i, sides := range l.Cropping {
		if sides[0] < 0 || sides[1] < 0 {
			return nil, fmt.Errorf("Cropping = %v, want 0 or more on each side", l.Cropping)
		}
		if sides[0] >= in[i] || sides[1] >= in[i]-sides[0] {
			return nil, fmt.Errorf("Cropping = %v leaves nothing of an image %d high and %d wide",
				l.Cropping, in[0], in[1])
		}
		out[i] = in[i] - sides[0] - sides[1]
	}
	b.Output(out[0], out[1], in[2])
	return cropping{
		height: out[0], line: out[1] * in[2], wide: in[1] * in[2],
		first: (l.Cropping[0][0]*in[1] + l.Cropping[1][0]) * in[2],
	}, nil
}

// cropping moves height lines of numbers from lines that are wide numbers long.
type cropping struct {
	height, line, wide int
	first              int // index of the first line in the input
}

func (o cropping) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		in, out := t.In[0].Row(r), t.Out.Row(r)
		for i := range o.height {
			copy(out[i*o.line:][:o.line], in[o.first+i*o.wide:])
		}
	}
}

func (o cropping) Backward(t *op.Task) {
	for r := t.Lo; r < t.Hi && !t.InGrad[0].IsNil(); r++ {
		grad, d := t.InGrad[0].Row(r), t.OutGrad.Row(r)
		for i := range o.height {
			kernel.Default().Add(grad[o.first+i*o.wide:][:o.line], d[i*o.line:][:o.line])
		}
	}
}
