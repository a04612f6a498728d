package engine

import (
	"braid/internal/kernel"
	"braid/internal/parallel"
	"braid/op"
)

// sumRows is the number of rows in one chunk of a RowCoupled op's sums.
const sumRows = 8

// sums holds a RowCoupled op's sums, one array for each chunk of rows. After the fold the first
// array holds the total.
type sums struct {
	op                op.RowCoupled
	forward, backward [][]float32
}

// newSums allocates the sums of the nodes that couple rows. It does so only for training.
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
			s.forward = append(s.forward, parallel.Floats(forward))
			s.backward = append(s.backward, parallel.Floats(backward))
		}
		list[i] = s
	}
	return list
}

// forwardSums computes a node that couples rows: the sums of the worker's chunks, the fold of all
// chunks, then the worker's rows.
func (team *Team) forwardSums(worker int, n *Node, rows int) bool {
	w, s := team.Workers[worker], team.coupled[n.Index]
	t := &w.tasks[n.Index]
	team.eachChunk(worker, rows, t, func(chunk int) { s.op.ForwardSums(t, s.forward[chunk]) })
	if !team.meet(worker) {
		return false
	}
	t.Sums = s.forward[0]
	if worker == 0 {
		foldTree(s.forward[:chunks(rows, sumRows)], s.op.FoldForward)
	}
	if !team.meet(worker) {
		return false
	}
	lo, hi := team.Share(rows, worker)
	w.forward(n, lo, hi)
	return true
}

// UpdateState updates the state of the ops that couple rows. One worker calls it once per training
// step, after the step's values are known to be finite.
func (team *Team) UpdateState() {
	for i, s := range team.coupled {
		if s != nil {
			s.op.UpdateState(&team.Workers[0].tasks[i])
		}
	}
}

// backwardSums computes the gradient of a node in the same three steps as forwardSums.
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
		foldTree(s.backward[:chunks(rows, sumRows)], kernel.Default().Add)
	}
	if !team.meet(worker) {
		return false
	}
	t.GradSums = s.backward[0]
	t.Lo, t.Hi = team.Share(rows, worker)
	n.Op.Backward(t)
	return true
}

// eachChunk sets t.Lo and t.Hi to each chunk of the worker's rows and calls work.
func (team *Team) eachChunk(worker, rows int, t *op.Task, work func(chunk int)) {
	lo, hi := team.Share(rows, worker)
	for ; lo < hi; lo += sumRows {
		t.Lo, t.Hi = lo, min(lo+sumRows, hi)
		work(lo / sumRows)
	}
}

// foldTree combines arrays in place by the tree of Gradient. The first becomes the total.
func foldTree(list [][]float32, combine func(sums, after []float32)) {
	for distance := 1; distance < len(list); distance *= 2 {
		for i := 0; i+distance < len(list); i += 2 * distance {
			combine(list[i], list[i+distance])
		}
	}
}
