package layer

import (
	"math"

	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// batchNorm holds the fields of both ops of BatchNormalization.
type batchNorm struct {
	positionSums
	gamma, beta       int // weights; -1 for none
	momentum, epsilon float32
	masked            bool
	slots             int // scratch: [slotCount, width]
}

// The slots of the scratch. Each has a number of each channel, for all groups of positions.
const (
	centerSlot  = iota // the mean, or near it
	scaleSlot          // of deviations from the mean
	shiftSlot          // added to the scaled deviations
	slopeSlot          // of the output's gradient
	sumSlot            // sums of a chunk
	productSlot        // sums of products of a chunk
	slotCount
)

// fixedNorm normalizes by the moving averages, which are constants in its gradient.
type fixedNorm struct{ batchNorm }

// coupledNorm normalizes by the batch's statistics in training.
type coupledNorm struct{ fixedNorm }

func (o batchNorm) slot(t *op.Task, slot int) []float32 {
	return t.Scratch[o.slots][slot*o.width:][:o.width]
}

// filled writes a number of each channel to a slot.
func (o batchNorm) filled(t *op.Task, slot int, number func(channel int) float32) []float32 {
	x := o.slot(t, slot)
	for i := range o.channels {
		x[i] = number(i)
	}
	o.spread(x)
	return x
}

// center returns the mean of each channel: of the batch in training, else the moving average.
func (o batchNorm) center(t *op.Task) []float32 {
	means := t.State[0]
	if t.Sums != nil {
		means = t.Sums[1:]
	}
	return o.filled(t, centerSlot, func(channel int) float32 { return means[channel] })
}

// variance returns the variance of a channel: of the batch in training, else the moving average.
func (o batchNorm) variance(t *op.Task, channel int) float32 {
	if t.Sums == nil {
		return t.State[1][channel]
	}
	return t.Sums[1+o.channels+channel] / max(t.Sums[0], 1)
}

// inverse returns 1 / sqrt(variance + Epsilon) of a channel.
func (o batchNorm) inverse(t *op.Task, channel int) float32 {
	return 1 / float32(math.Sqrt(float64(o.variance(t, channel)+o.epsilon)))
}

// slope returns gamma / sqrt(variance + Epsilon) of a channel.
func (o batchNorm) slope(t *op.Task, channel int) float32 {
	return o.inverse(t, channel) * o.weight(t, o.gamma, channel, 1)
}

// weight returns a number of gamma or beta, or other if there is none.
func (o batchNorm) weight(t *op.Task, weight, channel int, other float32) float32 {
	if weight < 0 {
		return other
	}
	return t.Weights[weight].Data[channel]
}

func (o fixedNorm) Forward(t *op.Task) {
	p := kernel.Affine{
		XRow: o.width, YRow: o.width, Center: o.center(t),
		Scale: o.filled(t, scaleSlot, func(channel int) float32 { return o.slope(t, channel) }),
		Shift: o.filled(t, shiftSlot, func(channel int) float32 {
			return o.weight(t, o.beta, channel, 0)
		}),
	}
	for r := t.Lo; r < t.Hi; r++ {
		in, out := t.In[0].Row(r), t.Out.Row(r)
		o.each(func(at, rows, width int) {
			p.Rows, p.Width, p.X, p.Y = rows, width, in[at:], out[at:]
			kernel.Default().Affine(p)
		})
	}
}

func (o fixedNorm) Backward(t *op.Task) {
	if t.InGrad[0].IsNil() {
		return
	}
	p := kernel.RowProducts{
		YRow: o.width, XRow: o.width,
		W: o.filled(t, slopeSlot, func(channel int) float32 { return o.slope(t, channel) }),
	}
	for r := t.Lo; r < t.Hi; r++ {
		grad, d := t.InGrad[0].Row(r), t.OutGrad.Row(r)
		o.each(func(at, rows, width int) {
			p.Rows, p.Width, p.Y, p.X = rows, width, grad[at:], d[at:]
			kernel.Default().MulRows(p)
		})
	}
}

// Gradient sums d·(in - mean)/sqrt(variance + Epsilon) for gamma, d for beta.
func (o fixedNorm) Gradient(t *op.Task, weight int, block op.Block, grad tensor.Rows[float32]) {
	sum, product := o.slopeSums(t)
	o.gradient(t, weight, block, grad.Row(0), sum, product)
}

// slopeSums returns the sums of d and of d times the deviation from the mean, over all positions.
func (o batchNorm) slopeSums(t *op.Task) (sum, product []float32) {
	p := o.cleared(t, o.center(t))
	for r := t.Lo; r < t.Hi; r++ {
		o.add(p, t.In[0].Row(r), t.OutGrad.Row(r), nil)
	}
	return o.fold(p.Sum), o.fold(p.Product)
}

// gradient writes the gradient of a block of a weight, given the sums of slopeSums.
func (o batchNorm) gradient(
	t *op.Task, weight int, block op.Block, grad, sum, product []float32,
) {
	for i := range grad {
		channel := block.ColumnLo + i
		if weight == o.beta {
			grad[i] = sum[channel]
		} else {
			grad[i] = product[channel] * o.inverse(t, channel)
		}
	}
}

// cleared returns sums that are 0.
func (o batchNorm) cleared(t *op.Task, center []float32) kernel.ColumnSums {
	p := kernel.ColumnSums{
		Center: center, Sum: o.slot(t, sumSlot), Product: o.slot(t, productSlot),
	}
	clear(p.Sum)
	clear(p.Product)
	return p
}

// Widths returns the lengths of ForwardSums (count, means, sums of squared deviations) and of
// BackwardSums (sums of d, sums of d times the deviation from the mean).
func (o coupledNorm) Widths() (forward, backward int) { return 1 + 2*o.channels, 2 * o.channels }

// mask returns the mask of a row, or nil.
func (o coupledNorm) mask(t *op.Task, row int) []float32 {
	if !o.masked {
		return nil
	}
	return t.In[1].Row(row)
}

// count returns the number of positions of a row that count.
func (o coupledNorm) count(t *op.Task, row int) float32 {
	if !o.masked {
		return float32(o.positions)
	}
	var count float32
	for _, v := range t.In[1].Row(row) {
		if v != 0 {
			count++
		}
	}
	return count
}

// ForwardSums computes the count, the means, and the sums of squared deviations from the means. It
// adds up deviations from the mean of some of the rows, and corrects the result for the difference
// of the means: Chan, Golub and LeVeque, "Algorithms for computing the sample variance", 1983.
func (o coupledNorm) ForwardSums(t *op.Task, sums []float32) {
	clear(sums)
	for r := t.Lo; r < t.Hi; r++ {
		sums[0] += o.count(t, r)
	}
	n := sums[0]
	if n == 0 {
		return
	}
	center := o.roughMean(t, n)
	sum, squares := o.sums(t, center, t.Hi-t.Lo)
	for i, s := range sum {
		d := s / n
		sums[1+i] = center[i] + d
		sums[1+o.channels+i] = max(squares[i]-float32(s*d), 0)
	}
}

// roughMean returns the mean of the first rows, which have an eighth of all n numbers of a channel:
// then its squared difference from the mean is at most seven times the variance.
func (o coupledNorm) roughMean(t *op.Task, n float32) []float32 {
	center := o.slot(t, centerSlot)
	clear(center)
	rows, count := 0, float32(0)
	for ; 8*count < n; rows++ {
		count += o.count(t, t.Lo+rows)
	}
	sum, _ := o.sums(t, center, rows)
	return o.filled(t, centerSlot, func(channel int) float32 { return sum[channel] / count })
}

// sums returns the sums of the deviations from center, and of their squares, over the first rows.
func (o coupledNorm) sums(t *op.Task, center []float32, rows int) (sum, squares []float32) {
	p := o.cleared(t, center)
	for r := t.Lo; r < t.Lo+rows; r++ {
		o.add(p, t.In[0].Row(r), nil, o.mask(t, r))
	}
	return o.fold(p.Sum), o.fold(p.Product)
}

// GradientWriting returns that Backward can work in place. A mask has no gradient.
func (o coupledNorm) GradientWriting(input int) op.Writing {
	if o.masked {
		return op.Adds
	}
	return op.InPlace
}

// GradientProducts returns 0: Gradient reads no rows.
func (o coupledNorm) GradientProducts(int) int { return 0 }

// FoldForward combines counts, means and sums of squared deviations: Chan, Golub and LeVeque,
// "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
func (o coupledNorm) FoldForward(sums, after []float32) {
	n := sums[0] + after[0]
	if n == 0 {
		return
	}
	share := after[0] / n
	for i := 1; i <= o.channels; i++ {
		d := after[i] - sums[i]
		sums[i] += float32(d * share)
		square := float32(float32(d*d) * float32(sums[0]*share))
		sums[o.channels+i] += after[o.channels+i] + square
	}
	sums[0] = n
}

// UpdateState updates the moving averages.
func (o coupledNorm) UpdateState(t *op.Task) {
	for i := range o.channels {
		t.State[0][i] = float32(t.State[0][i]*o.momentum) + float32(t.Sums[1+i]*(1-o.momentum))
		t.State[1][i] = float32(t.State[1][i]*o.momentum) + float32(o.variance(t, i)*(1-o.momentum))
	}
}

// BackwardSums computes the sums of d and of d times the deviation from the mean over all
// positions: masked positions are normalized by the same statistics.
func (o coupledNorm) BackwardSums(t *op.Task, sums []float32) {
	sum, product := o.slopeSums(t)
	copy(sums, sum)
	copy(sums[o.channels:], product)
}

// Gradient uses the sums of Backward.
func (o coupledNorm) Gradient(t *op.Task, weight int, block op.Block, grad tensor.Rows[float32]) {
	o.gradient(t, weight, block, grad.Row(0), t.GradSums, t.GradSums[o.channels:])
}

// Backward includes the gradient through mean and variance:
//
//	slope (d - (sum of d + (in - mean) / (variance + Epsilon) · sum of d (in - mean)) / n)
func (o coupledNorm) Backward(t *op.Task) {
	if t.InGrad[0].IsNil() {
		return
	}
	n := max(t.Sums[0], 1)
	p := kernel.Affine{
		XRow: o.width, YRow: o.width, DRow: o.width, Fresh: t.Fresh[0], Center: o.center(t),
		Slope: o.filled(t, slopeSlot, func(channel int) float32 { return o.slope(t, channel) }),
		Shift: o.slot(t, shiftSlot), Scale: o.slot(t, scaleSlot),
	}
	for i := range o.channels {
		inverse := o.inverse(t, i)
		p.Shift[i] = -p.Slope[i] * (t.GradSums[i] / n)
		p.Scale[i] = -p.Slope[i] * (float32(inverse*inverse) * (t.GradSums[o.channels+i] / n))
	}
	o.spread(p.Shift)
	o.spread(p.Scale)
	for r := t.Lo; r < t.Hi; r++ {
		if o.masked {
			o.backwardMasked(t, r, p)
			continue
		}
		in, grad, d := t.In[0].Row(r), t.InGrad[0].Row(r), t.OutGrad.Row(r)
		o.each(func(at, rows, width int) {
			p.Rows, p.Width, p.X, p.Y, p.D = rows, width, in[at:], grad[at:], d[at:]
			kernel.Default().Affine(p)
		})
	}
}

// backwardMasked is Backward for a row with a mask. Positions with mask 0 do not change mean and
// variance.
func (o coupledNorm) backwardMasked(t *op.Task, row int, p kernel.Affine) {
	in, grad, d := t.In[0].Row(row), t.InGrad[0].Row(row), t.OutGrad.Row(row)
	p.Rows, p.Width = 1, o.channels
	for i, counts := range o.mask(t, row) {
		at := i * o.channels
		if counts == 0 {
			kernel.Default().MulRows(kernel.RowProducts{
				Rows: 1, Width: o.channels, Y: grad[at:], X: d[at:], W: p.Slope,
			})
			continue
		}
		p.X, p.Y, p.D = in[at:], grad[at:], d[at:]
		kernel.Default().Affine(p)
	}
}
