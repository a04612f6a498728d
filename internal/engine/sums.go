package engine

import (
	"braid/internal/kernel"
	"braid/op"
)

// sumRows is how many rows one chunk of a RowCoupled op's sums covers.
const sumRows = 8

// sums is the memory of a RowCoupled op's sums: one array for each chunk of rows. After the fold the first
// holds the total.
type sums struct {
	op                op.RowCoupled
	forward, backward [][]float32
}

// newSums makes the sums of the nodes that couple rows, in training.
func (ws *Workspace) newSums() []*sums {
	list := make([]*sums, len(ws.net.Nodes))
	for i, n := range ws.net.Nodes {
		coupled, ok := n.Op.(op.RowCoupled)
		if !ok || ws.mode != Train {
			continue
		}
		s := &sums{op: coupled}
		forward, backward := coupled.Widths()
		for lo := 0; lo < ws.rows; lo += sumRows {
			s.forward = append(s.forward, newScratch(forward))
			s.backward = append(s.backward, newScratch(backward))
		}
		list[i] = s
	}
	return list
}

// forwardSums computes a node that couples rows: sums of the worker's chunks, their fold, then its rows.
func (team *Team) forwardSums(worker int, n *Node, rows int) bool {
	w, s := team.Workers[worker], team.coupled[n.Index]
	t := &w.tasks[n.Index]
	team.eachChunk(worker, rows, t, func(chunk int) { s.op.ForwardSums(t, s.forward[chunk]) })
	if !team.meet(worker) {
		return false
	}
	t.Sums = s.forward[0]
	if worker == 0 {
		foldTree(s.forward[:chunks(rows)], s.op.FoldForward)
	}
	if !team.meet(worker) {
		return false
	}
	lo, hi := team.Share(rows, worker)
	w.forward(n, lo, hi)
	return true
}

// UpdateState updates the state of the ops that couple rows. One worker calls it once per training step, when
// the step is known to be good.
func (team *Team) UpdateState() {
	for i, s := range team.coupled {
		if s != nil {
			s.op.UpdateState(&team.Workers[0].tasks[i])
		}
	}
}

// backwardSums is the same for the gradient.
func (team *Team) backwardSums(worker int, n *Node, rows int) bool {
	w, s := team.Workers[worker], team.coupled[n.Index]
	t := &w.tasks[n.Index]
	t.Lo, t.Hi = team.Share(rows, worker)
	w.outGrad(n, t)
	team.eachChunk(worker, rows, t, func(chunk int) { s.op.BackwardSums(t, s.backward[chunk]) })
	if !team.meet(worker) {
		return false
	}
	if worker == 0 {
		foldTree(s.backward[:chunks(rows)], kernel.Default().Add)
	}
	if !team.meet(worker) {
		return false
	}
	t.GradSums = s.backward[0]
	t.Lo, t.Hi = team.Share(rows, worker)
	n.Op.Backward(t)
	return true
}

func chunks(rows int) int { return (rows + sumRows - 1) / sumRows }

// eachChunk calls work with each chunk of a worker's rows, which the task then names.
func (team *Team) eachChunk(worker, rows int, t *op.Task, work func(chunk int)) {
	lo, hi := team.Share(rows, worker)
	for ; lo < hi; lo += sumRows {
		t.Lo, t.Hi = lo, min(lo+sumRows, hi)
		work(lo / sumRows)
	}
}

// foldTree combines arrays in place by a fixed balanced binary tree; the first becomes the total.
func foldTree(list [][]float32, combine func(sums, after []float32)) {
	for distance := 1; distance < len(list); distance *= 2 {
		for i := 0; i+distance < len(list); i += 2 * distance {
			combine(list[i], list[i+distance])
		}
	}
}
