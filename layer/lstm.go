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
// the recurrent kernel [Units, 4 Units] orthogonal, the bias [4 Units] at zero but for the forget
// gate's, which is 1. The first state is zero.
type LSTM struct {
	Units     int  `json:"units"`              // width of the hidden state; required
	Sequences bool `json:"sequences,omitzero"` // return every step, not only the last
	Frozen    bool `json:"frozen,omitzero"`    // the weights are not trained
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
	b.Weight("kernel", glorotUniform, features, 4*units)
	b.Weight("recurrent_kernel", orthogonal, units, 4*units)
	b.Weight("bias", forgetBias, 4*units)
	return lstm{
		steps: steps, features: features, units: units, sequences: l.Sequences,
		gates: b.Save(steps * 4 * units), cells: b.Save((steps + 1) * units), squashed: b.Save(steps * units),
		before: b.Save(steps * units), slopes: b.Save(steps * 4 * units),
		scratch: b.Scratch(chunkRows * (7*units + features)),
	}, nil
}

// forgetBias is zero but for the forget gate, the second of the four, which starts open.
func forgetBias(values []float32, _ tensor.Shape, _ braid.Draw) {
	units := len(values) / 4
	for i := units; i < 2*units; i++ {
		values[i] = 1
	}
}

// lstm computes with the rows of a batch in vector lanes: what a unit has for all rows of a chunk lies
// side by side, a plane. So no lane is wasted on a gate of few units, and the cell is one loop.
type lstm struct {
	steps, features, units int
	sequences              bool
	// Indices of what is saved. The first three hold the planes of a chunk, one after the other.
	gates    int // [steps, 4 units] i, f, c, o after their activations
	cells    int // [steps + 1, units] the cell's state c, from the one before the first step
	squashed int // [steps, units] tanh(c)
	before   int // by row: [steps, units] h of the step before; the first is zero and never written
	slopes   int // by row: [steps, 4 units] the loss's gradient by the gates before their activations
	scratch  int // of a chunk
}

const (
	chunkRows = 64 // at most: a step's planes stay in the second-level cache
	laneRows  = 8  // fewer rows than this would waste lanes, and are chunks of one
)

// chunk is rows lo to lo+n of a task.
type chunk struct {
	lstm
	*op.Task
	lo, n int
}

// chunks calls work with one chunk of the task's rows after the other. A chunk of one row has the
// numbers of its planes side by side as a row has them.
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

// room returns count planes of the scratch, from the one that first names.
func (c chunk) room(first, count int) []float32 { return c.Scratch[c.scratch][first*c.n:][:count*c.n] }

// planes is count planes of a window, from the one that first names.
func (c chunk) planes(window tensor.Rows[float32], first, count int) []float32 {
	return window.Data[c.lo*window.Stride:][first*c.n:][:count*c.n]
}

// rows is the same numbers of each row, from the one that first names, and the distance of two rows.
func (c chunk) rows(window tensor.Rows[float32], first int) ([]float32, int) {
	return window.From(c.lo)[first:], window.Stride
}

func (o lstm) Forward(t *op.Task) { o.chunks(t, chunk.forward) }

func (c chunk) forward() {
	u := c.units
	gates, hidden := c.room(0, 4*u), c.room(4*u, u)
	before, squashed := c.room(5*u, u), c.room(6*u, u)
	cells, x := before, c.room(7*u, c.features)
	if c.Train {
		before = c.planes(c.Saved[c.cells], 0, u)
	}
	clear(before)
	for step := range c.steps {
		if c.Train {
			gates = c.planes(c.Saved[c.gates], step*4*u, 4*u)
			before, cells = c.planes(c.Saved[c.cells], step*u, u), c.planes(c.Saved[c.cells], (step+1)*u, u)
			squashed = c.planes(c.Saved[c.squashed], step*u, u)
		}
		kernel.Default().Spread(gates, c.Weights[2].Data[:4*u])
		in, inRow := c.rows(c.In[0], step*c.features)
		c.multiply(gates, 0, c.turned(x, in, inRow, c.features), c.features)
		if step > 0 {
			c.multiply(gates, 1, hidden, u)
		}
		kernel.Default().LSTM(kernel.LSTMCell{Gates: gates, Before: before, Cells: cells, Squashed: squashed, Hidden: hidden})
		c.answer(step, hidden)
	}
}

// answer writes the hidden state after a step to where others read it, row by row.
func (c chunk) answer(step int, hidden []float32) {
	u := c.units
	if c.Train && step+1 < c.steps {
		to, row := c.rows(c.Saved[c.before], (step+1)*u)
		c.back(to, row, hidden, u)
	}
	switch {
	case c.sequences:
		to, row := c.rows(c.Out, step*u)
		c.back(to, row, hidden, u)
	case step == c.steps-1:
		to, row := c.rows(c.Out, 0)
		c.back(to, row, hidden, u)
	}
}

// turned is width numbers of each row as planes, in scratch where they have to be turned.
func (c chunk) turned(scratch, rows []float32, row, width int) []float32 {
	if c.n == 1 {
		return rows[:width]
	}
	kernel.Default().Transpose(kernel.Transposition{Rows: c.n, Columns: width, Y: scratch, YRow: c.n, X: rows, XRow: row})
	return scratch
}

// back writes planes to width numbers of each row.
func (c chunk) back(rows []float32, row int, planes []float32, width int) {
	kernel.Default().Transpose(kernel.Transposition{Rows: width, Columns: c.n, Y: rows, YRow: row, X: planes, XRow: c.n})
}

// multiply adds a kernel times the planes of x, inner of them, to the planes of the gates. Either way of
// doing it adds up each sum in the same order.
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
	dHidden, dCells, gates := c.room(0, u), c.room(u, u), c.room(2*u, 4*u)
	clear(dHidden)
	clear(dCells)
	for step := c.steps - 1; step >= 0; step-- {
		c.outGrad(step, dHidden)
		copy(gates, c.planes(c.Saved[c.gates], step*4*u, 4*u)) // which become their gradients
		kernel.Default().LSTMBack(kernel.LSTMBack{
			Gates: gates, Before: c.planes(c.Saved[c.cells], step*u, u),
			Squashed: c.planes(c.Saved[c.squashed], step*u, u), DHidden: dHidden, DCells: dCells,
		})
		to, row := c.rows(c.Saved[c.slopes], step*4*u)
		c.back(to, row, gates, 4*u)
		if step > 0 {
			c.multiplyBack(dHidden, gates)
		}
	}
	if c.InGrad[0].IsNil() {
		return
	}
	all := c.sequence(c.Task, c.lo, c.n)
	for i := range all.matrices {
		op.MultiplyTransposed(true, all.rows, all.matrix(i, c.InGrad[0], c.features), all.matrix(i, c.Saved[c.slopes], 4*u), c.Weights[0])
	}
}

// outGrad adds the gradient by the output of a step, where there is one.
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
	kernel.Default().Transpose(kernel.Transposition{Rows: c.n, Columns: c.units, Y: dHidden, YRow: c.n, X: from, XRow: row, Add: true})
}

// multiplyBack writes the recurrent kernel's transpose times the planes of the slopes to those of the
// hidden state.
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

// sequence is the steps of a task's rows from lo on: the rows of one matrix where all windows lie
// evenly, else of a matrix for each step.
type sequence struct{ lo, rows, matrices int }

func (o lstm) sequence(t *op.Task, lo, n int) sequence {
	even := func(window tensor.Rows[float32], width int) bool {
		return window.IsNil() || window.Stride == o.steps*width
	}
	if even(t.In[0], o.features) && even(t.InGrad[0], o.features) && even(t.Saved[o.before], o.units) && even(t.Saved[o.slopes], 4*o.units) {
		return sequence{lo, n * o.steps, 1}
	}
	return sequence{lo, n, o.steps}
}

// matrix is matrix i of a window that has width numbers a step.
func (s sequence) matrix(i int, window tensor.Rows[float32], width int) tensor.Rows[float32] {
	m := tensor.Rows[float32]{Data: window.From(s.lo)[i*width:], Width: width, Stride: window.Stride}
	if s.matrices == 1 {
		m.Stride = width
	}
	return m
}
