package layer

import (
	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// ModalityDropout sets all numbers of a row to 0 with probability Rate in training, and leaves the
// other rows as they are. Over the features of one of several inputs, it teaches a network to do
// without that input: Neverova and others, "ModDrop: adaptive multi-modal gesture recognition",
// 2016. In evaluation and prediction it changes nothing. Which rows become 0 depends on the seed,
// the step and the example, but not on the number of workers.
//
//	in   [batch, ...]
//	out  [batch, ...]
type ModalityDropout struct {
	Rate float64 `json:"rate"` // from 0, which does nothing, up to, not including, 1
}

// Kind is "ModalityDropout".
func (ModalityDropout) Kind() string { return "ModalityDropout" }

// Build checks the rate.
func (l ModalityDropout) Build(b *braid.Builder) (op.Op, error) {
	if err := checkRate("Rate", l.Rate); err != nil {
		return nil, err
	}
	if err := b.Want(1, tensor.Float32); err != nil {
		return nil, err
	}
	b.Output(b.Shape(0)...)
	b.Random()
	return modalityDropout{float32(l.Rate), b.Save(1)}, nil
}

type modalityDropout struct {
	rate float32
	kept int // saved: 1 if the row is kept, or 0
}

func (o modalityDropout) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		out := t.Out.Row(r)
		copy(out, t.In[0].Row(r))
		if !t.Train {
			continue
		}
		kept := t.Saved[o.kept].Row(r)
		kept[0] = 1
		if t.Random.Row(r).Unit(0) < o.rate {
			kept[0] = 0
			clear(out)
		}
	}
}

func (o modalityDropout) Backward(t *op.Task) {
	for r := t.Lo; r < t.Hi && !t.InGrad[0].IsNil(); r++ {
		if t.Saved[o.kept].Row(r)[0] != 0 {
			kernel.Default().Add(t.InGrad[0].Row(r), t.OutGrad.Row(r))
		}
	}
}
