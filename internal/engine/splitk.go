package engine

import (
	"braid/op"
)

// split is a node whose split-K products are divided among the workers of a team.
type split struct {
	op       op.SplitK
	spans    []op.Span
	partials []rows32 // by product
	each     int      // consecutive products of each worker
}

// splitWeights is the smallest layer, in weights, for which split-K gains more than its barriers
// cost.
const splitWeights = 1 << 13

// newSplits finds the nodes that use split-K: those with more weights than numbers in the partial
// sums, which pass between the workers' caches.
func (ws *Workspace) newSplits(workers int) []*split {
	list := make([]*split, len(ws.tasks))
	for i, n := range ws.net.Nodes {
		k, ok := n.Op.(op.SplitK)
		if !ok || ws.mode != Train || workers < 2 || !ws.net.layout.trained[i] {
			continue
		}
		spans := k.Splits()
		tooSmall := n.weightCount() < max(splitWeights, 2*ws.rows*n.Shape.Size())
		if len(spans) == 0 || len(spans)%workers != 0 || tooSmall {
			continue
		}
		s := &split{op: k, spans: spans, each: len(spans) / workers}
		for range spans {
			s.partials = append(s.partials, newRows(ws.rows, n.Shape.Size()))
		}
		list[i] = s
	}
	return list
}

// columns returns the columns of the input that a worker's products read.
func (s *split) columns(worker int) op.Span {
	return op.Span{Lo: s.spans[worker*s.each].Lo, Hi: s.spans[(worker+1)*s.each-1].Hi}
}

// ownerOf returns the worker whose split-K products read a block. It returns false if the block's
// node does not use split-K, or if no product reads the block.
func (team *Team) ownerOf(b WeightBlock) (worker int, ok bool) {
	first := b.uses[0]
	s := team.splits[first.node.Index]
	if s == nil || len(b.uses) > 1 {
		return 0, false
	}
	reads := s.op.GradientReads(0, first.weight, b.Block)
	if reads.Len() == 0 {
		return 0, false
	}
	middle := (reads.Lo + reads.Hi) / 2
	for middle >= s.columns(worker).Hi {
		worker++
	}
	return worker, true
}

// forwardSplits computes a worker's products of a node for all rows, then the sum for its rows.
func (team *Team) forwardSplits(worker int, n *Node, rows int) bool {
	w, s := team.Workers[worker], team.splits[n.Index]
	if !team.meet(worker) {
		return false
	}
	team.joinForward(worker, n.Inputs[0], rows)
	t := &w.tasks[n.Index]
	out := t.Out
	t.Out, t.Lo, t.Hi = w.result(n), 0, rows
	for i := worker * s.each; i < (worker+1)*s.each; i++ {
		s.op.ForwardPartial(t, i, s.partials[i])
	}
	if !team.meet(worker) {
		return false
	}
	t.Lo, t.Hi = team.Share(rows, worker)
	s.op.ForwardSum(t, s.partials)
	t.Out = out
	w.activate(n, t.Lo, t.Hi)
	return true
}

// backwardSplits computes a node's input gradient: the worker's columns for all rows.
func (team *Team) backwardSplits(worker int, n *Node, rows int) bool {
	w := team.Workers[worker]
	t := &w.tasks[n.Index]
	t.Lo, t.Hi = team.Share(rows, worker)
	w.outGrad(n, t)
	if t.Wanted[0].Len() == 0 {
		return true
	}
	if !team.meet(worker) {
		return false
	}
	t.Lo, t.Hi = 0, rows
	s := team.splits[n.Index]
	s.op.BackwardColumns(t, s.columns(worker).Intersect(t.Wanted[0]))
	return team.meet(worker)
}
