package layer

import (
	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// recurrent is the op of LSTM, GRU and SimpleRNN. In each step
//
//	gates = bias + in kernel + hidden recurrent
//
// and the cell computes the new hidden state from the gates and the old state. Steps are numbered
// in the order of work; the time of a step is its place in the input. A masked step computes as any
// other, and then its rows get back what they had before.
type recurrent struct {
	cell                   cell
	steps, features, units int
	columns                int // of kernel and recurrent: units for each gate

	sequences, backwards, masked bool
	turned                       bool // the output is in the order of time, not of work
	zeroMasked                   bool // the output of a masked step is 0
	passesHidden                 bool // the hidden state reaches the next also beside feedback

	activation, recurrentActivation braid.Activation

	kernel, recurrentKernel, bias int // weights; bias is -1 for none
	biasRows                      int // 1; or 2, where row 1 is added with the products of feedback
	feedback                      []feedback

	gates  series // after their activations
	inputs series // before them; only if an activation keeps its input
	// Windows of saved memory with rows of the batch, in the order of time.
	before int // [steps, units] h before each step; that of the first is zero and never written
	slopes int // [steps, gates] ∂L/∂gates, before their activations

	planes       int    // of the scratch
	x            planes // input of a step
	hidden, held planes // hidden state; what masked rows keep
	biases       planes // only with two rows of biases
	scratch, tmp int    // indices of scratch memory: planes; for activations
}

// cell is one step of a recurrent layer, for the rows of a chunk.
type cell interface {
	// forward computes the hidden state from that before the step. The step's gates hold the sum
	// before their activations.
	forward(c chunk, step int, hidden []float32)
	// backward computes slopes, ∂L/∂gates before their activations, from dHidden. It leaves in
	// dHidden the gradient of the hidden state before the step that does not flow through feedback,
	// if passesHidden is set.
	backward(c chunk, step int, dHidden, slopes []float32)
}

// feedback is columns of the recurrent kernel and what they multiply. Their product is added to
// gates from a plane on.
type feedback struct {
	columns op.Span
	plane   int
	rows    int // saved rows: before, or what the cell multiplies itself
}

// time returns the place of a step in the input.
func (o *recurrent) time(step int) int {
	if o.backwards {
		return o.steps - 1 - step
	}
	return step
}

// place returns the place of a step in the output, if it has one.
func (o *recurrent) place(step int) (place int, ok bool) {
	switch {
	case !o.sequences:
		return 0, step == o.steps-1
	case o.turned:
		return o.time(step), true
	}
	return step, true
}

func (o *recurrent) Forward(t *op.Task) {
	for lo, n := t.Lo, 0; lo < t.Hi; lo += n {
		n = chunkLen(t.Hi - lo)
		chunk{o, t, t.Out.Skip(lo), lo, n}.forward()
	}
}

func (c chunk) forward() {
	hidden, held, x := c.temporary(c.hidden), c.temporary(c.held), c.temporary(c.x)
	bias := c.biasSums()
	clear(hidden)
	for step := range c.steps {
		gates := c.at(c.gates, step)
		if bias == nil {
			clear(gates)
		} else {
			kernel.Default().Spread(gates, bias)
		}
		in, row := c.rows(c.In[0], c.time(step)*c.features)
		c.multiply(gates, c.Weights[c.kernel], c.toPlanes(x, in, row, c.features))
		for _, f := range c.feedback {
			if step > 0 && f.rows == c.before {
				c.multiply(gates[f.plane*c.n:], c.feedbackKernel(f), hidden)
			}
		}
		c.keep(step, held, hidden)
		c.cell.forward(c, step, hidden)
		c.keep(step, hidden, held)
		c.writeHidden(step, hidden)
	}
}

// biasSums returns the bias of each plane of the gates, nil for none.
func (c chunk) biasSums() []float32 {
	if c.bias < 0 {
		return nil
	}
	w := c.Weights[c.bias]
	if c.biasRows == 1 {
		return w.Data[:c.columns]
	}
	sums := c.temporary(c.biases)[:c.biases.count]
	clear(sums[copy(sums, w.Row(0)):])
	for _, f := range c.feedback {
		kernel.Default().Add(sums[f.plane:][:f.columns.Len()], w.Row(1)[f.columns.Lo:f.columns.Hi])
	}
	return sums
}

// writeHidden writes the hidden state after a step to the rows of the output, and to those that
// Gradient reads.
func (c chunk) writeHidden(step int, hidden []float32) {
	if c.Train && step+1 < c.steps {
		to, row := c.rows(c.Saved[c.before], c.time(step+1)*c.units)
		c.toRows(to, row, hidden, c.units)
	}
	place, ok := c.place(step)
	if !ok {
		return
	}
	at := place * c.units
	c.toRows(c.out.Data[at:], c.out.Stride, hidden, c.units)
	for r := 0; r < c.n && c.zeroMasked; r++ {
		if !c.valid(step, r) {
			clear(c.out.Row(r)[at:][:c.units])
		}
	}
}

func (o *recurrent) Backward(t *op.Task) {
	for lo, n := t.Lo, 0; lo < t.Hi; lo += n {
		n = chunkLen(t.Hi - lo)
		chunk{o, t, t.OutGrad.Skip(lo), lo, n}.backward()
	}
}

func (c chunk) backward() {
	dHidden, held := c.temporary(c.hidden), c.temporary(c.held)
	slopes := c.temporary(c.gates.scratch)
	clear(dHidden)
	for step := c.steps - 1; step >= 0; step-- {
		if c.zeroMasked {
			c.keep(step, held, dHidden)
			c.outGrad(step, dHidden)
		} else {
			c.outGrad(step, dHidden)
			c.keep(step, held, dHidden)
		}
		c.cell.backward(c, step, dHidden, slopes)
		c.clearMasked(step, slopes)
		to, row := c.rows(c.Saved[c.slopes], c.time(step)*c.gates.scratch.count)
		c.toRows(to, row, slopes, c.gates.scratch.count)
		if step > 0 {
			c.hiddenGrad(dHidden, slopes)
			c.keep(step, dHidden, held)
		}
	}
	if c.InGrad[0].IsNil() {
		return
	}
	all := c.sequence(c.Task, c.lo, c.n)
	for i := range all.matrices {
		in := all.matrix(i, c.InGrad[0], c.features)
		slopes := all.matrix(i, c.Saved[c.slopes], c.gates.scratch.count).Columns(0, c.columns)
		op.MultiplyTransposed(true, all.rows, in, slopes, c.Weights[c.kernel])
	}
}

// outGrad adds ∂L/∂output of a step, if the step has an output.
func (c chunk) outGrad(step int, dHidden []float32) {
	place, ok := c.place(step)
	if !ok || c.out.IsNil() {
		return
	}
	kernel.Default().Transpose(kernel.Transposition{
		Rows: c.n, Columns: c.units, Y: dHidden, YRow: c.n, X: c.out.Data[place*c.units:],
		XRow: c.out.Stride, Add: true,
	})
}

// hiddenGrad computes the gradient of the hidden state before a step from the slopes.
func (c chunk) hiddenGrad(dHidden, slopes []float32) {
	add := c.passesHidden
	for _, f := range c.feedback {
		if f.rows == c.before {
			c.multiplyBack(add, dHidden, c.feedbackKernel(f), slopes[f.plane*c.n:])
			add = true
		}
	}
}

// feedbackKernel returns columns of the recurrent kernel.
func (c chunk) feedbackKernel(f feedback) tensor.Rows[float32] {
	return c.Weights[c.recurrentKernel].Columns(f.columns.Lo, f.columns.Hi)
}

func (o *recurrent) Gradient(t *op.Task, weight int, block op.Block, grad tensor.Rows[float32]) {
	all := o.sequence(t, t.Lo, t.Hi-t.Lo)
	for i := range all.matrices {
		slopes := all.matrix(i, t.Saved[o.slopes], o.gates.scratch.count)
		switch weight {
		case o.kernel:
			op.AddOuter(i > 0, all.rows, all.matrix(i, t.In[0], o.features), slopes, block, grad)
		case o.recurrentKernel:
			for _, f := range o.feedback {
				if from, to, ok := f.within(block, grad); ok {
					op.AddOuter(i > 0, all.rows, all.matrix(i, t.Saved[f.rows], o.units), slopes, from, to)
				}
			}
		case o.bias:
			o.biasGradient(i > 0, all.rows, slopes, block, grad)
		}
	}
}

// GradientProducts returns the steps, which all use every number of the weights.
func (o *recurrent) GradientProducts(int) int { return o.steps }

// within returns the slopes' columns that belong to a block of the recurrent kernel, as a block,
// and the columns of grad that they go to.
func (f feedback) within(
	block op.Block, grad tensor.Rows[float32],
) (from op.Block, to tensor.Rows[float32], ok bool) {
	columns := f.columns.Intersect(op.Span{Lo: block.ColumnLo, Hi: block.ColumnHi})
	from = block
	from.ColumnLo = columns.Lo - f.columns.Lo + f.plane
	from.ColumnHi = from.ColumnLo + columns.Len()
	if columns.Len() == 0 {
		return from, to, false
	}
	return from, grad.Columns(columns.Lo-block.ColumnLo, columns.Hi-block.ColumnLo), true
}

// biasGradient sums the slopes of a block of the bias: of the gates for row 0, of the feedback for
// row 1.
func (o *recurrent) biasGradient(
	add bool, rows int, slopes tensor.Rows[float32], block op.Block, grad tensor.Rows[float32],
) {
	for row := block.RowLo; row < block.RowHi; row++ {
		to := grad.Skip(row - block.RowLo)
		if row == 0 {
			op.AddRows(add, rows, slopes, block, to)
			continue
		}
		for _, f := range o.feedback {
			if from, to, ok := f.within(block, to); ok {
				op.AddRows(add, rows, slopes, from, to)
			}
		}
	}
}

// sequence describes the steps of rows from lo on: rows of one matrix if the steps of all windows
// have equal distances, else one matrix for each step.
type sequence struct {
	lo, rows, matrices int
	joined             bool // all steps of all rows are one matrix
}

func (o *recurrent) sequence(t *op.Task, lo, n int) sequence {
	even := func(window tensor.Rows[float32], width int) bool {
		return window.IsNil() || window.Stride == o.steps*width
	}
	one := even(t.In[0], o.features) && even(t.InGrad[0], o.features) &&
		even(t.Saved[o.slopes], o.gates.scratch.count)
	for _, f := range o.feedback {
		one = one && even(t.Saved[f.rows], o.units)
	}
	if one {
		return sequence{lo, n * o.steps, 1, true}
	}
	return sequence{lo, n, o.steps, false}
}

// matrix returns matrix i of a window with width numbers for each step.
func (s sequence) matrix(i int, window tensor.Rows[float32], width int) tensor.Rows[float32] {
	m := tensor.Rows[float32]{Data: window.From(s.lo)[i*width:], Width: width, Stride: window.Stride}
	if s.joined {
		m.Stride = width
	}
	return m
}
