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

// Team is workers of one pass that compute a batch together, in three steps of each worker: Forward, after
// it filled its Input and Tokens as Reads says; Backward; and, once all have come so far, Join and
// Worker.Gradient for the blocks that it was dealt, after it filled what ReadsLate says.
type Team struct {
	Workers []*Worker
	share   func(rows, worker int) (lo, hi int)
	meet    func(worker int) bool
	sums    []*sum // by node: of those whose terms the workers share
}

// NewTeam makes a team. Share is the rows of a batch that a worker answers for; meet waits for all workers,
// and is false where all must stop.
func (p *Pass) NewTeam(workers int, share func(rows, worker int) (lo, hi int), meet func(worker int) bool) *Team {
	team := &Team{share: share, meet: meet, sums: p.sums(workers)}
	for range workers {
		team.Workers = append(team.Workers, p.newWorker())
	}
	return team
}

// sharesColumns tells whether the team computes a batch of so few rows by columns.
func (team *Team) sharesColumns(rows int) bool {
	if len(team.Workers) < 2 || rows >= fewRows*len(team.Workers) {
		return false
	}
	for _, n := range team.Workers[0].pass.model.nodes {
		if n.divisible() != nil {
			return true
		}
	}
	return false
}

// divisible is the node's op where its columns are to be shared, else nil.
func (n *Node) divisible() Divisible {
	op, ok := n.op.(Divisible)
	if !ok || n.weightCount() < manyWeights {
		return nil
	}
	return op
}

func (n *Node) weightCount() int {
	count := 0
	for _, w := range n.weights {
		count += w.shape.Size()
	}
	return count
}

// Reads is the columns of input i that a worker must fill before Forward, of the rows that another worker,
// or it itself, answers for in a batch of so many.
func (team *Team) Reads(worker, answers, i, rows int) Span {
	w := team.Workers[worker]
	node := w.pass.nth(i, false)
	switch {
	case team.sharesColumns(rows):
		return Span{0, w.pass.model.nodes[node].shape.Size()}
	case answers == worker:
		return w.own.reads[node]
	case len(w.own.early) > 0:
		return w.own.needs[node]
	}
	return Span{}
}

// ReadsLate is the columns of input i that a worker must fill before Gradient, of the rows that another
// answers for, where it has not done so before Forward.
func (team *Team) ReadsLate(worker, answers, i, rows int) Span {
	w := team.Workers[worker]
	if answers == worker || team.sharesColumns(rows) || len(w.own.early) > 0 {
		return Span{}
	}
	return w.own.needs[w.pass.nth(i, false)]
}

// Forward is a worker's part of computing the first rows rows: of each layer it does the rows that it
// answers for; of large layers its terms of all rows, or, where there are few rows, some columns of all.
func (team *Team) Forward(worker, rows int) bool {
	w, few := team.Workers[worker], team.sharesColumns(rows)
	lo, hi := team.share(rows, worker)
	for i, n := range w.pass.model.nodes {
		op, sum := n.divisible(), team.sums[i]
		if sum == nil && (op == nil || !few) {
			w.forward(i, lo, hi)
			continue
		}
		if !team.meet(worker) {
			return false
		}
		team.join(worker, n.inputs[0], rows, few)
		t := &w.tasks[i]
		out := t.Out
		t.Out, t.Lo, t.Hi = w.logits(i), 0, rows
		if sum != nil {
			sum.forwardTerms(t, worker)
		} else {
			op.ForwardColumns(t, team.columns(worker, Span{0, last(n.shape)}))
		}
		if !team.meet(worker) {
			return false
		}
		if sum != nil {
			t.Lo, t.Hi = lo, hi
			sum.op.ForwardSum(t, sum.terms)
		}
		t.Out = out
		w.activateForward(i, lo, hi)
	}
	return true
}

// Backward is worker's part of what Worker.Backward does for the first rows rows.
func (team *Team) Backward(worker, rows int) bool {
	w, few := team.Workers[worker], team.sharesColumns(rows)
	lo, hi := team.share(rows, worker)
	w.clearGrads(lo, hi)
	nodes := w.pass.model.nodes
	for i := len(nodes) - 1; i >= 0; i-- {
		n, t := nodes[i], &w.tasks[i]
		if n.layer == nil || !w.pass.model.plan.trained[i] {
			continue
		}
		op, columns := team.backward(worker, i, few)
		if op == nil {
			w.backward(i, lo, hi)
			continue
		}
		t.Lo, t.Hi = lo, hi
		w.activate(n, t)
		if !team.meet(worker) {
			return false
		}
		t.Lo, t.Hi = 0, rows
		op.BackwardColumns(t, columns)
		if !team.meet(worker) {
			return false
		}
	}
	return true
}

// backward is the columns of a node's input whose gradient a worker computes for all rows, where the
// workers share them.
func (team *Team) backward(worker, i int, few bool) (Divisible, Span) {
	n := team.Workers[worker].pass.model.nodes[i]
	wanted := team.Workers[worker].tasks[i].Wanted[0]
	if sum := team.sums[i]; sum != nil && wanted.Lo < wanted.Hi {
		return sum.op, sum.columns(worker).within(wanted)
	}
	op := n.divisible()
	if op == nil || !few {
		return nil, Span{}
	}
	if wanted.Lo < wanted.Hi && n.inputs[0].shape.Size() != last(n.inputs[0].shape) { // the steps of a row want them all
		wanted = Span{0, last(n.inputs[0].shape)}
	}
	return op, team.columns(worker, wanted)
}

// Join brings to a worker what its gradients read of the rows that the others computed.
func (team *Team) Join(worker, rows int) {
	for i, other := range team.Workers {
		if i != worker {
			lo, hi := team.share(rows, i)
			team.Workers[worker].join(other, lo, hi)
		}
	}
}

// join brings a node's rows, where they lie in memory of the worker's own, from the workers that computed
// them: all of each, or what the worker's parts read.
func (team *Team) join(worker int, n *Node, rows int, all bool) {
	w := team.Workers[worker]
	buffer := w.pass.model.plan.places[n.index].buffer
	for i, other := range team.Workers {
		if i == worker {
			continue
		}
		lo, hi := team.share(rows, i)
		if all {
			w.joinBuffer(buffer, other, lo, hi)
		} else {
			w.joinEarly(n, other, lo, hi)
		}
	}
}

// columns is a worker's share of columns.
func (team *Team) columns(worker int, all Span) Span {
	lo, hi := exec.Share(all.Hi-all.Lo, columnsGrain, worker, len(team.Workers))
	return Span{all.Lo + lo, all.Lo + hi}
}
