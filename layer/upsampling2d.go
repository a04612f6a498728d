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
	o := upSampling{size, in[0], in[1], in[2], make([]float32, in[2])}
	kernel.Default().Spread(o.ones, one)
	return o, nil
}

type upSampling struct {
	size                    Pair
	height, width, channels int
	ones                    []float32 // [channels]
}

func (o upSampling) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		in, out := t.In[0].Row(r), t.Out.Row(r)
		for range o.height {
			line := out[:o.line()]
			for to := line; len(to) > 0; in = in[o.channels:] {
				for range o.size[1] {
					copy(to[:o.channels], in)
					to = to[o.channels:]
				}
			}
			for range o.size[0] - 1 {
				out = out[len(line):]
				copy(out, line)
			}
			out = out[len(line):]
		}
	}
}

// line returns the length of a line of the output.
func (o upSampling) line() int { return o.width * o.size[1] * o.channels }

// Backward adds the copies of a pixel in their order.
func (o upSampling) Backward(t *op.Task) {
	for r := t.Lo; r < t.Hi && !t.InGrad[0].IsNil(); r++ {
		grad, d := t.InGrad[0].Row(r), t.OutGrad.Row(r)
		for i := range o.height * o.size[0] {
			to, from := grad[i/o.size[0]*o.width*o.channels:], d[i*o.line():]
			for j := range o.size[1] {
				kernel.Default().MulRows(kernel.RowProducts{
					Rows: o.width, Width: o.channels, Y: to, YRow: o.channels,
					X: from[j*o.channels:], XRow: o.size[1] * o.channels, W: o.ones,
				})
			}
		}
	}
}
