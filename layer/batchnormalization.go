package layer

import (
	"fmt"
	"math"

	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// BatchNormalization normalizes each channel of the last axis by its mean and variance over the
// batch: Ioffe and Szegedy, 2015, with Keras' defaults. Evaluation and prediction use moving
// averages of mean and variance.
//
//	in    [batch, ..., channels], and optionally a mask [batch, ...] of 0 and 1
//	out   [batch, ..., channels]
//
//	out = Gamma (in - mean) / sqrt(variance + Epsilon) + Beta
//
// The variance is biased: the mean of squared deviations. Gamma and the moving variance start at 1,
// beta and the moving mean at 0. Positions with mask 0 do not count in mean and variance, but are
// normalized like the others.
type BatchNormalization struct {
	Momentum *float64 `json:"momentum,omitzero"`  // of the moving averages; nil means 0.99
	Epsilon  float64  `json:"epsilon,omitzero"`   // 0 means 0.001
	NoCenter bool     `json:"no_center,omitzero"` // without beta
	NoScale  bool     `json:"no_scale,omitzero"`  // without gamma

	// Frozen keeps gamma, beta and the moving averages as they are. Training then normalizes by
	// the moving averages.
	Frozen bool `json:"frozen,omitzero"`
}

// Kind is "BatchNormalization".
func (BatchNormalization) Kind() string { return "BatchNormalization" }

// Build declares gamma, beta and the moving averages.
func (l BatchNormalization) Build(b *braid.Builder) (op.Op, error) {
	masked, err := wantOptionalMask(b)
	if err != nil {
		return nil, err
	}
	shape := b.Shape(0)
	if len(shape) == 0 {
		return nil, fmt.Errorf("the input is a single number per row, want a last axis of channels")
	}
	o := batchNorm{
		channels: shape[len(shape)-1], positions: shape[:len(shape)-1].Size(), gamma: -1, beta: -1,
		momentum: 0.99, epsilon: 1e-3, masked: masked,
	}
	if masked && !b.Shape(1).Equal(shape[:len(shape)-1]) && b.Shape(1).Size() != o.positions {
		return nil, fmt.Errorf("the mask has shape %v, want %v", b.Shape(1), shape[:len(shape)-1])
	}
	if l.Momentum != nil {
		o.momentum = float32(*l.Momentum)
	}
	if l.Epsilon != 0 {
		o.epsilon = float32(l.Epsilon)
	}
	if !(o.momentum >= 0 && o.momentum <= 1) {
		return nil, fmt.Errorf("Momentum = %v, want 0 to 1", o.momentum)
	}
	if !(o.epsilon > 0 && o.epsilon < float32(math.Inf(1))) {
		return nil, fmt.Errorf("Epsilon = %v, want a finite number above 0", l.Epsilon)
	}
	b.Output(shape...)
	if !l.NoScale {
		o.gamma = b.Weight("gamma", constant(1), o.channels)
	}
	if !l.NoCenter {
		o.beta = b.Weight("beta", zeros, o.channels)
	}
	b.State("moving_mean", zeros, o.channels)
	b.State("moving_variance", constant(1), o.channels)
	o.factors = b.Scratch(3 * o.channels)
	if l.Frozen {
		b.Freeze()
		return fixedNorm{o}, nil
	}
	return coupledNorm{fixedNorm{o}}, nil
}

// batchNorm holds the fields of both ops of the layer.
type batchNorm struct {
	channels, positions int // positions of a row
	gamma, beta         int // weights; -1 for none
	momentum, epsilon   float32
	masked              bool
	factors             int // scratch: [3, channels]: mean, inverse, slopes
}

// fixedNorm normalizes by the moving averages, which are constants in its gradient.
type fixedNorm struct{ batchNorm }

// coupledNorm normalizes by the batch's statistics in training.
type coupledNorm struct{ fixedNorm }

// statistics returns the mean of each channel and 1 / sqrt(variance + Epsilon).
func (o batchNorm) statistics(t *op.Task) (mean, inverse []float32) {
	c := o.channels
	mean, inverse = t.Scratch[o.factors][:c], t.Scratch[o.factors][c:2*c]
	if t.Sums == nil {
		copy(mean, t.State[0])
	} else {
		copy(mean, t.Sums[1:])
	}
	for i := range inverse {
		inverse[i] = 1 / float32(math.Sqrt(float64(o.variance(t, i)+o.epsilon)))
	}
	return mean, inverse
}

// variance returns the variance of a channel: of the batch in training, else the moving average.
func (o batchNorm) variance(t *op.Task, channel int) float32 {
	if t.Sums == nil {
		return t.State[1][channel]
	}
	return t.Sums[1+o.channels+channel] / max(t.Sums[0], 1)
}

func (o fixedNorm) Forward(t *op.Task) {
	mean, inverse := o.statistics(t)
	gamma, beta := o.weight(t, o.gamma), o.weight(t, o.beta)
	for r := t.Lo; r < t.Hi; r++ {
		in, out := t.In[0].Row(r), t.Out.Row(r)
		for ; len(in) > 0; in, out = in[o.channels:], out[o.channels:] {
			y, x := out[:o.channels], in[:o.channels]
			if gamma != nil && beta != nil {
				normalizeScaled(y, x, mean, inverse, gamma, beta)
				continue
			}
			normalizeEach(y, x, mean, inverse)
			if gamma != nil {
				timesOther(y, nil, gamma)
			}
			if beta != nil {
				kernel.Default().Add(y, beta)
			}
		}
	}
}

// weight returns gamma or beta, or nil if there is none.
func (o batchNorm) weight(t *op.Task, weight int) []float32 {
	if weight < 0 {
		return nil
	}
	return t.Weights[weight].Data[:o.channels]
}

// normalizeEach computes y = (x - mean) inverse for each channel.
func normalizeEach(y, x, mean, inverse []float32) {
	y, mean, inverse = y[:len(x)], mean[:len(x)], inverse[:len(x)]
	for i, v := range x {
		y[i] = (v - mean[i]) * inverse[i]
	}
}

// normalizeScaled computes y = (x - mean) inverse gamma + beta for each channel.
func normalizeScaled(y, x, mean, inverse, gamma, beta []float32) {
	y, mean, inverse = y[:len(x)], mean[:len(x)], inverse[:len(x)]
	gamma, beta = gamma[:len(x)], beta[:len(x)]
	for i, v := range x {
		normalized := float32((v - mean[i]) * inverse[i])
		y[i] = float32(normalized*gamma[i]) + beta[i]
	}
}

func (o fixedNorm) Backward(t *op.Task) {
	if t.InGrad[0].IsNil() {
		return
	}
	slopes := o.slopes(t)
	for r := t.Lo; r < t.Hi; r++ {
		grad, d := t.InGrad[0].Row(r), t.OutGrad.Row(r)
		for ; len(d) > 0; grad, d = grad[o.channels:], d[o.channels:] {
			addProduct(grad[:o.channels], d[:o.channels], slopes)
		}
	}
}

// slopes returns gamma / sqrt(variance + Epsilon) of each channel, and writes what statistics
// writes.
func (o batchNorm) slopes(t *op.Task) []float32 {
	_, inverse := o.statistics(t)
	slopes := t.Scratch[o.factors][2*o.channels:]
	copy(slopes, inverse)
	if o.gamma >= 0 {
		timesOther(slopes, nil, o.weight(t, o.gamma))
	}
	return slopes
}

// Gradient sums d·(in - mean)·inverse for gamma, d for beta.
func (o fixedNorm) Gradient(t *op.Task, weight int, block op.Block, grad tensor.Rows[float32]) {
	mean, inverse := o.statistics(t)
	mean, inverse = mean[block.ColumnLo:], inverse[block.ColumnLo:]
	to := grad.Row(0)
	clear(to)
	for r := t.Lo; r < t.Hi; r++ {
		in, d := t.In[0].Row(r), t.OutGrad.Row(r)
		for at := block.ColumnLo; at < len(d); at += o.channels {
			if weight == o.gamma {
				addNormalized(to, d[at:], in[at:], mean, inverse)
			} else {
				kernel.Default().Add(to, d[at:][:len(to)])
			}
		}
	}
}

// GradientProducts returns the positions, which all use every number of the weights.
func (o batchNorm) GradientProducts(int) int { return o.positions }

// addNormalized adds d (x - mean) inverse of each channel to sums.
func addNormalized(sums, d, x, mean, inverse []float32) {
	d, x, mean, inverse = d[:len(sums)], x[:len(sums)], mean[:len(sums)], inverse[:len(sums)]
	for i, v := range d {
		sums[i] += float32(v * float32((x[i]-mean[i])*inverse[i]))
	}
}

// Widths returns the lengths of ForwardSums (count, means, sums of squared deviations) and of
// BackwardSums (sums of d, sums of d·normalized).
func (o coupledNorm) Widths() (forward, backward int) { return 1 + 2*o.channels, 2 * o.channels }

// ForwardSums computes the count, the means, and the sums of squared deviations from the means.
func (o coupledNorm) ForwardSums(t *op.Task, sums []float32) {
	clear(sums)
	mean, squares := sums[1:1+o.channels], sums[1+o.channels:]
	o.each(t, func(x []float32) {
		sums[0]++
		kernel.Default().Add(mean, x)
	})
	if sums[0] == 0 {
		return
	}
	for i := range mean {
		mean[i] /= sums[0]
	}
	o.each(t, func(x []float32) { addSquares(squares, x, mean) })
}

// addSquares adds (x - mean)² of each channel to sums.
func addSquares(sums, x, mean []float32) {
	sums, mean = sums[:len(x)], mean[:len(x)]
	for i, v := range x {
		d := v - mean[i]
		sums[i] += float32(d * d)
	}
}

// each calls work with the channels of each position that is not masked.
func (o coupledNorm) each(t *op.Task, work func(x []float32)) {
	for r := t.Lo; r < t.Hi; r++ {
		x := t.In[0].Row(r)
		for p := range o.positions {
			if !o.masked || t.In[1].Row(r)[p] != 0 {
				work(x[p*o.channels:][:o.channels])
			}
		}
	}
}

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

// BackwardSums computes the sums of d and of d times the normalized input over all positions:
// masked positions are normalized by the same statistics.
func (o coupledNorm) BackwardSums(t *op.Task, sums []float32) {
	clear(sums)
	mean, inverse := o.statistics(t)
	c := o.channels
	for r := t.Lo; r < t.Hi; r++ {
		in, d := t.In[0].Row(r), t.OutGrad.Row(r)
		for ; len(d) > 0; in, d = in[c:], d[c:] {
			kernel.Default().Add(sums[:c], d[:c])
			addNormalized(sums[c:], d, in, mean, inverse)
		}
	}
}

// Backward includes the gradient through mean and variance.
func (o coupledNorm) Backward(t *op.Task) {
	if t.InGrad[0].IsNil() {
		return
	}
	mean, inverse := o.statistics(t)
	slopes, c := o.slopes(t), o.channels
	for r := t.Lo; r < t.Hi; r++ {
		in, grad, d := t.In[0].Row(r), t.InGrad[0].Row(r), t.OutGrad.Row(r)
		for p := range o.positions {
			lo, hi := p*c, (p+1)*c
			if o.masked && t.In[1].Row(r)[p] == 0 {
				addProduct(grad[lo:hi], d[lo:hi], slopes)
			} else {
				o.addSlopes(t, grad[lo:hi], d[lo:hi], in[lo:hi], mean, inverse, slopes)
			}
		}
	}
}

// addSlopes is Backward for the channels of one position.
func (o coupledNorm) addSlopes(t *op.Task, grad, d, x, mean, inverse, slopes []float32) {
	n := max(t.Sums[0], 1)
	grad, d, mean, inverse = grad[:len(x)], d[:len(x)], mean[:len(x)], inverse[:len(x)]
	slopes, sums, products := slopes[:len(x)], t.GradSums[:len(x)], t.GradSums[len(x):][:len(x)]
	for i, v := range x {
		normalized := float32((v - mean[i]) * inverse[i])
		through := (sums[i] + float32(normalized*products[i])) / n
		grad[i] += float32((d[i] - through) * slopes[i])
	}
}
