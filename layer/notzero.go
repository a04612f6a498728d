package layer

import (
	"braid"
	"braid/op"
	"braid/tensor"
)

// NotZero is 1 where an id is not 0, and 0 elsewhere: the mask of a sequence padded with 0, as
// Keras' Embedding computes it with mask_zero. It is an optional last input of LSTM, GRU, SimpleRNN
// and Bidirectional.
//
//	in   [batch, steps] of int32
//	out  [batch, steps]
type NotZero struct{}

// Kind is "NotZero".
func (NotZero) Kind() string { return "NotZero" }

// Build checks the input.
func (NotZero) Build(b *braid.Builder) (op.Op, error) {
	if err := b.Want(1, tensor.Int32); err != nil {
		return nil, err
	}
	b.Output(b.Shape(0)...)
	return notZero{}, nil
}

type notZero struct{}

func (notZero) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		out := t.Out.Row(r)
		for i, id := range t.IDs[0].Row(r) {
			out[i] = 1
			if id == 0 {
				out[i] = 0
			}
		}
	}
}

// Backward does nothing: ids have no gradient.
func (notZero) Backward(*op.Task) {}
