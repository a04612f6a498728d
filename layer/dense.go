package layer

import (
	"fmt"

	"braid"
	"braid/tensor"
)

// Dense is a full connection: activation(x kernel + bias), along the last axis.
//
//	in   [batch, ..., features]
//	out  [batch, ..., Units]
//
// The kernel [features, Units] starts Glorot-uniform, the bias [Units] at zero, as in Keras.
type Dense struct {
	Units      int        // width of the output; required
	Activation Activation `json:",omitzero"`
	NoBias     bool       `json:",omitzero"`
}

// Kind is "Dense".
func (Dense) Kind() string { return "Dense" }

// Build declares kernel and bias.
func (l Dense) Build(b *braid.Builder) (braid.Op, error) {
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
	op := dense{steps: outer.Size(), features: shape[len(shape)-1], units: l.Units}
	op.transposed = sumsInLanes(op.features, op.units)
	b.Output(append(append(tensor.Shape(nil), outer...), l.Units)...)
	if op.transposed {
		b.TransposedWeight("kernel", glorotUniform, op.features, op.units)
	} else {
		b.Weight("kernel", glorotUniform, op.features, op.units)
	}
	if !l.NoBias {
		op.bias = true
		b.Weight("bias", zeros, l.Units)
	}
	b.Activate(l.Activation)
	return op, nil
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
	return cost(units, features) < cost(features, units)
}

// dense computes with a kernel stored [units][features] if transposed, else [features][units].
type dense struct {
	steps, features, units int
	transposed, bias       bool
}

func (o dense) Forward(t *braid.Task) { o.ForwardColumns(t, braid.Span{Lo: 0, Hi: o.units}) }

func (o dense) ForwardColumns(t *braid.Task, columns braid.Span) {
	if columns.Lo == columns.Hi {
		return
	}
	o.each(t, func(row, rows int) {
		in, out := o.matrix(t.In[0], row, o.features), o.matrix(t.Out, row, o.units).Columns(columns.Lo, columns.Hi)
		if o.bias {
			fillRows(out, rows, t.Weights[1].Data[columns.Lo:columns.Hi])
		}
		w := t.Weights[0]
		if o.transposed {
			multiplyDots(t.Kernels, o.bias, rows, out, in, lowered(w, columns.Lo))
		} else {
			multiplyLanes(t.Kernels, o.bias, rows, out, in, w.Columns(columns.Lo, columns.Hi))
		}
	})
}

func (o dense) Backward(t *braid.Task) {
	if t.InGrad[0].IsNil() {
		return
	}
	wanted := t.Wanted[0]
	if o.steps > 1 {
		wanted = braid.Span{Lo: 0, Hi: o.features}
	}
	o.BackwardColumns(t, wanted)
}

func (o dense) BackwardColumns(t *braid.Task, columns braid.Span) {
	if columns.Lo == columns.Hi {
		return
	}
	w := t.Weights[0]
	o.each(t, func(row, rows int) {
		in := o.matrix(t.InGrad[0], row, o.features).Columns(columns.Lo, columns.Hi)
		out := o.matrix(t.OutGrad, row, o.units)
		if o.transposed {
			multiplyLanes(t.Kernels, true, rows, in, out, w.Columns(columns.Lo, columns.Hi))
		} else {
			multiplyDots(t.Kernels, true, rows, in, out, lowered(w, columns.Lo))
		}
	})
}

func (o dense) Gradient(t *braid.Task, weight int, block braid.Block, grad tensor.Rows[float32]) {
	o.each(t, func(row, rows int) {
		in, out, add := o.matrix(t.In[0], row, o.features), o.matrix(t.OutGrad, row, o.units), row > t.Lo
		switch {
		case weight == 1:
			sumRows(t.Kernels, add, rows, out, block, grad)
		case o.transposed:
			sumOuter(t.Kernels, add, rows, out, in, block, grad)
		default:
			sumOuter(t.Kernels, add, rows, in, out, block, grad)
		}
	})
}

// Reads is the columns that lie along the block, where a row is one step.
func (o dense) Reads(_, weight int, block braid.Block) braid.Span {
	switch {
	case weight == 1:
		return braid.Span{}
	case o.steps > 1:
		return braid.Span{Lo: 0, Hi: o.steps * o.features}
	case o.transposed:
		return braid.Span{Lo: block.ColumnLo, Hi: block.ColumnHi}
	}
	return braid.Span{Lo: block.RowLo, Hi: block.RowHi}
}

// each calls work on the task's rows as one matrix, where each row has one step or the steps of all
// rows lie evenly, else on the steps of each row: from a batch row on, so many rows of the matrix.
func (o dense) each(t *braid.Task, work func(row, rows int)) {
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
