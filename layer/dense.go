package layer

import (
	"fmt"
	"math"

	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// Dense computes activation(in kernel + bias) along the last axis.
//
//	in   [batch, ..., features]
//	out  [batch, ..., Units]
//
// The kernel [features, Units] starts Glorot-uniform, the bias [Units] at zero, as in Keras.
type Dense struct {
	Units      int              `json:"units"` // width of the output; required
	Activation braid.Activation `json:"activation,omitzero"`
	NoBias     bool             `json:"no_bias,omitzero"`
	Frozen     bool             `json:"frozen,omitzero"` // kernel and bias are not trained
	Kernel     Weight           `json:"kernel,omitzero"`
	Bias       Weight           `json:"bias,omitzero"`
}

// Kind is "Dense".
func (Dense) Kind() string { return "Dense" }

// Build declares kernel and bias.
func (l Dense) Build(b *braid.Builder) (op.Op, error) {
	if l.Units < 1 {
		return nil, fmt.Errorf("Units = %d, want 1 or more", l.Units)
	}
	if err := b.Want(1, tensor.Float32); err != nil {
		return nil, err
	}
	shape := b.Shape(0)
	if len(shape) == 0 {
		return nil, fmt.Errorf("the input is a single number a row, want a last axis")
	}
	outer := shape[:len(shape)-1]
	o := dense{steps: outer.Size(), features: shape[len(shape)-1], units: l.Units}
	o.transposed = sumsInLanes(o.features, o.units)
	o.splits = o.countSplits()
	b.Output(append(append(tensor.Shape(nil), outer...), l.Units)...)
	var failed error
	kernel := l.Kernel.initializer(&failed, "Kernel", glorotUniform)
	bias := l.Bias.biasInitializer(&failed, l.NoBias, zeros)
	if o.transposed {
		b.TransposedWeight("kernel", kernel, o.features, o.units, o.spans()...)
	} else {
		b.Weight("kernel", kernel, o.features, o.units)
	}
	if l.Frozen {
		b.Freeze()
	}
	if !l.NoBias {
		o.bias = true
		b.Weight("bias", bias, l.Units)
	}
	b.Activate(l.Activation)
	return o, failed
}

// sumsInLanes reports whether the kernel is stored as [units][features], so that the forward
// product sums along vector lanes. It does if forward and backward product together then waste
// fewer lanes than with [features][units].
func sumsInLanes(features, units int) bool {
	const lanes, folding = 16, 2 // folding: cost of the final fold of a sum, in vectors
	vectors := func(n int) int { return (n + lanes - 1) / lanes }
	// outputs are summed along lanes and folded; inputs are summed one to a lane.
	cost := func(outputs, inputs int) int {
		return outputs*(vectors(inputs)+folding) + outputs*vectors(inputs)
	}
	return cost(units, features) <= cost(features, units)
}

// countSplits returns the number of splits of the summed axis for split-K: a power of two, because
// most numbers of workers are, with splits long enough that their folds cost little.
func (o dense) countSplits() int {
	const minFeatures, maxSplits = 256, 16
	splits := 1
	for o.transposed && splits < maxSplits && o.features >= 2*splits*minFeatures {
		splits *= 2
	}
	return splits
}

// dense stores its kernel as [units][features] if transposed, with one matrix for each split of the
// features, else as [features][units].
type dense struct {
	steps, features, units int
	transposed, bias       bool
	splits                 int // of the summed axis
}

func (o dense) Forward(t *op.Task) {
	o.each(t, func(row, rows int) {
		in, out := o.matrix(t.In[0], row, o.features), o.matrix(t.Out, row, o.units)
		if !o.transposed {
			var bias []float32
			if o.bias {
				bias = t.Weights[1].Data
			}
			multiplyBias(rows, out, in, t.Weights[0], bias)
			return
		}
		if o.bias {
			fillRows(out, rows, t.Weights[o.splits].Data)
		}
		for i := range o.splits {
			p := o.split(i)
			op.MultiplyTransposed(o.bias || i > 0, rows, out, in.Columns(p.Lo, p.Hi), t.Weights[i])
		}
	})
}

// split returns the columns of split i of the summed axis. All splits but the last are multiples of
// the vector width.
func (o dense) split(i int) op.Span {
	const lanes = 16
	vectors := (o.features + lanes - 1) / lanes
	bound := func(i int) int { return min((vectors*i+o.splits-1)/o.splits*lanes, o.features) }
	return op.Span{Lo: bound(i), Hi: bound(i + 1)}
}

func (o dense) spans() []op.Span {
	var spans []op.Span
	for i := range o.splits {
		spans = append(spans, o.split(i))
	}
	return spans
}

// kernelBlock turns a block of one split into a block of the kernel [units][features].
func (o dense) kernelBlock(b op.Block) op.Block {
	first := o.split(b.Matrix).Lo
	return op.Block{
		RowLo: b.RowLo, RowHi: b.RowHi,
		ColumnLo: b.ColumnLo + first, ColumnHi: b.ColumnHi + first,
	}
}

// Splits returns the splits of the summed axis, or nil if a row has several steps.
func (o dense) Splits() []op.Span {
	if o.steps > 1 {
		return nil
	}
	return o.spans()
}

// minusZero is the neutral element of addition: x + -0 is x, also for -0.
var minusZero = []float32{float32(math.Copysign(0, -1))}

func (o dense) ForwardPartial(t *op.Task, split int, out tensor.Rows[float32]) {
	p, rows := o.split(split), t.Hi-t.Lo
	term := out.Skip(t.Lo)
	kernel.Default().Spread(term.Data[:rows*term.Stride], minusZero)
	in := t.In[0].Skip(t.Lo).Columns(p.Lo, p.Hi)
	op.MultiplyTransposed(true, rows, term, in, t.Weights[split])
}

func (o dense) ForwardSum(t *op.Task, partials []tensor.Rows[float32]) {
	out := t.Out.Skip(t.Lo)
	if o.bias {
		fillRows(out, t.Hi-t.Lo, t.Weights[o.splits].Data)
	} else {
		clearRows(out, t.Hi-t.Lo)
	}
	for _, term := range partials {
		tensor.EachRow(t.Out, term, t.Lo, t.Hi, kernel.Default().Add)
	}
}

func (o dense) Backward(t *op.Task) {
	if t.InGrad[0].IsNil() {
		return
	}
	wanted := t.Wanted[0]
	if o.steps > 1 {
		wanted = op.Span{Lo: 0, Hi: o.features}
	}
	o.BackwardColumns(t, wanted)
}

func (o dense) BackwardColumns(t *op.Task, columns op.Span) {
	if columns.Lo == columns.Hi {
		return
	}
	o.each(t, func(row, rows int) {
		in := o.matrix(t.InGrad[0], row, o.features).Columns(columns.Lo, columns.Hi)
		out := o.matrix(t.OutGrad, row, o.units)
		if o.transposed {
			for i := range o.splits {
				p := o.split(i)
				if lo, hi := max(columns.Lo, p.Lo), min(columns.Hi, p.Hi); lo < hi {
					op.Multiply(true, rows, in.Columns(lo-columns.Lo, hi-columns.Lo), out,
						t.Weights[i].Columns(lo-p.Lo, hi-p.Lo))
				}
			}
		} else {
			op.MultiplyTransposed(true, rows, in, out, t.Weights[0].Skip(columns.Lo))
		}
	})
}

func (o dense) Gradient(t *op.Task, weight int, block op.Block, grad tensor.Rows[float32]) {
	o.each(t, func(row, rows int) {
		in, out := o.matrix(t.In[0], row, o.features), o.matrix(t.OutGrad, row, o.units)
		add := row > t.Lo
		switch {
		case weight == 1:
			op.AddRows(add, rows, out, block, grad)
		case o.transposed:
			op.AddOuter(add, rows, out, in, o.kernelBlock(block), grad)
		default:
			op.AddOuter(add, rows, in, out, block, grad)
		}
	})
}

// GradientProducts returns the steps, which all use every number of the weights.
func (o dense) GradientProducts(int) int { return o.steps }

// GradientReads returns the input columns of the block, or all columns if a row has several steps.
func (o dense) GradientReads(_, weight int, block op.Block) op.Span {
	switch {
	case weight == 1:
		return op.Span{}
	case o.steps > 1:
		return op.Span{Lo: 0, Hi: o.steps * o.features}
	case o.transposed:
		block = o.kernelBlock(block)
		return op.Span{Lo: block.ColumnLo, Hi: block.ColumnHi}
	}
	return op.Span{Lo: block.RowLo, Hi: block.RowHi}
}

// each calls work with the matrices of the task's rows: the first batch row and the number of
// matrix rows. It is one matrix if a row has one step, or if the steps of all rows have equal
// distances; else each batch row is a matrix.
func (o dense) each(t *op.Task, work func(row, rows int)) {
	even := t.In[0].Stride == o.steps*o.features && t.Out.Stride == o.steps*o.units
	if o.steps == 1 || even {
		work(t.Lo, (t.Hi-t.Lo)*o.steps)
		return
	}
	for r := t.Lo; r < t.Hi; r++ {
		work(r, o.steps)
	}
}

// matrix returns the matrix of width columns that starts at a batch row.
func (o dense) matrix(rows tensor.Rows[float32], row, width int) tensor.Rows[float32] {
	m := tensor.RowsOf(rows.From(row), width)
	if o.steps == 1 {
		m.Stride = rows.Stride
	}
	return m
}
