package layer

import (
	"fmt"
	"math"

	"braid"
	"braid/internal/kernel"
	"braid/op"
)

// UpSampling2D repeats each pixel of an image: Keras' UpSampling2D with the nearest pixel.
//
//	in   [batch, height, width, channels]
//	out  [batch, height × Size[0], width × Size[1], channels]
type UpSampling2D struct {
	Size Pair `json:"size,omitzero"` // copies of each pixel along height and width; 0 means 2
}

// Kind is "UpSampling2D".
func (UpSampling2D) Kind() string { return "UpSampling2D" }

// Build declares the output.
func (l UpSampling2D) Build(b *braid.Builder) (op.Op, error) {
	in, err := wantImage(b)
	if err != nil {
		return nil, err
	}
	size := l.Size.or(Pair{2, 2})
	for i, n := range size {
		if n < 1 || n > math.MaxInt32/in[i] {
			return nil, fmt.Errorf("Size = %v, want 1 or more, and at most %d pixels along an axis",
				l.Size, math.MaxInt32)
		}
	}
	b.Output(in[0]*size[0], in[1]*size[1], in[2])
	return upSampling{size, in[0], in[1], in[2]}, nil
}

type upSampling struct {
	size                    Pair
	height, width, channels int
}

func (o upSampling) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		in, out := t.In[0].Row(r), t.Out.Row(r)
		o.each(func(pixel, copied int) {
			copy(out[copied:][:o.channels], in[pixel:])
		})
	}
}

func (o upSampling) Backward(t *op.Task) {
	add := kernel.Default().Add
	for r := t.Lo; r < t.Hi && !t.InGrad[0].IsNil(); r++ {
		grad, d := t.InGrad[0].Row(r), t.OutGrad.Row(r)
		o.each(func(pixel, copied int) {
			add(grad[pixel:][:o.channels], d[copied:][:o.channels])
		})
	}
}

// each calls work for each pixel of the output, in order, with the indices of the pixel in the
// input and of its copy in the output.
func (o upSampling) each(work func(pixel, copied int)) {
	copied := 0
	for i := range o.height * o.size[0] {
		for j := range o.width * o.size[1] {
			work((i/o.size[0]*o.width+j/o.size[1])*o.channels, copied)
			copied += o.channels
		}
	}
}
