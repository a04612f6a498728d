package layer

import (
	"fmt"

	"braid"
	"braid/internal/kernel"
	"braid/tensor"
)

// LSTM reads a sequence and returns its last hidden state: Hochreiter and Schmidhuber, "Long
// short-term memory", 1997, with the forget gate of Gers and others, as in Keras.
//
//	in   [batch, steps, features]
//	out  [batch, Units], or [batch, steps, Units] with Sequences
//
// Gates are stored in the order i, f, c, o. The kernel [features, 4 Units] starts Glorot-uniform,
// the recurrent kernel [Units, 4 Units] orthogonal, the bias [4 Units] at zero but for the forget
// gate's, which is 1. The first state is zero.
type LSTM struct {
	Units     int  // width of the hidden state; required
	Sequences bool `json:",omitzero"` // return every step, not only the last
}

// Kind is "LSTM".
func (LSTM) Kind() string { return "LSTM" }

// Build declares kernel, recurrent kernel and bias.
func (l LSTM) Build(b *braid.Builder) (braid.Op, error) {
	if l.Units < 1 {
		return nil, fmt.Errorf("Units = %d, want 1 or more", l.Units)
	}
	if err := b.Want(1, tensor.Float32); err != nil {
		return nil, err
	}
	shape := b.Shape(0)
	if len(shape) != 2 {
		return nil, fmt.Errorf("input has shape %v a row, want [steps features]", shape)
	}
	steps, features, units := shape[0], shape[1], l.Units
	if l.Sequences {
		b.Output(steps, units)
	} else {
		b.Output(units)
	}
	b.Weight("kernel", glorotUniform, features, 4*units)
	b.Weight("recurrent_kernel", orthogonal, units, 4*units)
	b.Weight("bias", forgetBias, 4*units)
	return lstm{
		steps: steps, features: features, units: units, sequences: l.Sequences,
		gates: b.Save(steps * 4 * units), cells: b.Save(steps * units), squashed: b.Save(steps * units),
		hidden: b.Save(steps * units), slopes: b.Save(steps * 4 * units), back: b.Save(2 * units),
	}, nil
}

// forgetBias is zero but for the forget gate, the second of the four, which starts open.
func forgetBias(values []float32, _ tensor.Shape, _ braid.Draw) {
	units := len(values) / 4
	for i := units; i < 2*units; i++ {
		values[i] = 1
	}
}

type lstm struct {
	steps, features, units int
	sequences              bool

	// Indices of what is saved for each row.
	gates    int // [steps, 4 units] i, f, c, o after their activations
	cells    int // [steps, units] the cell's state c
	squashed int // [steps, units] tanh(c)
	hidden   int // [steps, units] h
	slopes   int // [steps, 4 units] the loss's gradient by the gates before their activations
	back     int // [2, units] the gradients by h and c that go back one step
}

func (o lstm) Forward(t *braid.Task) {
	u, gates, hidden := o.units, t.Saved[o.gates], t.Saved[o.hidden]
	for r := t.Lo; r < t.Hi; r++ {
		for z := gates.Row(r); len(z) > 0; z = z[4*u:] {
			copy(z[:4*u], t.Weights[2].Data)
		}
	}
	for step := range o.steps {
		z := gates.From(t.Lo)[step*4*u:]
		o.multiply(t, z, gates.Stride, t.In[0].From(t.Lo)[step*o.features:], t.In[0].Stride, 0, o.features)
		if step > 0 {
			o.multiply(t, z, gates.Stride, hidden.From(t.Lo)[(step-1)*u:], hidden.Stride, 1, u)
		}
		for r := t.Lo; r < t.Hi; r++ {
			o.cell(t, r, step)
		}
	}
	for r := t.Lo; r < t.Hi; r++ {
		if o.sequences {
			copy(t.Out.Row(r), hidden.Row(r))
		} else {
			copy(t.Out.Row(r), hidden.Row(r)[(o.steps-1)*u:])
		}
	}
}

// multiply adds rows of x times a kernel to rows of z.
func (o lstm) multiply(t *braid.Task, z []float32, zRow int, x []float32, xRow, weight, inner int) {
	w := t.Weights[weight]
	t.Kernels.MulLanes(kernel.Product{
		Rows: t.Hi - t.Lo, Columns: 4 * o.units, Inner: inner,
		C: z, CRow: zRow, A: x, ARow: xRow, ACol: 1, B: w.Data, BRow: w.Stride,
	})
}

// cell takes one row through one step: c = f c + i g, h = o tanh(c).
func (o lstm) cell(t *braid.Task, row, step int) {
	u := o.units
	z := t.Saved[o.gates].Row(row)[step*4*u:][:4*u]
	t.Kernels.Sigmoid(z[:2*u], z[:2*u])
	t.Kernels.Tanh(z[2*u:3*u], z[2*u:3*u])
	t.Kernels.Sigmoid(z[3*u:], z[3*u:])
	input, forget, candidate, output := z[:u], z[u:2*u], z[2*u:3*u], z[3*u:]
	cells := t.Saved[o.cells].Row(row)
	c := cells[step*u:][:u]
	for i := range c {
		c[i] = float32(input[i] * candidate[i])
	}
	if step > 0 {
		for i, before := range cells[(step-1)*u:][:u] {
			c[i] += float32(forget[i] * before)
		}
	}
	squashed := t.Saved[o.squashed].Row(row)[step*u:][:u]
	t.Kernels.Tanh(squashed, c)
	h := t.Saved[o.hidden].Row(row)[step*u:][:u]
	for i, v := range squashed {
		h[i] = output[i] * v
	}
}

func (o lstm) Backward(t *braid.Task) {
	u, slopes, back := o.units, t.Saved[o.slopes], t.Saved[o.back]
	for r := t.Lo; r < t.Hi; r++ {
		clear(back.Row(r))
	}
	for step := o.steps - 1; step >= 0; step-- {
		for r := t.Lo; r < t.Hi; r++ {
			o.cellBack(t, r, step)
			clear(back.Row(r)[:u])
		}
		dz := slopes.From(t.Lo)[step*4*u:]
		if step > 0 {
			o.multiplyBack(t, back.From(t.Lo), back.Stride, dz, 1, u)
		}
		if !t.InGrad[0].IsNil() {
			o.multiplyBack(t, t.InGrad[0].From(t.Lo)[step*o.features:], t.InGrad[0].Stride, dz, 0, o.features)
		}
	}
}

// multiplyBack adds rows of dz times a kernel's transpose to rows of dx.
func (o lstm) multiplyBack(t *braid.Task, dx []float32, dxRow int, dz []float32, weight, features int) {
	w := t.Weights[weight]
	t.Kernels.MulDots(kernel.Dots{
		Rows: t.Hi - t.Lo, Columns: features, Inner: 4 * o.units,
		C: dx, CRow: dxRow, A: dz, ARow: t.Saved[o.slopes].Stride, B: w.Data, BRow: w.Stride,
	})
}

// cellBack takes one row back through one step: from the gradients by h and c to those by the
// gates before their activations and by the cell's state before.
func (o lstm) cellBack(t *braid.Task, row, step int) {
	u := o.units
	z := t.Saved[o.gates].Row(row)[step*4*u:][:4*u]
	dz := t.Saved[o.slopes].Row(row)[step*4*u:][:4*u]
	squashed := t.Saved[o.squashed].Row(row)[step*u:]
	cells := t.Saved[o.cells].Row(row)
	dh, dc := t.Saved[o.back].Row(row)[:u], t.Saved[o.back].Row(row)[u:]
	if !t.OutGrad.IsNil() && (o.sequences || step == o.steps-1) {
		from := t.OutGrad.Row(row)
		if o.sequences {
			from = from[step*u:]
		}
		t.Kernels.Add(dh, from[:u])
	}
	for i := range u {
		input, forget, candidate, output := z[i], z[u+i], z[2*u+i], z[3*u+i]
		var before float32
		if step > 0 {
			before = cells[(step-1)*u+i]
		}
		dc[i] += float32(float32(dh[i]*output) * (1 - float32(squashed[i]*squashed[i])))
		dz[i] = float32(dc[i]*candidate) * float32(input*(1-input))
		dz[u+i] = float32(dc[i]*before) * float32(forget*(1-forget))
		dz[2*u+i] = float32(dc[i]*input) * (1 - float32(candidate*candidate))
		dz[3*u+i] = float32(dh[i]*squashed[i]) * float32(output*(1-output))
		dc[i] *= forget
	}
}

func (o lstm) Gradient(t *braid.Task, weight int, block braid.Block, grad tensor.Rows[float32]) {
	u, slopes, hidden := o.units, t.Saved[o.slopes], t.Saved[o.hidden]
	width := block.ColumnHi - block.ColumnLo
	for step := range o.steps {
		dz := slopes.From(t.Lo)[step*4*u+block.ColumnLo:]
		var x tensor.Rows[float32]
		switch {
		case weight == 2:
			for r := range t.Hi - t.Lo {
				t.Kernels.Add(grad.Row(0)[:width], dz[r*slopes.Stride:][:width])
			}
			continue
		case weight == 0:
			x = t.In[0].Columns(step*o.features, (step+1)*o.features)
		case step == 0:
			continue // the state before the first step is zero
		default:
			x = hidden.Columns((step-1)*u, step*u)
		}
		t.Kernels.MulLanes(kernel.Product{
			Rows: block.RowHi - block.RowLo, Columns: width, Inner: t.Hi - t.Lo,
			C: grad.Data, CRow: grad.Stride, A: x.From(t.Lo)[block.RowLo:], ARow: 1, ACol: x.Stride,
			B: dz, BRow: slopes.Stride,
		})
	}
}
