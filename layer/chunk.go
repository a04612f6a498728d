package layer

import (
	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

const (
	chunkRows = 64 // largest chunk: its planes of one step fit the L2 cache
	laneRows  = 8  // smallest chunk of several rows: smaller ones would waste lanes
)

// chunkLen returns the length of the next chunk of some rows.
func chunkLen(rows int) int {
	if rows < laneRows {
		return 1
	}
	return min(chunkRows, rows)
}

// chunk is rows lo to lo+n of a task. Its rows are in vector lanes: a plane holds one number of a
// unit for all of these rows. No lane is wasted if there are few units, and a cell is one loop. In
// a chunk of one row, planes are laid out like the row itself.
type chunk struct {
	*recurrent
	*op.Task
	out   tensor.Rows[float32] // from the chunk's first row: the output, or ∂L/∂output in Backward
	lo, n int
}

// planes is a number of planes of the scratch, from plane first.
type planes struct{ first, count int }

// series is planes for each step, kept from Forward to Backward. In prediction, steps share the
// scratch.
type series struct {
	saved   int
	scratch planes
}

// reserve returns new planes of the scratch.
func (o *recurrent) reserve(count int) planes {
	o.planes += count
	return planes{o.planes - count, count}
}

// series declares planes for a number of steps.
func (o *recurrent) series(b *braid.Builder, steps, count int) series {
	return series{b.Save(steps * count), o.reserve(count)}
}

// temporary returns planes of the scratch.
func (c chunk) temporary(p planes) []float32 {
	return c.Scratch[c.scratch][p.first*c.n:][:p.count*c.n]
}

// at returns the planes of a step.
func (c chunk) at(s series, step int) []float32 {
	if !c.Train {
		return c.temporary(s.scratch)
	}
	saved := c.Saved[s.saved]
	return saved.Data[c.lo*saved.Stride:][step*s.scratch.count*c.n:][:s.scratch.count*c.n]
}

// rows returns the chunk's rows of a window, from column first, and the distance between rows.
func (c chunk) rows(window tensor.Rows[float32], first int) ([]float32, int) {
	return window.From(c.lo)[first:], window.Stride
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

// multiply adds the product of a kernel and planes of x to planes. Both branches add up each sum in
// the same order.
func (c chunk) multiply(to []float32, w tensor.Rows[float32], x []float32) {
	inner := len(x) / c.n
	if c.n == 1 {
		kernel.Default().MulLanes(kernel.Product{
			Rows: 1, Columns: w.Width, Inner: inner, C: to, A: x, ACol: 1, B: w.Data, BRow: w.Stride,
		})
		return
	}
	kernel.Default().MulLanes(kernel.Product{
		Rows: w.Width, Columns: c.n, Inner: inner,
		C: to, CRow: c.n, A: w.Data, ARow: 1, ACol: w.Stride, B: x, BRow: c.n,
	})
}

// multiplyBack writes the product of a kernel's transpose and planes of slopes to planes, or adds
// it if add is set.
func (c chunk) multiplyBack(add bool, to []float32, w tensor.Rows[float32], slopes []float32) {
	kernel.Default().MulLanes(kernel.Product{
		Fresh: !add, Rows: len(to) / c.n, Columns: c.n, Inner: w.Width,
		C: to, CRow: c.n, A: w.Data, ARow: w.Stride, ACol: 1, B: slopes, BRow: c.n,
	})
}

// keep copies to planes those numbers of others that belong to rows whose step is masked.
func (c chunk) keep(step int, to, from []float32) {
	if !c.masked {
		return
	}
	for r := range c.n {
		if c.valid(step, r) {
			continue
		}
		for at := r; at < len(from); at += c.n {
			to[at] = from[at]
		}
	}
}

// clearMasked sets numbers of rows whose step is masked to 0.
func (c chunk) clearMasked(step int, planes []float32) {
	if !c.masked {
		return
	}
	for r := range c.n {
		if c.valid(step, r) {
			continue
		}
		for at := r; at < len(planes); at += c.n {
			planes[at] = 0
		}
	}
}

// valid reports whether a step of row r of the chunk is not masked.
func (c chunk) valid(step, r int) bool { return c.In[1].Row(c.lo + r)[c.time(step)] != 0 }

// activate applies an activation to planes first to first+count of a step's gates.
func (c chunk) activate(f braid.Activation, step, first, count int) {
	gates := c.at(c.gates, step)[first*c.n:][:count*c.n]
	if c.Train && f.KeepsInput() {
		copy(c.at(c.inputs, step)[first*c.n:], gates)
	}
	c.apply(f, gates, gates)
}

// slope turns d, the gradient with respect to gates of a step from plane first on, into that before
// their activation.
func (c chunk) slope(f braid.Activation, d []float32, step, first int) {
	gates := c.at(c.gates, step)[first*c.n:][:len(d)]
	inputs := gates
	if f.KeepsInput() {
		inputs = c.at(c.inputs, step)[first*c.n:][:len(d)]
	}
	c.applyBack(f, d, gates, inputs)
}

// apply computes y = f(z), which may be the same memory.
func (c chunk) apply(f braid.Activation, y, z []float32) {
	f.Forward(oneRow(y), oneRow(z), 0, 1, len(y), op.LogSumExp{}, c.Scratch[c.tmp])
}

// applyBack multiplies d by the slope of f at z; y is f(z).
func (c chunk) applyBack(f braid.Activation, d, y, z []float32) {
	f.Backward(oneRow(d), oneRow(y), oneRow(z), 0, 1, len(d), c.Scratch[c.tmp])
}
