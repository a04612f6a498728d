package layer

import (
	"fmt"
	"math"
	"slices"

	"braid"
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
	o.saved = b.Save(2 * o.groups)
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
	order := []int{0}
	for _, a := range slices.Concat(outer, axes) {
		stride := shape[a+1:].Size()
		var next []int
		for _, at := range order {
			for i := range shape[a] {
				next = append(next, at+i*stride)
			}
		}
		order = next
	}
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
	epsilon       float32
}

// at returns the index in a row of element i of a group.
func (o layerNorm) at(group, i int) int {
	if o.order == nil {
		return group*o.width + i
	}
	return o.order[group*o.width+i]
}

func (o layerNorm) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		in, out := t.In[0].Row(r), t.Out.Row(r)
		for g := range o.groups {
			mean, inverse := o.statistics(in, g)
			if t.Train {
				saved := t.Saved[o.saved].Row(r)[2*g:]
				saved[0], saved[1] = mean, inverse
			}
			for i := range o.width {
				at := o.at(g, i)
				y := float32((in[at] - mean) * inverse)
				if o.gamma >= 0 {
					y *= o.weight(t, o.gamma, i)
				}
				if o.beta >= 0 {
					y += o.weight(t, o.beta, i)
				}
				out[at] = y
			}
		}
	}
}

// weight returns element i of a weight, row-major.
func (o layerNorm) weight(t *op.Task, weight, i int) float32 {
	w := t.Weights[weight]
	return w.Row(i / w.Width)[i%w.Width]
}

// statistics returns the mean of a group and 1 / sqrt(variance + Epsilon).
func (o layerNorm) statistics(in []float32, group int) (mean, inverse float32) {
	var sum, squares float32
	for i := range o.width {
		sum += in[o.at(group, i)]
	}
	mean = sum / float32(o.width)
	for i := range o.width {
		d := in[o.at(group, i)] - mean
		squares += float32(d * d)
	}
	return mean, 1 / float32(math.Sqrt(float64(squares/float32(o.width)+o.epsilon)))
}

func (o layerNorm) Backward(t *op.Task) {
	if t.InGrad[0].IsNil() {
		return
	}
	for r := t.Lo; r < t.Hi; r++ {
		in, d, grad := t.In[0].Row(r), t.OutGrad.Row(r), t.InGrad[0].Row(r)
		for g := range o.groups {
			saved := t.Saved[o.saved].Row(r)[2*g:]
			mean, inverse := saved[0], saved[1]
			var sum, product float32 // sums of ∂L/∂normalized, and of that times normalized
			for i := range o.width {
				at := o.at(g, i)
				dn := o.scaled(t, d[at], i)
				sum += dn
				product += float32(dn * float32((in[at]-mean)*inverse))
			}
			sum /= float32(o.width)
			product /= float32(o.width)
			for i := range o.width {
				at := o.at(g, i)
				normalized := float32((in[at] - mean) * inverse)
				grad[at] += float32(inverse * (o.scaled(t, d[at], i) - sum - float32(normalized*product)))
			}
		}
	}
}

// scaled returns d times element i of gamma.
func (o layerNorm) scaled(t *op.Task, d float32, i int) float32 {
	if o.gamma < 0 {
		return d
	}
	return float32(d * o.weight(t, o.gamma, i))
}

// Gradient sums d·normalized for gamma, d for beta.
func (o layerNorm) Gradient(t *op.Task, weight int, block op.Block, grad tensor.Rows[float32]) {
	width := t.Weights[weight].Width
	for row := block.RowLo; row < block.RowHi; row++ {
		to := grad.Row(row - block.RowLo)
		clear(to)
		for r := t.Lo; r < t.Hi; r++ {
			in, d := t.In[0].Row(r), t.OutGrad.Row(r)
			for g := range o.groups {
				saved := t.Saved[o.saved].Row(r)[2*g:]
				for j := range to {
					at := o.at(g, row*width+block.ColumnLo+j)
					if weight == o.gamma {
						to[j] += float32(d[at] * float32((in[at]-saved[0])*saved[1]))
					} else {
						to[j] += d[at]
					}
				}
			}
		}
	}
}
