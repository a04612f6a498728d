package braid

import (
	"slices"

	"braid/tensor"
)

// own is the memory that a worker shares with nobody: inputs, and what lies in rows of memory with
// them. Processors pass memory to each other slowly, and a batch's inputs are most of what both halves
// of a step read: so each worker fills its own from the data, which nobody writes.
type own struct {
	values   []tensor.Rows[float32] // by buffer: those of its own, else the pass's
	reads    []Span                 // by node, of inputs: what is read of the worker's own rows
	needs    []Span                 // by node, of inputs: what is read of all rows
	computed []computed
	joined   []computed // what of it is read of all rows
	early    []computed // of which all rows are read before Gradient, in Forward
}

// computed is columns of a buffer of a worker's own that are computed, and so come from who computed them.
type computed struct {
	buffer  int
	columns Span
}

// Selective is an op that tells what its Gradient reads, so that the rest need not be brought to the
// worker that calls it.
type Selective interface {
	Weighted
	// Reads is the columns of an input that Gradient reads for a block of a weight.
	Reads(input, weight int, block Block) Span
}

// newWorker makes a hold on the pass for one more goroutine, with Input and Tokens of its own.
func (p *Pass) newWorker() *Worker {
	w := &Worker{pass: p, tasks: slices.Clone(p.tasks)}
	w.own.values = slices.Clone(p.values)
	w.own.reads, w.own.needs = make([]Span, len(p.tasks)), make([]Span, len(p.tasks))
	tokens := slices.Clone(p.tokens)
	for i, n := range p.model.nodes {
		switch at := p.model.plan.places[i].buffer; {
		case n.layer != nil:
			continue
		case n.dtype == tensor.Int32:
			tokens[i] = tensor.NewRows[int32](p.rows, n.shape.Size())
		case !w.owns(at) && !p.answers(at):
			w.own.values[at] = newRows(p.rows, p.model.plan.widths[at])
		}
		w.own.reads[i] = Span{0, n.shape.Size()}
	}
	for i, n := range p.model.nodes {
		p.look(n, &w.tasks[i], w.own.values, tokens)
		at := p.model.plan.places[i]
		if _, placed := n.op.(Placed); n.layer == nil || placed && len(p.model.plan.copies[i]) == 0 || !w.owns(at.buffer) {
			continue
		}
		w.own.computed = append(w.own.computed, computed{at.buffer, Span{at.offset, at.offset + n.shape.Size()}})
	}
	return w
}

// owns tells whether a buffer is not the pass's.
func (w *Worker) owns(buffer int) bool {
	mine, all := w.own.values[buffer].Data, w.pass.values[buffer].Data
	return len(mine) > 0 && &mine[0] != &all[0]
}

// answers tells whether a head lies in a buffer, where all look for its answer.
func (p *Pass) answers(buffer int) bool {
	return slices.ContainsFunc(p.model.nodes, func(n *Node) bool {
		return n.head && p.model.plan.places[n.index].buffer == buffer
	})
}

// Input is the window to fill for input i of Model.Inputs, where it is float32.
func (w *Worker) Input(i int) tensor.Rows[float32] { return w.tasks[w.pass.nth(i, false)].Out }

// Tokens is the window to fill for input i of Model.Inputs, where it is int32.
func (w *Worker) Tokens(i int) tensor.Rows[int32] { return w.tasks[w.pass.nth(i, false)].Tokens[0] }

// assign says for which blocks the worker's Gradient will be called, and which nodes' terms it shares.
func (w *Worker) assign(number int, blocks []WeightBlock, sums []*sum) {
	plan := w.pass.model.plan
	reads := make([]Span, len(plan.widths)) // by buffer, of all rows
	whole := make([]bool, len(plan.widths)) // by buffer: some node reads all columns of the worker's rows
	read := func(in *Node, columns Span) {
		if in.dtype == tensor.Int32 {
			w.own.needs[in.index] = w.own.needs[in.index].with(columns)
		} else if at := plan.places[in.index]; w.owns(at.buffer) {
			reads[at.buffer] = reads[at.buffer].with(columns.from(-at.offset))
		}
	}
	for _, b := range blocks {
		n := w.pass.model.nodes[b.node]
		for i, in := range n.inputs {
			columns := Span{0, in.shape.Size()}
			if op, ok := n.op.(Selective); ok {
				columns = op.Reads(i, b.weight, b.Block)
			}
			read(in, columns)
		}
	}
	for i, n := range w.pass.model.nodes {
		if s := sums[i]; s != nil {
			read(n.inputs[0], s.columns(number))
			w.own.early = append(w.own.early, w.area(n.inputs[0]))
			continue
		}
		if _, placed := n.op.(Placed); placed && len(plan.copies[i]) == 0 {
			continue
		}
		for _, in := range n.inputs {
			whole[plan.places[in.index].buffer] = true
		}
	}
	for i, n := range w.pass.model.nodes {
		at := plan.places[i]
		if n.layer != nil || n.dtype == tensor.Int32 || !w.owns(at.buffer) {
			continue
		}
		if columns := w.area(n).columns.within(reads[at.buffer]); columns != (Span{}) {
			w.own.needs[i] = columns.from(at.offset)
		}
		if !whole[at.buffer] {
			w.own.reads[i] = w.own.needs[i]
		}
	}
	for _, c := range w.own.computed {
		if c.columns = c.columns.within(reads[c.buffer]); c.columns != (Span{}) {
			w.own.joined = append(w.own.joined, c)
		}
	}
}

// join brings what another worker computed of rows lo to hi into the memory of w, where Gradient is to
// read it there.
func (w *Worker) join(other *Worker, lo, hi int) {
	for _, c := range w.own.joined {
		if !slices.ContainsFunc(w.own.early, c.in) {
			w.copy(c, other, lo, hi)
		}
	}
}

// joinEarly brings what of a node's columns is read in Forward already.
func (w *Worker) joinEarly(n *Node, other *Worker, lo, hi int) {
	for _, c := range w.own.joined {
		if c.in(w.area(n)) {
			w.copy(c, other, lo, hi)
		}
	}
}

// area is where a node's columns lie.
func (w *Worker) area(n *Node) computed {
	at := w.pass.model.plan.places[n.index]
	return computed{at.buffer, Span{at.offset, at.offset + n.shape.Size()}}
}

// in tells whether c lies within an area.
func (c computed) in(area computed) bool {
	return c.buffer == area.buffer && c.columns.Lo >= area.columns.Lo && c.columns.Hi <= area.columns.Hi
}

// joinBuffer brings all that another worker computed of rows lo to hi in a buffer.
func (w *Worker) joinBuffer(buffer int, other *Worker, lo, hi int) {
	for _, c := range w.own.computed {
		if c.buffer == buffer {
			w.copy(c, other, lo, hi)
		}
	}
}

func (w *Worker) copy(c computed, other *Worker, lo, hi int) {
	to := w.own.values[c.buffer].Columns(c.columns.Lo, c.columns.Hi)
	from := other.own.values[c.buffer].Columns(c.columns.Lo, c.columns.Hi)
	for r := lo; r < hi; r++ {
		copy(to.Row(r), from.Row(r))
	}
}

// with is the least span that holds both; nothing is the zero span.
func (s Span) with(other Span) Span {
	switch {
	case s == Span{} || s.Lo == s.Hi:
		return other
	case other.Lo == other.Hi:
		return s
	}
	return Span{min(s.Lo, other.Lo), max(s.Hi, other.Hi)}
}

// within is the columns of s that also lie in other.
func (s Span) within(other Span) Span {
	lo, hi := max(s.Lo, other.Lo), min(s.Hi, other.Hi)
	if lo >= hi {
		return Span{}
	}
	return Span{lo, hi}
}

// from counts the columns from another first one.
func (s Span) from(first int) Span { return Span{s.Lo - first, s.Hi - first} }
