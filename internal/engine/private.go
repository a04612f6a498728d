package engine

import (
	"slices"

	"braid/op"
	"braid/tensor"
)

type (
	rows32    = tensor.Rows[float32]
	rowsOfIDs = tensor.Rows[int32]
)

// private holds a worker's copies of the buffers that inputs are in. Reading another core's
// cache lines is slow, and the inputs are most of what Forward and Gradient read. Each worker fills
// its copies from the data, which no worker writes.
type private struct {
	values []rows32  // by buffer: the private copy, else the workspace's buffer
	reads  []op.Span // by input node: columns that Forward or Gradient reads in the worker's rows

	gradientReads []op.Span // by input node: columns that Gradient, or split-K, reads in all rows
	forwardReads  []area    // outputs that Forward reads in all rows, for split-K

	computed []area // columns of private copies that an op computes, each worker for its rows
	fetched  []area // columns of computed that are read in all rows: copied from other workers
}

// makePrivate allocates the worker's copies of the inputs.
func (w *Worker) makePrivate() {
	ws := w.ws
	p := &w.private
	p.values = slices.Clone(ws.values)
	p.reads, p.gradientReads = make([]op.Span, len(w.tasks)), make([]op.Span, len(w.tasks))
	ids := slices.Clone(ws.ids)
	for _, n := range ws.net.Inputs {
		buffer := ws.net.layout.at[n.Index].buffer
		switch {
		case n.DType == tensor.Int32:
			ids[n.Index] = tensor.NewRows[int32](ws.rows, n.Shape.Size())
		case !w.hasCopy(buffer) && !ws.holdsHead(buffer):
			p.values[buffer] = newRows(ws.rows, ws.net.layout.widths[buffer])
		}
		p.reads[n.Index] = op.Span{Hi: n.Shape.Size()}
	}
	for i, n := range ws.net.Nodes {
		ws.read(n, &w.tasks[i], p.values, ids)
		a := ws.net.layout.areaOf(n)
		if n.Op != nil && !ws.net.layout.copiesNothing(i, n) && w.hasCopy(a.buffer) {
			p.computed = append(p.computed, a)
		}
	}
}

// hasCopy reports whether the worker has a private copy of a buffer.
func (w *Worker) hasCopy(buffer int) bool {
	if w.private.values == nil {
		return false
	}
	used, shared := w.private.values[buffer].Data, w.ws.values[buffer].Data
	return len(used) > 0 && &used[0] != &shared[0]
}

// holdsHead reports whether a buffer holds a head, which every worker reads from the workspace.
func (ws *Workspace) holdsHead(buffer int) bool {
	return slices.ContainsFunc(ws.net.Heads, func(n *Node) bool {
		return ws.net.layout.at[n.Index].buffer == buffer
	})
}

// Reads returns the columns of input i that a worker must fill before Forward, in the rows of the
// worker owner, which may be itself.
func (team *Team) Reads(worker, owner, i int) op.Span {
	w := team.Workers[worker]
	n := team.ws.net.Inputs[i]
	all := op.Span{Hi: n.Shape.Size()}
	switch {
	case w.private.values == nil:
		if owner != worker {
			return op.Span{}
		}
		return all
	case owner == worker:
		return w.private.reads[n.Index]
	case len(w.private.forwardReads) > 0:
		return w.private.gradientReads[n.Index]
	}
	return op.Span{}
}

// ReadsLate returns the columns of input i that a worker must fill before Gradient, in the rows of
// another worker, owner: those that Reads has not returned.
func (team *Team) ReadsLate(worker, owner, i int) op.Span {
	p := &team.Workers[worker].private
	if owner == worker || p.values == nil || len(p.forwardReads) > 0 {
		return op.Span{}
	}
	return p.gradientReads[team.ws.net.Inputs[i].Index]
}

// planReads finds what a worker reads of its private copies, if it computes the gradients of
// blocks.
func (team *Team) planReads(worker int, blocks []WeightBlock) {
	w := team.Workers[worker]
	if w.private.values == nil {
		return
	}
	p, layout := &w.private, team.ws.net.layout
	reads := make([]op.Span, len(layout.widths)) // by buffer: columns read in all rows
	forward := make([]bool, len(layout.widths))  // by buffer: Forward reads all columns
	read := func(in *Node, columns op.Span) {
		if in.DType == tensor.Int32 {
			p.gradientReads[in.Index] = p.gradientReads[in.Index].Union(columns)
		} else if at := layout.at[in.Index]; w.hasCopy(at.buffer) {
			reads[at.buffer] = reads[at.buffer].Union(columns.Shift(at.offset))
		}
	}
	for _, b := range blocks {
		for _, use := range b.uses {
			for i, in := range use.node.Inputs {
				columns := op.Span{Hi: in.Shape.Size()}
				if reader, ok := use.node.Op.(op.GradientReader); ok {
					columns = reader.GradientReads(i, use.weight, b.Block)
				}
				read(in, columns)
			}
		}
	}
	for i, n := range team.ws.net.Nodes {
		if s := team.splits[i]; s != nil {
			read(n.Inputs[0], s.columns(worker))
			p.forwardReads = append(p.forwardReads, layout.areaOf(n.Inputs[0]))
			continue
		}
		if layout.copiesNothing(i, n) {
			continue
		}
		for _, in := range n.Inputs {
			forward[layout.at[in.Index].buffer] = true
		}
	}
	for _, n := range team.ws.net.Inputs {
		a := layout.areaOf(n)
		if n.DType == tensor.Int32 || !w.hasCopy(a.buffer) {
			continue
		}
		if columns := a.columns.Intersect(reads[a.buffer]); columns.Len() > 0 {
			p.gradientReads[n.Index] = columns.Shift(-a.columns.Lo)
		}
		if !forward[a.buffer] {
			p.reads[n.Index] = p.gradientReads[n.Index]
		}
	}
	for _, a := range p.computed {
		if a.columns = a.columns.Intersect(reads[a.buffer]); a.columns.Len() > 0 {
			p.fetched = append(p.fetched, a)
		}
	}
}

// Join copies to a worker's private buffers the columns that its gradients read in the other
// workers' rows.
func (team *Team) Join(worker, rows int) {
	p := &team.Workers[worker].private
	for _, a := range p.fetched {
		if !slices.ContainsFunc(p.forwardReads, a.within) {
			team.fetch(worker, a, rows)
		}
	}
}

// joinForward copies the columns of a node that Forward reads in all rows.
func (team *Team) joinForward(worker int, n *Node, rows int) {
	for _, a := range team.Workers[worker].private.fetched {
		if a.within(team.ws.net.layout.areaOf(n)) {
			team.fetch(worker, a, rows)
		}
	}
}

// within reports whether a lies within another area.
func (a area) within(other area) bool {
	return a.buffer == other.buffer &&
		a.columns.Lo >= other.columns.Lo && a.columns.Hi <= other.columns.Hi
}

// fetch copies the other workers' rows of an area from their private buffers.
func (team *Team) fetch(worker int, a area, rows int) {
	to := team.Workers[worker].private.values[a.buffer].Columns(a.columns.Lo, a.columns.Hi)
	for i, other := range team.Workers {
		if i == worker {
			continue
		}
		from := other.private.values[a.buffer].Columns(a.columns.Lo, a.columns.Hi)
		lo, hi := team.Share(rows, i)
		for r := lo; r < hi; r++ {
			copy(to.Row(r), from.Row(r))
		}
	}
}
