package braid

import "braid/internal/exec"

// Divisible is an op that can compute some columns of its output alone. Where a batch has too few rows
// to keep all workers busy, they share the columns of large layers instead. Each number is computed as
// Forward and Backward do: which worker does it changes no byte.
type Divisible interface {
	Weighted
	// ForwardColumns computes, of rows t.Lo to t.Hi, those columns along the last axis of the output.
	ForwardColumns(t *Task, columns Span)
	// BackwardColumns adds to those columns along the last axis of the input's gradient.
	BackwardColumns(t *Task, columns Span)
}

const (
	fewRows      = 8       // a worker: with fewer, sharing columns beats sharing rows
	manyWeights  = 1 << 15 // of a layer: with fewer, two more meetings cost more than they gain
	columnsGrain = 16      // shares of columns begin at whole vectors
)

// Team is workers of one pass that compute a batch together.
type Team struct {
	Workers []*Worker
	Share   func(rows, worker int) (lo, hi int) // the rows of a batch that a worker answers for
	Meet    func(worker int) bool               // waits for all; false where all must stop
}

// Shares tells whether workers should compute a batch of so many rows together.
func (m *Model) Shares(rows, workers int) bool {
	if workers < 2 || rows >= fewRows*workers {
		return false
	}
	for _, n := range m.nodes {
		if n.divisible() != nil {
			return true
		}
	}
	return false
}

// divisible is the node's op where its columns are to be shared, else nil.
func (n *Node) divisible() Divisible {
	op, ok := n.op.(Divisible)
	weights := 0
	for _, w := range n.weights {
		weights += w.shape.Size()
	}
	if !ok || weights < manyWeights {
		return nil
	}
	return op
}

// Forward is worker's part of computing the first rows rows: of each layer it does the rows that it
// answers for, and of large layers some columns of all rows. Every worker's inputs must hold all rows.
func (team Team) Forward(worker, rows int) bool {
	w := team.Workers[worker]
	lo, hi := team.Share(rows, worker)
	for i, n := range w.pass.model.nodes {
		op := n.divisible()
		if op == nil {
			w.forward(i, lo, hi)
			continue
		}
		if !team.Meet(worker) {
			return false
		}
		team.join(worker, n.inputs[0], rows)
		t := &w.tasks[i]
		t.Lo, t.Hi = 0, rows
		out := t.Out
		t.Out = w.logits(i)
		op.ForwardColumns(t, team.columns(worker, Span{0, last(n.shape)}))
		t.Out = out
		if !team.Meet(worker) {
			return false
		}
		w.activateForward(i, lo, hi)
	}
	return true
}

// Backward is worker's part of what Worker.Backward does for the first rows rows.
func (team Team) Backward(worker, rows int) bool {
	w := team.Workers[worker]
	lo, hi := team.Share(rows, worker)
	w.clearGrads(lo, hi)
	nodes := w.pass.model.nodes
	for i := len(nodes) - 1; i >= 0; i-- {
		n := nodes[i]
		if n.layer == nil || !w.pass.model.plan.trained[i] {
			continue
		}
		op := n.divisible()
		if op == nil {
			w.backward(i, lo, hi)
			continue
		}
		t := &w.tasks[i]
		t.Lo, t.Hi = lo, hi
		w.activate(n, t)
		if !team.Meet(worker) {
			return false
		}
		t.Lo, t.Hi = 0, rows
		if wanted := t.Wanted[0]; wanted.Lo < wanted.Hi {
			if n.inputs[0].shape.Size() != last(n.inputs[0].shape) { // the steps of a row want them all
				wanted = Span{0, last(n.inputs[0].shape)}
			}
			op.BackwardColumns(t, team.columns(worker, wanted))
		}
		if !team.Meet(worker) {
			return false
		}
	}
	return true
}

// join brings a node's rows, where they lie in memory of the worker's own, from the workers that computed
// them.
func (team Team) join(worker int, n *Node, rows int) {
	w := team.Workers[worker]
	for i, other := range team.Workers {
		if i != worker {
			lo, hi := team.Share(rows, i)
			w.joinBuffer(w.pass.model.plan.places[n.index].buffer, other, lo, hi)
		}
	}
}

// columns is a worker's share of columns.
func (team Team) columns(worker int, all Span) Span {
	lo, hi := exec.Share(all.Hi-all.Lo, columnsGrain, worker, len(team.Workers))
	return Span{all.Lo + lo, all.Lo + hi}
}
