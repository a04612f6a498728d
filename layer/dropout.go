package layer

import (
	"fmt"

	"braid"
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
	Rate float64 `json:"rate"` // from 0 up to, not including, 1
}

// Kind is "Dropout".
func (Dropout) Kind() string { return "Dropout" }

// Build checks the rate.
func (l Dropout) Build(b *braid.Builder) (op.Op, error) {
	if !(l.Rate >= 0 && l.Rate < 1) {
		return nil, fmt.Errorf("Rate = %v, want 0 or more, and below 1", l.Rate)
	}
	if err := b.Want(1, tensor.Float32); err != nil {
		return nil, err
	}
	b.Output(b.Shape(0)...)
	b.Random()
	return dropout{float32(l.Rate), float32(1 / (1 - l.Rate)), b.Save(b.Shape(0).Size())}, nil
}

type dropout struct {
	rate, keep float32
	factors    int // saved: 0 or keep for each number
}

func (o dropout) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		in, out := t.In[0].Row(r), t.Out.Row(r)
		if !t.Train {
			copy(out, in)
			continue
		}
		draws, factors := t.Random.Row(r), t.Saved[o.factors].Row(r)
		for i, v := range in {
			factors[i] = o.keep
			if draws.Unit(uint64(i)) < o.rate {
				factors[i] = 0
			}
			out[i] = v * factors[i]
		}
	}
}

func (o dropout) Backward(t *op.Task) {
	if t.InGrad[0].IsNil() {
		return
	}
	for r := t.Lo; r < t.Hi; r++ {
		grad, factors := t.InGrad[0].Row(r), t.Saved[o.factors].Row(r)
		for i, d := range t.OutGrad.Row(r) {
			grad[i] += float32(d * factors[i])
		}
	}
}
