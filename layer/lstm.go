package layer

import (
	"fmt"

	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// LSTM reads a sequence and returns its last hidden state: Hochreiter and Schmidhuber, "Long
// short-term memory", 1997, with the forget gate of Gers and others, as in Keras.
//
//	in   [batch, steps, features]
//	out  [batch, Units], or [batch, steps, Units] with Sequences
//
// Gates are stored in the order i, f, c, o. The kernel [features, 4 Units] starts Glorot-uniform,
// the recurrent kernel [Units, 4 Units] orthogonal, the bias [4 Units] at zero, with 1 for the
// forget gate. The initial state is zero.
type LSTM struct {
	Units     int  `json:"units"`              // width of the hidden state; required
	Sequences bool `json:"sequences,omitzero"` // return every step, not only the last
	Frozen    bool `json:"frozen,omitzero"`    // the weights are not trained

	Kernel    Weight `json:"kernel,omitzero"`
	Recurrent Weight `json:"recurrent,omitzero"`
	Bias      Weight `json:"bias,omitzero"`
}

// Kind is "LSTM".
func (LSTM) Kind() string { return "LSTM" }

// Build declares kernel, recurrent kernel and bias.
func (l LSTM) Build(b *braid.Builder) (op.Op, error) {
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
	if l.Frozen {
		b.Freeze()
	}
	var failed error
	kernel := l.Kernel.initializer(&failed, "Kernel", glorotUniform)
	recurrent := l.Recurrent.initializer(&failed, "Recurrent", orthogonal)
	bias := l.Bias.initializer(&failed, "Bias", forgetBias)
	b.Weight("kernel", kernel, features, 4*units)
	b.Weight("recurrent_kernel", recurrent, units, 4*units)
	b.Weight("bias", bias, 4*units)
	return lstm{
		steps: steps, features: features, units: units, sequences: l.Sequences,
		gates: b.Save(steps * 4 * units), cells: b.Save((steps + 1) * units),
		squashed: b.Save(steps * units), before: b.Save(steps * units),
		slopes:  b.Save(steps * 4 * units),
		scratch: b.Scratch(chunkRows * (7*units + features)),
	}, failed
}

// forgetBias sets the bias of the forget gate, the second of four, to 1.
func forgetBias(values []float32, _ tensor.Shape, _ braid.Draw) {
	units := len(values) / 4
	for i := units; i < 2*units; i++ {
		values[i] = 1
	}
}

// lstm computes chunks of rows with the rows in vector lanes. A plane holds one number of a unit
// for all rows of a chunk. No lane is wasted if there are few units, and the cell is one loop.
type lstm struct {
	steps, features, units int
	sequences              bool
	// Indices of saved memory. The first three hold the planes of each chunk.
	gates    int // [steps, 4 units] i, f, c, o after their activations
	cells    int // [steps + 1, units] cell state c, starting with the initial state
	squashed int // [steps, units] tanh(c)
	// The next two hold rows of the batch.
	before int // [steps, units] h of the previous step; the first is zero and never written
	slopes int // [steps, 4 units] ∂L/∂gates, before their activations

	scratch int // index of the scratch for one chunk
}

const (
	chunkRows = 64 // largest chunk: its planes of one step fit the L2 cache
	laneRows  = 8  // smallest chunk of several rows: smaller ones would waste lanes
)

// chunk is rows lo to lo+n of a task.
type chunk struct {
	lstm
	*op.Task
	lo, n int
}

// chunks calls work with each chunk of the task's rows. In a chunk of one row, planes are laid out
// like the row itself.
func (o lstm) chunks(t *op.Task, work func(c chunk)) {
	for lo := t.Lo; lo < t.Hi; {
		n := min(chunkRows, t.Hi-lo)
		if n < laneRows {
			n = 1
		}
		work(chunk{o, t, lo, n})
		lo += n
	}
}

// scratchPlanes returns count planes of the scratch, from plane first.
func (c chunk) scratchPlanes(first, count int) []float32 {
	return c.Scratch[c.scratch][first*c.n:][:count*c.n]
}

// planes returns count planes of a window, from plane first.
func (c chunk) planes(window tensor.Rows[float32], first, count int) []float32 {
	return window.Data[c.lo*window.Stride:][first*c.n:][:count*c.n]
}

// rows returns the chunk's rows of a window, from column first, and the distance between rows.
func (c chunk) rows(window tensor.Rows[float32], first int) ([]float32, int) {
	return window.From(c.lo)[first:], window.Stride
}

func (o lstm) Forward(t *op.Task) { o.chunks(t, chunk.forward) }

func (c chunk) forward() {
	u := c.units
	gates, hidden := c.scratchPlanes(0, 4*u), c.scratchPlanes(4*u, u)
	before, squashed := c.scratchPlanes(5*u, u), c.scratchPlanes(6*u, u)
	cells, x := before, c.scratchPlanes(7*u, c.features)
	if c.Train {
		before = c.planes(c.Saved[c.cells], 0, u)
	}
	clear(before)
	for step := range c.steps {
		if c.Train {
			gates = c.planes(c.Saved[c.gates], step*4*u, 4*u)
			before = c.planes(c.Saved[c.cells], step*u, u)
			cells = c.planes(c.Saved[c.cells], (step+1)*u, u)
			squashed = c.planes(c.Saved[c.squashed], step*u, u)
		}
		kernel.Default().Spread(gates, c.Weights[2].Data[:4*u])
		in, inRow := c.rows(c.In[0], step*c.features)
		c.multiply(gates, 0, c.toPlanes(x, in, inRow, c.features), c.features)
		if step > 0 {
			c.multiply(gates, 1, hidden, u)
		}
		kernel.Default().LSTM(kernel.LSTMCell{
			Gates: gates, Before: before, Cells: cells, Squashed: squashed, Hidden: hidden,
		})
		c.writeHidden(step, hidden)
	}
}

// writeHidden writes the hidden state after a step to the rows of the output, and to those that
// Gradient reads.
func (c chunk) writeHidden(step int, hidden []float32) {
	u := c.units
	if c.Train && step+1 < c.steps {
		to, row := c.rows(c.Saved[c.before], (step+1)*u)
		c.toRows(to, row, hidden, u)
	}
	switch {
	case c.sequences:
		to, row := c.rows(c.Out, step*u)
		c.toRows(to, row, hidden, u)
	case step == c.steps-1:
		to, row := c.rows(c.Out, 0)
		c.toRows(to, row, hidden, u)
	}
}

// toPlanes returns width numbers of each row as planes. It transposes them to scratch, unless the
// chunk has one row.
func (c chunk) toPlanes(scratch, rows []float32, row, width int) []float32 {
	if c.n == 1 {
		return rows[:width]
	}
	kernel.Default().Transpose(kernel.Transposition{
		Rows: c.n, Columns: width, Y: scratch, YRow: c.n, X: rows, XRow: row,
	})
	return scratch
}

// toRows transposes planes to width numbers of each row.
func (c chunk) toRows(rows []float32, row int, planes []float32, width int) {
	kernel.Default().Transpose(kernel.Transposition{
		Rows: width, Columns: c.n, Y: rows, YRow: row, X: planes, XRow: c.n,
	})
}

// multiply adds the product of a kernel and inner planes of x to the planes of the gates. Both
// branches add up each sum in the same order.
func (c chunk) multiply(gates []float32, weight int, x []float32, inner int) {
	w := c.Weights[weight]
	if c.n == 1 {
		kernel.Default().MulLanes(kernel.Product{
			Rows: 1, Columns: 4 * c.units, Inner: inner, C: gates, A: x, ACol: 1, B: w.Data, BRow: w.Stride,
		})
		return
	}
	kernel.Default().MulLanes(kernel.Product{
		Rows: 4 * c.units, Columns: c.n, Inner: inner,
		C: gates, CRow: c.n, A: w.Data, ARow: 1, ACol: w.Stride, B: x, BRow: c.n,
	})
}

func (o lstm) Backward(t *op.Task) { o.chunks(t, chunk.backward) }

func (c chunk) backward() {
	u := c.units
	dHidden, dCells := c.scratchPlanes(0, u), c.scratchPlanes(u, u)
	gates := c.scratchPlanes(2*u, 4*u)
	clear(dHidden)
	clear(dCells)
	for step := c.steps - 1; step >= 0; step-- {
		c.outGrad(step, dHidden)
		copy(gates, c.planes(c.Saved[c.gates], step*4*u, 4*u)) // LSTMBack overwrites the copy
		kernel.Default().LSTMBack(kernel.LSTMBack{
			Gates: gates, Before: c.planes(c.Saved[c.cells], step*u, u),
			Squashed: c.planes(c.Saved[c.squashed], step*u, u), DHidden: dHidden, DCells: dCells,
		})
		to, row := c.rows(c.Saved[c.slopes], step*4*u)
		c.toRows(to, row, gates, 4*u)
		if step > 0 {
			c.multiplyBack(dHidden, gates)
		}
	}
	if c.InGrad[0].IsNil() {
		return
	}
	all := c.sequence(c.Task, c.lo, c.n)
	for i := range all.matrices {
		in := all.matrix(i, c.InGrad[0], c.features)
		slopes := all.matrix(i, c.Saved[c.slopes], 4*u)
		op.MultiplyTransposed(true, all.rows, in, slopes, c.Weights[0])
	}
}

// outGrad adds ∂L/∂output of a step, if the step has an output.
func (c chunk) outGrad(step int, dHidden []float32) {
	if c.OutGrad.IsNil() {
		return
	}
	at := 0
	switch {
	case c.sequences:
		at = step * c.units
	case step < c.steps-1:
		return
	}
	from, row := c.rows(c.OutGrad, at)
	kernel.Default().Transpose(kernel.Transposition{
		Rows: c.n, Columns: c.units, Y: dHidden, YRow: c.n, X: from, XRow: row, Add: true,
	})
}

// multiplyBack writes the product of the recurrent kernel's transpose and the slopes to dHidden.
func (c chunk) multiplyBack(dHidden, slopes []float32) {
	w := c.Weights[1]
	kernel.Default().MulLanes(kernel.Product{
		Fresh: true, Rows: c.units, Columns: c.n, Inner: 4 * c.units,
		C: dHidden, CRow: c.n, A: w.Data, ARow: w.Stride, ACol: 1, B: slopes, BRow: c.n,
	})
}

func (o lstm) Gradient(t *op.Task, weight int, block op.Block, grad tensor.Rows[float32]) {
	all := o.sequence(t, t.Lo, t.Hi-t.Lo)
	for i := range all.matrices {
		dz := all.matrix(i, t.Saved[o.slopes], 4*o.units)
		switch weight {
		case 0:
			op.AddOuter(i > 0, all.rows, all.matrix(i, t.In[0], o.features), dz, block, grad)
		case 1:
			op.AddOuter(i > 0, all.rows, all.matrix(i, t.Saved[o.before], o.units), dz, block, grad)
		case 2:
			op.AddRows(i > 0, all.rows, dz, block, grad)
		}
	}
}

// sequence describes the steps of rows from lo on: rows of one matrix if the steps of all windows
// have equal distances, else one matrix for each step.
type sequence struct{ lo, rows, matrices int }

func (o lstm) sequence(t *op.Task, lo, n int) sequence {
	even := func(window tensor.Rows[float32], width int) bool {
		return window.IsNil() || window.Stride == o.steps*width
	}
	if even(t.In[0], o.features) && even(t.InGrad[0], o.features) &&
		even(t.Saved[o.before], o.units) && even(t.Saved[o.slopes], 4*o.units) {
		return sequence{lo, n * o.steps, 1}
	}
	return sequence{lo, n, o.steps}
}

// matrix returns matrix i of a window with width numbers for each step.
func (s sequence) matrix(i int, window tensor.Rows[float32], width int) tensor.Rows[float32] {
	m := tensor.Rows[float32]{Data: window.From(s.lo)[i*width:], Width: width, Stride: window.Stride}
	if s.matrices == 1 {
		m.Stride = width
	}
	return m
}
