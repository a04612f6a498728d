package layer

import (
	"braid"
	"braid/internal/kernel"
	"braid/op"
)

// combination is a function of several numbers and its derivative.
type combination struct {
	// fold combines out, the function of the inputs so far, with the next input.
	fold func(out, in []float32)
	// before and after multiply d by a factor of the derivative with respect to x: the one that comes
	// from another input, which precedes x or follows it.
	before, after func(d, x, other []float32)
}

// The combinations. Among equal inputs the first is the highest and the lowest.
var (
	product = combination{foldProduct, timesOther, timesOther}
	highest = combination{
		fold:   foldMax,
		before: func(d, x, other []float32) { keepAbove(d, x, other) },
		after:  func(d, x, other []float32) { keepFrom(d, x, other) },
	}
	lowest = combination{
		fold:   foldMin,
		before: func(d, x, other []float32) { keepAbove(d, other, x) },
		after:  func(d, x, other []float32) { keepFrom(d, other, x) },
	}
)

func foldProduct(out, in []float32) { timesOther(out, nil, in) }

func timesOther(d, _, other []float32) { kernel.Default().Mul(d, d, other) }

func foldMax(out, in []float32) {
	out = out[:len(in)]
	for i, v := range in {
		out[i] = max(out[i], v)
	}
}

func foldMin(out, in []float32) {
	out = out[:len(in)]
	for i, v := range in {
		out[i] = min(out[i], v)
	}
}

// keepAbove sets d to 0 unless high > low.
func keepAbove(d, high, low []float32) {
	high, low = high[:len(d)], low[:len(d)]
	for i := range d {
		if !(high[i] > low[i]) {
			d[i] = 0
		}
	}
}

// keepFrom sets d to 0 unless high >= low.
func keepFrom(d, high, low []float32) {
	high, low = high[:len(d)], low[:len(d)]
	for i := range d {
		if !(high[i] >= low[i]) {
			d[i] = 0
		}
	}
}

// buildFold returns the op of Multiply, Maximum and Minimum.
func buildFold(b *braid.Builder, c combination) (op.Op, error) {
	from, err := broadcastInputs(b)
	if err != nil {
		return nil, err
	}
	o := fold{combination: c, from: from}
	for _, index := range from {
		o.width = max(o.width, len(index))
	}
	if o.width == 0 {
		o.width = b.Shape(0).Size()
	}
	o.scratch = b.Scratch((len(from) + 1) * o.width)
	return o, nil
}

// fold combines its inputs, one after the other.
type fold struct {
	combination
	from    [][]int // by input: see broadcast
	width   int     // of the output
	scratch int     // [inputs + 1, width]: the inputs that are broadcast, a gradient
}

func (o fold) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		out := t.Out.Row(r)
		copy(out, o.input(t, 0, r))
		for i := 1; i < len(o.from); i++ {
			o.fold(out, o.input(t, i, r))
		}
	}
}

func (o fold) Backward(t *op.Task) {
	slope := t.Scratch[o.scratch][len(o.from)*o.width:]
	for r := t.Lo; r < t.Hi; r++ {
		for i := range o.from {
			o.input(t, i, r)
		}
		for i, from := range o.from {
			if t.InGrad[i].IsNil() {
				continue
			}
			copy(slope, t.OutGrad.Row(r))
			o.slope(t, slope, i, r)
			grad := t.InGrad[i].Row(r)
			if from == nil {
				kernel.Default().Add(grad, slope)
				continue
			}
			for j, at := range from {
				grad[at] += slope[j]
			}
		}
	}
}

// slope multiplies d by the derivative with respect to an input. The broadcast inputs are in the
// scratch.
func (o fold) slope(t *op.Task, d []float32, input, row int) {
	x := o.broadcasted(t, input, row)
	for i := range o.from {
		switch {
		case i < input:
			o.before(d, x, o.broadcasted(t, i, row))
		case i > input:
			o.after(d, x, o.broadcasted(t, i, row))
		}
	}
}

// input returns an input's row in the output's shape. It broadcasts to the scratch.
func (o fold) input(t *op.Task, i, row int) []float32 {
	x := o.broadcasted(t, i, row)
	in := t.In[i].Row(row)
	for j, at := range o.from[i] {
		x[j] = in[at]
	}
	return x
}

// broadcasted returns the row that an earlier call of input returned.
func (o fold) broadcasted(t *op.Task, i, row int) []float32 {
	if o.from[i] == nil {
		return t.In[i].Row(row)
	}
	return t.Scratch[o.scratch][i*o.width:][:o.width]
}
