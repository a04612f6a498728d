package layer

import (
	"braid"
	"braid/internal/kernel"
	"braid/op"
)

// buildWeightedSum returns the op of Add, Subtract and Average; factor returns an input's weight in
// the sum.
func buildWeightedSum(b *braid.Builder, factor func(input int) float32) (op.Op, error) {
	from, err := broadcastInputs(b)
	o := weightedSum{from: from}
	for i := range b.Inputs() {
		o.factors = append(o.factors, factor(i))
	}
	return o, err
}

// weightedSum adds its inputs, each times a factor.
type weightedSum struct {
	from    [][]int // by input: see broadcast
	factors []float32
}

func (o weightedSum) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		out := t.Out.Row(r)
		if o.from[0] != nil || o.factors[0] != 1 {
			clear(out)
		}
		for i, from := range o.from {
			in, factor := t.In[i].Row(r), o.factors[i]
			switch {
			case from == nil && factor == 1 && i == 0:
				copy(out, in)
			case from == nil && factor == 1:
				kernel.Default().Add(out, in)
			case from == nil:
				addScaled(out, in, factor)
			default:
				for j, at := range from {
					out[j] += float32(factor * in[at])
				}
			}
		}
	}
}

// GradientWriting returns that the gradient of an input that is added as it is can be that of the
// output.
func (o weightedSum) GradientWriting(input int) op.Writing {
	if o.from[input] == nil && o.factors[input] == 1 {
		return op.InPlace
	}
	return op.Adds
}

func (o weightedSum) Backward(t *op.Task) {
	for i, from := range o.from {
		factor := o.factors[i]
		if t.Fresh[i] && &t.InGrad[i].Data[0] == &t.OutGrad.Data[0] {
			continue
		}
		for r := t.Lo; r < t.Hi && !t.InGrad[i].IsNil(); r++ {
			grad, d := t.InGrad[i].Row(r), t.OutGrad.Row(r)
			switch {
			case t.Fresh[i]:
				copy(grad, d)
			case from == nil && factor == 1:
				kernel.Default().Add(grad, d)
			case from == nil:
				addScaled(grad, d, factor)
			default:
				for j, at := range from {
					grad[at] += float32(factor * d[j])
				}
			}
		}
	}
}

// addScaled adds factor x to y.
func addScaled(y, x []float32, factor float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += float32(factor * v)
	}
}
