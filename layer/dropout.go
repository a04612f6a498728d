package layer

import (
	"fmt"
	"math"

	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// Dropout sets each number to 0 with probability Rate in training, and multiplies the others by
// 1/(1 - Rate): Srivastava and others, 2014. In evaluation and prediction it changes nothing. Which
// numbers become 0 depends on the seed, the step and the example, but not on the number of workers.
//
//	in   [batch, ...]
//	out  [batch, ...]
type Dropout struct {
	Rate float64 `json:"rate"` // from 0, which does nothing, up to, not including, 1
}

// Kind is "Dropout".
func (Dropout) Kind() string { return "Dropout" }

// Build checks the rate.
func (l Dropout) Build(b *braid.Builder) (op.Op, error) {
	if err := checkRate("Rate", l.Rate); err != nil {
		return nil, err
	}
	if err := b.Want(1, tensor.Float32); err != nil {
		return nil, err
	}
	b.Output(b.Shape(0)...)
	b.Random()
	return dropout{newDropping(l.Rate), b.Save(b.Shape(0).Size())}, nil
}

// checkRate returns an error for a rate at which nothing would be left.
func checkRate(field string, rate float64) error {
	if !(rate >= 0 && rate < 1) {
		return fmt.Errorf("%s = %v, want 0 or more, and below 1", field, rate)
	}
	return nil
}

// dropping draws the factors of dropout.
type dropping struct {
	values [2]float32 // the factor of a number that is kept, and of one that is dropped
	below  uint64     // so many of the 2^24 values of op.Draws.Unit are below the rate
}

func newDropping(rate float64) dropping {
	return dropping{[2]float32{float32(1 / (1 - rate)), 0},
		uint64(math.Ceil(float64(float32(rate)) * (1 << 24)))}
}

// draw sets each factor to 0 or 1 / (1 - rate), by the random numbers from first on. A branch by
// them could not be predicted.
func (d dropping) draw(factors []float32, draws op.Draws, first int) {
	for i := range factors {
		unit := draws.Bits(uint64(first+i)) >> 40 // times 2^24
		factors[i] = d.values[(unit-d.below)>>63]
	}
}

type dropout struct {
	dropping
	factors int // saved: 0 or keep for each number
}

func (o dropout) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		in, out := t.In[0].Row(r), t.Out.Row(r)
		if !t.Train {
			copy(out, in)
			continue
		}
		factors := t.Saved[o.factors].Row(r)
		o.draw(factors, t.Random.Row(r), 0)
		kernel.Default().Mul(out, in, factors)
	}
}

func (o dropout) Backward(t *op.Task) {
	if t.InGrad[0].IsNil() {
		return
	}
	for r := t.Lo; r < t.Hi; r++ {
		addProduct(t.InGrad[0].Row(r), t.OutGrad.Row(r), t.Saved[o.factors].Row(r))
	}
}

// addProduct adds x z to y.
func addProduct(y, x, z []float32) {
	kernel.Default().MulRows(kernel.RowProducts{Rows: 1, Width: len(x), Y: y, X: x, W: z})
}
