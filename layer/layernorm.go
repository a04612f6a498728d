package layer

import (
	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// layerNorm is the op of LayerNormalization.
type layerNorm struct {
	groups, width int   // a row has groups of width numbers, each normalized separately
	order         []int // see groupedOrder
	gamma, beta   int   // weights; -1 for none
	saved         int   // [groups, 2]: mean, 1 / sqrt(variance + Epsilon)
	scratch       int   // see the slots
	moments       int   // scratch: as saved
	epsilon       float32
}

// declareMemory declares saved memory and scratch.
func (o *layerNorm) declareMemory(b *braid.Builder) {
	o.saved, o.moments = b.Save(2*o.groups), b.Scratch(2*o.groups)
	length := normSlots
	if o.order == nil {
		length = vectorSlots
	}
	o.scratch = b.Scratch(length * o.width)
}

// The slots of the scratch, each as wide as a group. Those from inSlot on are used if groups are
// not contiguous.
const (
	gammaSlot = iota // also sums that nobody reads
	betaSlot
	vectorSlots

	inSlot   = iota - 1 // a group of the input
	outSlot             // a group of the output, or its gradient
	gradSlot            // the gradient of a group of the input
	normSlots
)

func (o layerNorm) slot(t *op.Task, slot int) []float32 {
	return t.Scratch[o.scratch][slot*o.width:][:o.width]
}

// vector returns gamma or beta row-major, or a slot filled with a number if there is none.
func (o layerNorm) vector(t *op.Task, weight, slot int, number float32) []float32 {
	values := o.slot(t, slot)
	if weight < 0 {
		for i := range values {
			values[i] = number
		}
		return values
	}
	w := t.Weights[weight]
	if w.Width == o.width || w.Width == w.Stride {
		return w.Data[:o.width]
	}
	for r := range o.width / w.Width {
		copy(values[r*w.Width:], w.Row(r))
	}
	return values
}

// gather copies a group of a row to a slot.
func (o layerNorm) gather(t *op.Task, row []float32, group, slot int) []float32 {
	values := o.slot(t, slot)
	for i, at := range o.order[group*o.width:][:o.width] {
		values[i] = row[at]
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
	p := kernel.RowNorm{
		Rows: o.groups, Width: o.width, X: in, XRow: o.width, Y: out, YRow: o.width,
		Gamma: o.vector(t, o.gamma, gammaSlot, 1), Beta: o.vector(t, o.beta, betaSlot, 0),
		Moments: t.Scratch[o.moments], Epsilon: o.epsilon,
	}
	if t.Train {
		p.Moments = t.Saved[o.saved].Row(r)
	}
	if o.order == nil {
		kernel.Default().RowNorm(p)
		return
	}
	p.Rows, p.Y = 1, o.slot(t, outSlot)
	for g := range o.groups {
		p.X = o.gather(t, in, g, inSlot)
		kernel.Default().RowNorm(p)
		p.Moments = p.Moments[2:]
		for i, at := range o.order[g*o.width:][:o.width] {
			out[at] = p.Y[i]
		}
	}
}

func (o layerNorm) Backward(t *op.Task) {
	for r := t.Lo; r < t.Hi && !t.InGrad[0].IsNil(); r++ {
		o.backward(t, r, t.InGrad[0].Row(r), t.OutGrad.Row(r), t.In[0].Row(r))
	}
}

// backward adds to the gradient of one row of the input.
func (o layerNorm) backward(t *op.Task, r int, grad, d, in []float32) {
	p := kernel.RowNorm{
		Rows: o.groups, Width: o.width, X: in, XRow: o.width, D: d, DRow: o.width,
		Grad: grad, GradRow: o.width, Moments: t.Saved[o.saved].Row(r),
		Gamma: o.vector(t, o.gamma, gammaSlot, 1),
	}
	if o.order == nil {
		kernel.Default().RowNormBack(p)
		return
	}
	p.Rows, p.Grad = 1, o.slot(t, gradSlot)
	for g := range o.groups {
		p.X, p.D = o.gather(t, in, g, inSlot), o.gather(t, d, g, outSlot)
		clear(p.Grad)
		kernel.Default().RowNormBack(p)
		p.Moments = p.Moments[2:]
		for i, at := range o.order[g*o.width:][:o.width] {
			grad[at] += p.Grad[i]
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
		columns := op.Span{Lo: row*width + block.ColumnLo}
		columns.Hi = columns.Lo + len(to)
		for r := t.Lo; r < t.Hi; r++ {
			p := kernel.ColumnSums{
				Rows: o.groups, XRow: o.width, DRow: o.width, Moments: t.Saved[o.saved].Row(r),
			}
			if o.order == nil {
				p.X, p.D = x.Row(r), slopes.Row(r)
				o.addGradient(t, weight, columns, to, p)
				continue
			}
			p.Rows = 1
			for g := range o.groups {
				p.X, p.D = o.gather(t, x.Row(r), g, inSlot), o.gather(t, slopes.Row(r), g, outSlot)
				o.addGradient(t, weight, columns, to, p)
				p.Moments = p.Moments[2:]
			}
		}
	}
}

// addGradient adds the gradient of some columns of gamma or beta over groups: of p.X, and of the
// output's gradient p.D.
func (o layerNorm) addGradient(
	t *op.Task, weight int, columns op.Span, to []float32, p kernel.ColumnSums,
) {
	if weight == o.beta {
		d := tensor.Rows[float32]{Data: p.D, Width: o.width, Stride: p.DRow}
		block := op.Block{RowHi: 1, ColumnLo: columns.Lo, ColumnHi: columns.Hi}
		op.AddRows(true, p.Rows, d, block, tensor.RowsOf(to, len(to)))
		return
	}
	p.Width, p.X, p.D = columns.Len(), p.X[columns.Lo:], p.D[columns.Lo:]
	p.Sum, p.Product = o.slot(t, gammaSlot), to
	kernel.Default().ColumnSums(p)
}
