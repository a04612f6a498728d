package layer

import (
	"fmt"
	"math"

	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// Dense is a full connection: activation(x kernel + bias), along the last axis.
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
	o.parts = o.cut()
	b.Output(append(append(tensor.Shape(nil), outer...), l.Units)...)
	if o.transposed {
		b.TransposedWeight("kernel", glorotUniform, o.features, o.units, o.spans()...)
	} else {
		b.Weight("kernel", glorotUniform, o.features, o.units)
	}
	if l.Frozen {
		b.Freeze()
	}
	if !l.NoBias {
		o.bias = true
		b.Weight("bias", zeros, l.Units)
	}
	b.Activate(l.Activation)
	return o, nil
}

// sumsInLanes chooses the storage of a kernel: [units][features], with the summed axis of the forward
// product in vector lanes, where both products together waste fewer of them than with
// [features][units].
func sumsInLanes(features, units int) bool {
	const lanes, folding = 16, 2 // folding: what the final fold of a sum costs, in vectors
	vectors := func(n int) int { return (n + lanes - 1) / lanes }
	// outputs numbers, each a sum in the lanes, and inputs numbers, each a lane's own sum.
	cost := func(outputs, inputs int) int {
		return outputs*(vectors(inputs)+folding) + outputs*vectors(inputs)
	}
	return cost(units, features) <= cost(features, units)
}

// cut is how many parts the summed axis has, each a sum of its own, for workers to share: a power of two,
// for so are most numbers of workers, of parts so long that folding each costs little.
func (o dense) cut() int {
	const least, most = 256, 16
	parts := 1
	for o.transposed && parts < most && o.features >= 2*parts*least {
		parts *= 2
	}
	return parts
}

// dense computes with a kernel stored [units][features] if transposed, the features in parts, else
// [features][units].
type dense struct {
	steps, features, units int
	transposed, bias       bool
	parts                  int // of the summed axis
}

func (o dense) Forward(t *op.Task) { o.ForwardColumns(t, op.Span{Lo: 0, Hi: o.units}) }

func (o dense) ForwardColumns(t *op.Task, columns op.Span) {
	if columns.Lo == columns.Hi {
		return
	}
	o.each(t, func(row, rows int) {
		in, out := o.matrix(t.In[0], row, o.features), o.matrix(t.Out, row, o.units).Columns(columns.Lo, columns.Hi)
		if o.bias {
			fillRows(out, rows, t.Weights[o.parts].Data[columns.Lo:columns.Hi])
		}
		if o.transposed {
			for i := range o.parts {
				p := o.part(i)
				op.MultiplyTransposed(o.bias || i > 0, rows, out, in.Columns(p.Lo, p.Hi), lowered(t.Weights[i], columns.Lo))
			}
		} else {
			op.Multiply(o.bias, rows, out, in, t.Weights[0].Columns(columns.Lo, columns.Hi))
		}
	})
}

// part is the columns of the input in a part of the sum: whole vectors, but for the last part.
func (o dense) part(i int) op.Span {
	const lanes = 16
	vectors := (o.features + lanes - 1) / lanes
	bound := func(i int) int { return min((vectors*i+o.parts-1)/o.parts*lanes, o.features) }
	return op.Span{Lo: bound(i), Hi: bound(i + 1)}
}

func (o dense) spans() []op.Span {
	var spans []op.Span
	for i := range o.parts {
		spans = append(spans, o.part(i))
	}
	return spans
}

// whole is a block of a part of the kernel as a block of [units][features].
func (o dense) whole(b op.Block) op.Block {
	first := o.part(b.Part).Lo
	return op.Block{RowLo: b.RowLo, RowHi: b.RowHi, ColumnLo: b.ColumnLo + first, ColumnHi: b.ColumnHi + first}
}

// Splits returns the parts of the summed axis, where a row is one step.
func (o dense) Splits() []op.Span {
	if o.steps > 1 {
		return nil
	}
	return o.spans()
}

// minusZero added to any number leaves it as it is, even -0.
var minusZero = []float32{float32(math.Copysign(0, -1))}

func (o dense) ForwardPartial(t *op.Task, part int, out tensor.Rows[float32]) {
	p, rows := o.part(part), t.Hi-t.Lo
	term := lowered(out, t.Lo)
	kernel.Default().Spread(term.Data[:rows*term.Stride], minusZero)
	op.MultiplyTransposed(true, rows, term, lowered(t.In[0], t.Lo).Columns(p.Lo, p.Hi), t.Weights[part])
}

func (o dense) ForwardSum(t *op.Task, partials []tensor.Rows[float32]) {
	out := lowered(t.Out, t.Lo)
	if o.bias {
		fillRows(out, t.Hi-t.Lo, t.Weights[o.parts].Data)
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
			for i := range o.parts {
				p := o.part(i)
				if lo, hi := max(columns.Lo, p.Lo), min(columns.Hi, p.Hi); lo < hi {
					op.Multiply(true, rows, in.Columns(lo-columns.Lo, hi-columns.Lo), out,
						t.Weights[i].Columns(lo-p.Lo, hi-p.Lo))
				}
			}
		} else {
			op.MultiplyTransposed(true, rows, in, out, lowered(t.Weights[0], columns.Lo))
		}
	})
}

func (o dense) Gradient(t *op.Task, weight int, block op.Block, grad tensor.Rows[float32]) {
	o.each(t, func(row, rows int) {
		in, out, add := o.matrix(t.In[0], row, o.features), o.matrix(t.OutGrad, row, o.units), row > t.Lo
		switch {
		case weight == 1:
			op.AddRows(add, rows, out, block, grad)
		case o.transposed:
			op.AddOuter(add, rows, out, in, o.whole(block), grad)
		default:
			op.AddOuter(add, rows, in, out, block, grad)
		}
	})
}

// GradientReads returns the columns that lie along the block, where a row is one step.
func (o dense) GradientReads(_, weight int, block op.Block) op.Span {
	switch {
	case weight == 1:
		return op.Span{}
	case o.steps > 1:
		return op.Span{Lo: 0, Hi: o.steps * o.features}
	case o.transposed:
		block = o.whole(block)
		return op.Span{Lo: block.ColumnLo, Hi: block.ColumnHi}
	}
	return op.Span{Lo: block.RowLo, Hi: block.RowHi}
}

// each calls work on the task's rows as one matrix, where each row has one step or the steps of all
// rows lie evenly, else on the steps of each row: from a batch row on, so many rows of the matrix.
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

// matrix is the matrix of width columns that starts at a batch row.
func (o dense) matrix(rows tensor.Rows[float32], row, width int) tensor.Rows[float32] {
	m := tensor.Rows[float32]{Data: rows.From(row), Width: width, Stride: width}
	if o.steps == 1 {
		m.Stride = rows.Stride
	}
	return m
}
