package layer

import (
	"fmt"
	"math"
	"slices"

	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// LayerNormalization normalizes each row over some axes: Ba, Kiros and Hinton, 2016, with Keras'
// defaults.
//
//	in   [batch, ...]
//	out  [batch, ...]
//
//	out = Gamma (in - mean) / sqrt(variance + Epsilon) + Beta
//
// Gamma, which starts at 1, and beta, which starts at 0, have the shape of the normalized axes.
type LayerNormalization struct {
	// Axes are counted as in Keras: 1 is the first after the batch, -1 the last. nil means -1.
	Axes     []int   `json:"axes,omitzero"`
	Epsilon  float64 `json:"epsilon,omitzero"`   // 0 means 0.001
	NoCenter bool    `json:"no_center,omitzero"` // without beta
	NoScale  bool    `json:"no_scale,omitzero"`  // without gamma
	Frozen   bool    `json:"frozen,omitzero"`    // gamma and beta are not trained
}

// Kind is "LayerNormalization".
func (LayerNormalization) Kind() string { return "LayerNormalization" }

// Build declares gamma and beta.
func (l LayerNormalization) Build(b *braid.Builder) (op.Op, error) {
	if err := b.Want(1, tensor.Float32); err != nil {
		return nil, err
	}
	shape := b.Shape(0)
	axes, err := normalizedAxes(l.Axes, len(shape))
	if err != nil {
		return nil, err
	}
	o := layerNorm{gamma: -1, beta: -1, epsilon: 1e-3}
	if l.Epsilon != 0 {
		o.epsilon = float32(l.Epsilon)
	}
	if !(o.epsilon > 0 && o.epsilon < float32(math.Inf(1))) {
		return nil, fmt.Errorf("Epsilon = %v, want a finite number above 0", l.Epsilon)
	}
	weights := tensor.Shape{}
	for _, a := range axes {
		weights = append(weights, shape[a])
	}
	o.width = weights.Size()
	o.groups = shape.Size() / o.width
	o.order = groupedOrder(shape, axes)
	b.Output(shape...)
	if !l.NoScale {
		o.gamma = b.Weight("gamma", constant(1), weights...)
	}
	if !l.NoCenter {
		o.beta = b.Weight("beta", zeros, weights...)
	}
	o.declareMemory(b)
	if l.Frozen {
		b.Freeze()
	}
	return o, nil
}

// normalizedAxes returns the axes of a row, from 0, in ascending order.
func normalizedAxes(given []int, count int) ([]int, error) {
	if given == nil {
		given = []int{-1}
	}
	var axes []int
	for _, a := range given {
		axis := a - 1
		if a < 0 {
			axis = count + a
		}
		if a == 0 || axis < 0 || axis >= count {
			return nil, fmt.Errorf("Axes has %d, want 1 to %d, or -%d to -1, for an input of %d axes",
				a, count, count, count)
		}
		if slices.Contains(axes, axis) {
			return nil, fmt.Errorf("Axes has axis %d twice", a)
		}
		axes = append(axes, axis)
	}
	if len(axes) == 0 {
		return nil, fmt.Errorf("Axes is empty, want one or more, or nil for the last")
	}
	slices.Sort(axes)
	return axes, nil
}

// groupedOrder returns the index in a row of element j of group g, at g*width + j. It returns nil
// if the groups are contiguous.
func groupedOrder(shape tensor.Shape, axes []int) []int {
	var outer []int
	for a := range shape {
		if !slices.Contains(axes, a) {
			outer = append(outer, a)
		}
	}
	order := permuted(shape, slices.Concat(outer, axes))
	if slices.IsSorted(order) {
		return nil
	}
	return order
}

type layerNorm struct {
	groups, width int   // a row has groups of width numbers, each normalized separately
	order         []int // see groupedOrder
	gamma, beta   int   // weights; -1 for none
	saved         int   // [groups, 2]: mean, 1 / sqrt(variance + Epsilon)
	scratch       int   // [5, width]: see the slots
	moments       int   // scratch: as saved
	epsilon       float32
}

// declareMemory declares saved memory and scratch.
func (o *layerNorm) declareMemory(b *braid.Builder) {
	o.saved, o.scratch = b.Save(2*o.groups), b.Scratch(5*o.width)
	o.moments = b.Scratch(2 * o.groups)
}

// The slots of the scratch.
const (
	gammaSlot = iota
	betaSlot
	inSlot         // a group of the input
	slopeSlot      // ∂L/∂normalized
	normalizedSlot // (in - mean) / sqrt(variance + Epsilon)
)

func (o layerNorm) slot(t *op.Task, slot int) []float32 {
	return t.Scratch[o.scratch][slot*o.width:][:o.width]
}

// group returns a group of a row. It copies the group to a slot if it is not contiguous.
func (o layerNorm) group(t *op.Task, row []float32, group, slot int) []float32 {
	if o.order == nil {
		return row[group*o.width:][:o.width]
	}
	values := o.slot(t, slot)
	for i, at := range o.order[group*o.width:][:o.width] {
		values[i] = row[at]
	}
	return values
}

// vector returns gamma or beta row-major, or nil if there is none.
func (o layerNorm) vector(t *op.Task, weight, slot int) []float32 {
	if weight < 0 {
		return nil
	}
	w := t.Weights[weight]
	if w.Width == o.width || w.Width == w.Stride {
		return w.Data[:o.width]
	}
	values := o.slot(t, slot)
	for r := range o.width / w.Width {
		copy(values[r*w.Width:], w.Row(r))
	}
	return values
}

func (o layerNorm) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		o.forward(t, r, t.Out.Row(r), t.In[0].Row(r))
	}
}

// forward computes one row of the output.
func (o layerNorm) forward(t *op.Task, r int, out, in []float32) {
	gamma, beta := o.vector(t, o.gamma, gammaSlot), o.vector(t, o.beta, betaSlot)
	moments := t.Scratch[o.moments]
	if t.Train {
		moments = t.Saved[o.saved].Row(r)
	}
	o.statistics(t, moments, in)
	for g := range o.groups {
		x, mean, inverse := o.group(t, in, g, inSlot), moments[2*g], moments[2*g+1]
		y := o.slot(t, normalizedSlot)
		if o.order == nil {
			y = out[g*o.width:][:o.width]
		}
		normalize(y, x, mean, inverse)
		if gamma != nil {
			timesOther(y, nil, gamma)
		}
		if beta != nil {
			kernel.Default().Add(y, beta)
		}
		for i := 0; o.order != nil && i < o.width; i++ {
			out[o.order[g*o.width+i]] = y[i]
		}
	}
}

// statistics writes the mean of each group and 1 / sqrt(variance + Epsilon) to moments.
func (o layerNorm) statistics(t *op.Task, moments, in []float32) {
	w, g := o.width, 0
	if o.order == nil {
		for ; g+4 <= o.groups; g += 4 {
			o.four(moments[2*g:], in[g*w:][:w], in[(g+1)*w:][:w], in[(g+2)*w:][:w], in[(g+3)*w:][:w])
		}
	}
	for ; g < o.groups; g++ {
		x := o.group(t, in, g, inSlot)
		var sum, squares float32
		for _, v := range x {
			sum += v
		}
		mean := sum / float32(w)
		for _, v := range x {
			d := v - mean
			squares += float32(d * d)
		}
		moments[2*g], moments[2*g+1] = mean, o.inverse(squares)
	}
}

// inverse returns 1 / sqrt(variance + Epsilon) for a sum of squared deviations.
func (o layerNorm) inverse(squares float32) float32 {
	return 1 / float32(math.Sqrt(float64(squares/float32(o.width)+o.epsilon)))
}

// four computes the statistics of four groups. A sum waits for each of its additions, so that four
// sums take hardly longer than one.
func (o layerNorm) four(moments, x0, x1, x2, x3 []float32) {
	x1, x2, x3 = x1[:len(x0)], x2[:len(x0)], x3[:len(x0)]
	var sum0, sum1, sum2, sum3 float32
	for i, v := range x0 {
		sum0 += v
		sum1 += x1[i]
		sum2 += x2[i]
		sum3 += x3[i]
	}
	n := float32(o.width)
	mean0, mean1, mean2, mean3 := sum0/n, sum1/n, sum2/n, sum3/n
	var squares0, squares1, squares2, squares3 float32
	for i, v := range x0 {
		d0, d1, d2, d3 := v-mean0, x1[i]-mean1, x2[i]-mean2, x3[i]-mean3
		squares0 += float32(d0 * d0)
		squares1 += float32(d1 * d1)
		squares2 += float32(d2 * d2)
		squares3 += float32(d3 * d3)
	}
	copy(moments, []float32{
		mean0, o.inverse(squares0), mean1, o.inverse(squares1),
		mean2, o.inverse(squares2), mean3, o.inverse(squares3),
	})
}

func normalize(y, x []float32, mean, inverse float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] = (v - mean) * inverse
	}
}

func (o layerNorm) Backward(t *op.Task) {
	for r := t.Lo; r < t.Hi && !t.InGrad[0].IsNil(); r++ {
		o.backward(t, r, t.InGrad[0].Row(r), t.OutGrad.Row(r), t.In[0].Row(r))
	}
}

// backward adds to the gradient of one row of the input.
func (o layerNorm) backward(t *op.Task, r int, grad, d, in []float32) {
	gamma := o.vector(t, o.gamma, gammaSlot)
	slopes, normalized := o.slot(t, slopeSlot), o.slot(t, normalizedSlot)
	for g := range o.groups {
		saved := t.Saved[o.saved].Row(r)[2*g:]
		mean, inverse := saved[0], saved[1]
		copy(slopes, o.group(t, d, g, slopeSlot))
		if gamma != nil {
			timesOther(slopes, nil, gamma)
		}
		x := o.group(t, in, g, inSlot)[:len(normalized)]
		var sum, product float32 // sums of ∂L/∂normalized, and of that times normalized
		for i, v := range slopes[:len(x)] {
			n := float32((x[i] - mean) * inverse) // while the sums wait for each other
			normalized[i] = n
			sum += v
			product += float32(v * n)
		}
		sum /= float32(o.width)
		product /= float32(o.width)
		for i, n := range normalized {
			slopes[i] = inverse * (slopes[i] - sum - float32(n*product))
		}
		if o.order == nil {
			kernel.Default().Add(grad[g*o.width:][:o.width], slopes)
			continue
		}
		for i, at := range o.order[g*o.width:][:o.width] {
			grad[at] += slopes[i]
		}
	}
}

func (o layerNorm) Gradient(t *op.Task, weight int, block op.Block, grad tensor.Rows[float32]) {
	o.gradient(t, weight, t.In[0], t.OutGrad, block, grad)
}

// GradientProducts returns the groups, which all use every number of the weights.
func (o layerNorm) GradientProducts(int) int { return o.groups }

// has reports whether a weight is gamma or beta.
func (o layerNorm) has(weight int) bool { return weight == o.gamma || weight == o.beta }

// gradient is Gradient for an input x and the output's gradient: it sums d·normalized for gamma, d
// for beta.
func (o layerNorm) gradient(
	t *op.Task, weight int, x, slopes tensor.Rows[float32], block op.Block, grad tensor.Rows[float32],
) {
	width := t.Weights[weight].Width
	for row := block.RowLo; row < block.RowHi; row++ {
		to := grad.Row(row - block.RowLo)
		clear(to)
		first := row*width + block.ColumnLo
		for r := t.Lo; r < t.Hi; r++ {
			for g := range o.groups {
				d := o.group(t, slopes.Row(r), g, slopeSlot)[first:][:len(to)]
				if weight == o.beta {
					kernel.Default().Add(to, d)
					continue
				}
				saved := t.Saved[o.saved].Row(r)[2*g:]
				normalized := o.slot(t, normalizedSlot)[:len(to)]
				normalize(normalized, o.group(t, x.Row(r), g, inSlot)[first:][:len(to)], saved[0], saved[1])
				addProduct(to, d, normalized)
			}
		}
	}
}
