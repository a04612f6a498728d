package engine

import (
	"slices"

	"braid/internal/kernel"
)

// stage is work without barriers: nodes that each worker computes on its rows, block by block, so
// that what a node writes is in the cache when the next node reads it. A node that uses split-K is
// a stage of its own, with barriers inside.
type stage struct {
	split *Node

	first *Node // couples rows: the stage before computed its sums; nil for none
	nodes []*Node
	next  *Node // couples rows: its sums end the stage, and a barrier follows; nil for none

	least, most int // see blockRows
}

// compile groups the nodes into stages. Inputs, and views that copy nothing, are left out.
func (team *Team) compile() []stage {
	var list []stage
	current := stage{most: allRows}
	flush := func() {
		if current.first != nil || len(current.nodes) > 0 || current.next != nil {
			list = append(list, current)
		}
		current = stage{most: allRows}
	}
	join := func(n *Node) {
		least, most := team.ws.blockRows(n)
		if least > current.most || most < current.least {
			flush()
		}
		current.least, current.most = max(current.least, least), min(current.most, most)
	}
	for i, n := range team.ws.net.Nodes {
		switch {
		case team.ws.isSkipped(n):
		case team.splits[i] != nil:
			flush()
			list = append(list, stage{split: n})
		case team.coupled[i] != nil:
			join(n)
			current.next = n
			flush()
			join(n)
			current.first = n
		default:
			join(n)
			current.nodes = append(current.nodes, n)
		}
	}
	flush()
	return list
}

// isSkipped reports whether a node has no work.
func (ws *Workspace) isSkipped(n *Node) bool {
	return n.Op == nil || ws.net.layout.copiesNothing(n.Index, n) &&
		ws.logits[n.Index].IsNil() && !n.Head
}

// blockBytes is the size of a node's inputs and output of a block: they must stay in the L2 cache
// until the next node reads them.
const blockBytes = 1 << 20

// allRows is more rows than a batch has.
const allRows = 1 << 30

// blockRows returns the least and the most rows of a block that suit a node. Each block reads the
// node's weights again, which should not take longer than its input and output. A node that saves
// numbers gets all rows at once: recurrent layers put rows into the lanes of a vector. In
// prediction nodes share memory, so that each needs all rows of the one before; a pass has few rows
// anyway.
func (ws *Workspace) blockRows(n *Node) (least, most int) {
	if ws.mode == Predict {
		return 0, allRows
	}
	numbers := n.Shape.Size()
	for _, in := range n.Inputs {
		numbers += in.Shape.Size()
	}
	if most = max(blockBytes/4/numbers, sumRows) / sumRows * sumRows; most >= ws.rows {
		most = allRows
	}
	if len(n.Saved) > 0 {
		return allRows, most
	}
	return min(n.weightCount()/numbers, allRows), most
}

// block returns the rows of a block.
func (s *stage) block() int {
	if s.least > s.most {
		return allRows
	}
	return s.most
}

// eachBlock calls work with each block of a worker's rows.
func (team *Team) eachBlock(worker, rows int, s *stage, work func(lo, hi int)) {
	lo, end := team.Share(rows, worker)
	for ; lo < end; lo += s.block() {
		work(lo, min(lo+s.block(), end))
	}
}

// forwardStage computes a stage. It returns false if the worker must stop.
func (team *Team) forwardStage(worker int, s *stage, rows int) bool {
	if s.split != nil {
		return team.forwardSplits(worker, s.split, rows)
	}
	w := team.Workers[worker]
	team.eachBlock(worker, rows, s, func(lo, hi int) {
		if s.first != nil {
			w.forward(s.first, lo, hi)
		}
		for _, n := range s.nodes {
			w.forward(n, lo, hi)
		}
		if s.next != nil {
			team.forwardSums(w, s.next, lo, hi)
		}
	})
	if s.next == nil {
		return true
	}
	c := team.coupled[s.next.Index]
	w.tasks[s.next.Index].Sums = c.forward[0]
	return team.fold(worker, rows, c.forward, c.op.FoldForward)
}

// backwardStage computes the gradients of a stage. It returns false if the worker must stop.
func (team *Team) backwardStage(worker int, s *stage, rows int) bool {
	w := team.Workers[worker]
	reached := w.pass.reached
	if s.split != nil {
		if !reached[s.split.Index] {
			return true
		}
		lo, hi := team.Share(rows, worker)
		w.clearGrads(s.split, lo, hi)
		return team.backwardSplits(worker, s.split, rows)
	}
	coupled := s.first != nil && reached[s.first.Index]
	team.eachBlock(worker, rows, s, func(lo, hi int) {
		if s.next != nil && reached[s.next.Index] {
			w.clearGrads(s.next, lo, hi)
			t := &w.tasks[s.next.Index]
			t.Lo, t.Hi = lo, hi
			s.next.Op.Backward(t)
		}
		for _, n := range slices.Backward(s.nodes) {
			if reached[n.Index] {
				w.clearGrads(n, lo, hi)
				w.backward(n, lo, hi)
			}
		}
		if coupled {
			team.backwardSums(w, s.first, lo, hi)
		}
	})
	if !coupled {
		return true
	}
	c := team.coupled[s.first.Index]
	w.tasks[s.first.Index].GradSums = c.backward[0]
	return team.fold(worker, rows, c.backward, kernel.Default().Add)
}
