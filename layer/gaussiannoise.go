package layer

import (
	"fmt"
	"math"

	"braid"
	"braid/internal/kernel"
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
	Stddev float64 `json:"stddev"` // 0 or more; 0 does nothing
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
	return noise{deviation: float32(l.Stddev), scratch: b.Scratch(4 * noisePairs)}, nil
}

// noise has the gradient of the identity.
type noise struct {
	identity
	deviation float32
	scratch   int // [4, noisePairs]
}

func (o noise) Forward(t *op.Task) {
	o.identity.Forward(t)
	for r := t.Lo; r < t.Hi && t.Train; r++ {
		o.add(t.Out.Row(r), t.Random.Row(r), t.Scratch[o.scratch])
	}
}

// noisePairs is the number of pairs whose logarithms are computed at a time.
const noisePairs = 256

// add adds noise to a row by Marsaglia's polar method: a point (x, y) in the unit circle gives two
// independent normal numbers. Pair p tries points p, p + pairs, p + 2 pairs and so on.
func (o noise) add(out []float32, draws op.Draws, tmp []float32) {
	pairs := (len(out) + 1) / 2
	for first := 0; first < pairs; first += noisePairs {
		n := min(noisePairs, pairs-first)
		x, y := tmp[:n], tmp[noisePairs:][:n]
		squares, logs := tmp[2*noisePairs:][:n], tmp[3*noisePairs:][:n]
		for i := range n {
			for at := uint64(first + i); ; at += uint64(pairs) {
				bits := draws.Bits(at)
				x[i], y[i] = centred(bits>>40), centred(bits>>16&(1<<24-1))
				squares[i] = float32(x[i]*x[i]) + float32(y[i]*y[i])
				if squares[i] < 1 && squares[i] > 0 {
					break
				}
			}
		}
		kernel.Default().Log(logs, squares)
		for i, square := range squares {
			factor := o.deviation * float32(math.Sqrt(float64(-2*logs[i]/square)))
			at := 2 * (first + i)
			out[at] += float32(x[i] * factor)
			if at+1 < len(out) {
				out[at+1] += float32(y[i] * factor)
			}
		}
	}
}

// centred turns 24 random bits into a number in [-1, 1).
func centred(bits uint64) float32 { return float32(float32(bits)*(2.0/(1<<24))) - 1 }
