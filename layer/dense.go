package layer

import (
	"fmt"

	"braid"
	"braid/internal/kernel"
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

// sumsInLanes chooses the storage of a kernel: [units][features], with the summed axis in vector
// lanes, where that wastes fewer of them than [features][units].
func sumsInLanes(features, units int) bool {
	const lanes, folding = 16, 2 // folding: what the final fold of a sum costs, in vectors
	vectors := func(n int) int { return (n + lanes - 1) / lanes }
	return units*(vectors(features)+folding) < features*vectors(units)
}

// dense computes with a kernel stored [units][features] if transposed, else [features][units].
type dense struct {
	steps, features, units int
	transposed, bias       bool
}

func (o dense) Forward(t *braid.Task) {
	o.spread(t, func(row, rows int, in, out []float32, inRow, outRow int) {
		for r := range rows {
			to := out[r*outRow:][:o.units]
			if o.bias {
				copy(to, t.Weights[1].Data)
			} else {
				clear(to)
			}
		}
		o.product(t, rows, out, outRow, in, inRow)
	})
}

// product adds the kernel's part of a forward pass.
func (o dense) product(t *braid.Task, rows int, out []float32, outRow int, in []float32, inRow int) {
	w := t.Weights[0]
	if o.transposed {
		t.Kernels.MulDots(kernel.Dots{
			Rows: rows, Columns: o.units, Inner: o.features,
			C: out, CRow: outRow, A: in, ARow: inRow, B: w.Data, BRow: w.Stride,
		})
		return
	}
	t.Kernels.MulLanes(kernel.Product{
		Rows: rows, Columns: o.units, Inner: o.features,
		C: out, CRow: outRow, A: in, ARow: inRow, ACol: 1, B: w.Data, BRow: w.Stride,
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
	w := t.Weights[0]
	o.spread(t, func(row, rows int, _, _ []float32, _, _ int) {
		in, inRow := o.window(t.InGrad[0], row, o.features)
		out, outRow := o.window(t.OutGrad, row, o.units)
		if o.transposed {
			t.Kernels.MulLanes(kernel.Product{
				Rows: rows, Columns: wanted.Hi - wanted.Lo, Inner: o.units,
				C: in[wanted.Lo:], CRow: inRow, A: out, ARow: outRow, ACol: 1, B: w.Data[wanted.Lo:], BRow: w.Stride,
			})
			return
		}
		t.Kernels.MulDots(kernel.Dots{
			Rows: rows, Columns: wanted.Hi - wanted.Lo, Inner: o.units,
			C: in[wanted.Lo:], CRow: inRow, A: out, ARow: outRow, B: w.From(wanted.Lo), BRow: w.Stride,
		})
	})
}

func (o dense) Gradient(t *braid.Task, weight int, block braid.Block, grad tensor.Rows[float32]) {
	width := block.ColumnHi - block.ColumnLo
	o.spread(t, func(row, rows int, in, _ []float32, inRow, _ int) {
		out, outRow := o.window(t.OutGrad, row, o.units)
		if weight == 1 {
			for r := range rows {
				t.Kernels.Add(grad.Row(0)[:width], out[r*outRow+block.ColumnLo:][:width])
			}
			return
		}
		a, aRow, b, bRow := in, inRow, out, outRow
		if o.transposed {
			a, aRow, b, bRow = out, outRow, in, inRow
		}
		t.Kernels.MulLanes(kernel.Product{
			Rows: block.RowHi - block.RowLo, Columns: width, Inner: rows,
			C: grad.Data, CRow: grad.Stride, A: a[block.RowLo:], ARow: 1, ACol: aRow,
			B: b[block.ColumnLo:], BRow: bRow,
		})
	})
}

// spread calls work on the task's rows as one matrix, where each row has one step or the steps of
// all rows lie evenly, else on the steps of each row.
func (o dense) spread(t *braid.Task, work func(row, rows int, in, out []float32, inRow, outRow int)) {
	even := t.In[0].Stride == o.steps*o.features && t.Out.Stride == o.steps*o.units
	if o.steps == 1 || even {
		in, inRow := o.window(t.In[0], t.Lo, o.features)
		out, outRow := o.window(t.Out, t.Lo, o.units)
		work(t.Lo, (t.Hi-t.Lo)*o.steps, in, out, inRow, outRow)
		return
	}
	for r := t.Lo; r < t.Hi; r++ {
		in, inRow := o.window(t.In[0], r, o.features)
		out, outRow := o.window(t.Out, r, o.units)
		work(r, o.steps, in, out, inRow, outRow)
	}
}

// window is the matrix that starts at a batch row, and the distance of its rows.
func (o dense) window(rows tensor.Rows[float32], row, width int) ([]float32, int) {
	if o.steps == 1 {
		return rows.From(row), rows.Stride
	}
	return rows.From(row), width
}
