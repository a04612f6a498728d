package layer

import (
	"fmt"
	"math"

	"braid"
	"braid/op"
	"braid/tensor"
)

// GaussianNoise adds numbers from the normal distribution with mean 0 and standard deviation Stddev
// in training. In evaluation and prediction it changes nothing. The numbers depend on the seed, the
// step and the example, but not on the number of workers.
//
//	in   [batch, ...]
//	out  [batch, ...]
type GaussianNoise struct {
	Stddev float64 `json:"stddev"` // 0 or more
}

// Kind is "GaussianNoise".
func (GaussianNoise) Kind() string { return "GaussianNoise" }

// Build checks the standard deviation.
func (l GaussianNoise) Build(b *braid.Builder) (op.Op, error) {
	if !(l.Stddev >= 0 && l.Stddev <= math.MaxFloat32) {
		return nil, fmt.Errorf("Stddev = %v, want a finite number of 0 or more", l.Stddev)
	}
	if err := b.Want(1, tensor.Float32); err != nil {
		return nil, err
	}
	b.Output(b.Shape(0)...)
	b.Random()
	return noise{deviation: float32(l.Stddev)}, nil
}

// noise has the gradient of the identity.
type noise struct {
	identity
	deviation float32
}

func (o noise) Forward(t *op.Task) {
	o.identity.Forward(t)
	for r := t.Lo; r < t.Hi && t.Train; r++ {
		out, draws := t.Out.Row(r), t.Random.Row(r)
		for i := range out {
			out[i] += float32(o.deviation * draws.Normal(uint64(i)))
		}
	}
}
