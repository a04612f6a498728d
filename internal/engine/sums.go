package engine

import (
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

// forwardSums computes the sums of rows lo to hi of a node, chunk by chunk.
func (team *Team) forwardSums(w *Worker, n *Node, lo, hi int) {
	t, s := &w.tasks[n.Index], team.coupled[n.Index]
	eachChunk(t, lo, hi, func(chunk int) { s.op.ForwardSums(t, s.forward[chunk]) })
}

// backwardSums computes the gradient of a node's output before the activation, and its sums.
func (team *Team) backwardSums(w *Worker, n *Node, lo, hi int) {
	t, s := &w.tasks[n.Index], team.coupled[n.Index]
	t.Lo, t.Hi = lo, hi
	w.outGrad(n, t)
	eachChunk(t, lo, hi, func(chunk int) { s.op.BackwardSums(t, s.backward[chunk]) })
}

// fold adds up the sums of all chunks. It returns false if the worker must stop.
func (team *Team) fold(
	worker, rows int, sums [][]float32, combine func(sums, after []float32),
) bool {
	if !team.meet(worker) {
		return false
	}
	if worker == 0 {
		foldTree(sums[:chunks(rows, sumRows)], combine)
	}
	return team.meet(worker)
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

// eachChunk sets t.Lo and t.Hi to each chunk of rows lo to hi and calls work.
func eachChunk(t *op.Task, lo, hi int, work func(chunk int)) {
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
