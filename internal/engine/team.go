package engine

import (
	"slices"

	"braid/internal/parallel"
	"braid/op"
)

// Team is a group of workers that compute one batch, each in its own goroutine. In a training step
// each worker
//
//   - fills the columns of its Input and IDs that Reads returns, and calls Forward,
//   - calls Backward, and waits for all workers,
//   - fills the columns that ReadsLate returns, and calls Join,
//   - calls Gradient for each of its blocks.
type Team struct {
	Workers []*Worker

	ws      *Workspace
	meet    func(worker int) bool
	splits  []*split // by node; nil where the node does not use split-K
	coupled []*sums  // by node; nil where the node does not couple rows, or without training
	stages  []stage
	few     []stage // stages for a batch of few rows
}

// NewTeam makes a team. meet waits for all workers, and returns false if they must stop.
func (ws *Workspace) NewTeam(workers int, meet func(worker int) bool) *Team {
	team := &Team{ws: ws, meet: meet, splits: ws.newSplits(workers), coupled: ws.newSums()}
	for range workers {
		w := ws.newWorker()
		if workers > 1 && ws.mode != Predict {
			w.makePrivate()
		}
		team.Workers = append(team.Workers, w)
	}
	team.stages, team.few = team.compile(false), team.compile(true)
	return team
}

// NewSolo makes a team of one worker, which has no private copies.
func (ws *Workspace) NewSolo() *Team { return ws.NewTeam(1, func(int) bool { return true }) }

// Share returns the rows of a batch that a worker computes.
func (team *Team) Share(rows, worker int) (lo, hi int) {
	grain := 4 // rows of one tile of a matrix product
	if team.ws.net.coupled {
		grain = sumRows
	}
	return parallel.Share(rows, grain, worker, len(team.Workers))
}

// isFew reports whether a batch of rows rows uses the stages for few rows.
func (team *Team) isFew(rows int) bool {
	return len(team.Workers) > 1 && rows < fewRows*len(team.Workers) &&
		slices.ContainsFunc(team.few, func(s stage) bool { return s.kind == byColumns })
}

func (team *Team) stagesFor(rows int) []stage {
	if team.isFew(rows) {
		return team.few
	}
	return team.stages
}

// Input returns the window to fill for input i of Network.Inputs, if it is float32.
func (w *Worker) Input(i int) rows32 { return w.tasks[w.ws.net.Inputs[i].Index].Out }

// IDs returns the window to fill for input i of Network.Inputs, if it is int32.
func (w *Worker) IDs(i int) rowsOfIDs { return w.tasks[w.ws.net.Inputs[i].Index].IDs[0] }

// Begin prepares a worker's ops for a batch: its number of rows, the example of each row, and the
// number of the training step.
func (team *Team) Begin(worker, rows int, examples []int32, step uint64) {
	w := team.Workers[worker]
	for i, n := range team.ws.net.Nodes {
		w.tasks[i].Rows = rows
		if n.Random {
			w.tasks[i].Random = op.NewRandom(team.ws.net.seed, n.purpose, step, examples)
		}
	}
}

// Forward computes a worker's share of the first rows rows of the batch, or of a node's columns or
// products. It returns false if the worker must stop.
func (team *Team) Forward(worker, rows int) bool {
	w := team.Workers[worker]
	lo, hi := team.Share(rows, worker)
	for _, s := range team.stagesFor(rows) {
		n, good := s.nodes[0], true
		switch s.kind {
		case byRows:
			for _, n := range s.nodes {
				w.forward(n, lo, hi)
			}
		case withSums:
			good = team.forwardSums(worker, n, rows)
		case bySplits:
			good = team.forwardSplits(worker, n, rows)
		case byColumns:
			good = team.forwardColumns(worker, n, rows)
		}
		if !good {
			return false
		}
	}
	return true
}

// Backward computes the gradients that follow from each HeadGrad, for the worker's share of the
// first rows rows. It may be repeated after one Forward. It returns false if the worker must stop.
func (team *Team) Backward(worker, rows int) bool {
	w := team.Workers[worker]
	lo, hi := team.Share(rows, worker)
	w.clearGrads(lo, hi)
	for _, s := range slices.Backward(team.stagesFor(rows)) {
		for _, n := range slices.Backward(s.nodes) {
			if !team.ws.net.layout.trained[n.Index] {
				continue
			}
			good, columns := true, team.backwardColumns(worker, n, s.kind)
			switch {
			case s.kind == withSums:
				good = team.backwardSums(worker, n, rows)
			case columns != nil:
				good = team.backwardShared(worker, n, rows, *columns)
			default:
				w.backward(n, lo, hi)
			}
			if !good {
				return false
			}
		}
	}
	return true
}

// forwardColumns computes a worker's columns of a node for all rows.
func (team *Team) forwardColumns(worker int, n *Node, rows int) bool {
	w := team.Workers[worker]
	if !team.meet(worker) {
		return false
	}
	team.joinAll(worker, n.Inputs[0], rows)
	t := &w.tasks[n.Index]
	out := t.Out
	t.Out, t.Lo, t.Hi = w.result(n), 0, rows
	n.columnParallel().ForwardColumns(t, team.columns(worker, op.Span{Hi: lastAxis(n.Shape)}))
	t.Out = out
	if !team.meet(worker) {
		return false
	}
	lo, hi := team.Share(rows, worker)
	w.activate(n, lo, hi)
	return true
}

// columns returns a worker's share of columns.
func (team *Team) columns(worker int, all op.Span) op.Span {
	lo, hi := parallel.Share(all.Len(), columnsGrain, worker, len(team.Workers))
	return op.Span{Lo: lo, Hi: hi}.Shift(all.Lo)
}

// backwardColumns returns the columns of a node's input whose gradient a worker computes for all
// rows, or nil if each worker computes its rows.
func (team *Team) backwardColumns(worker int, n *Node, kind stageKind) *op.Span {
	if kind != bySplits && kind != byColumns {
		return nil
	}
	wanted := team.Workers[worker].tasks[n.Index].Wanted[0]
	if kind == bySplits {
		if wanted.Len() == 0 {
			return nil
		}
		own := team.splits[n.Index].columns(worker).Intersect(wanted)
		return &own
	}
	// Columns run along the last axis. With more axes, every column may be wanted.
	in := n.Inputs[0].Shape
	if wanted.Len() > 0 && in.Size() != lastAxis(in) {
		wanted = op.Span{Hi: lastAxis(in)}
	}
	own := team.columns(worker, wanted)
	return &own
}

// backwardShared computes columns of a node's input gradient for all rows.
func (team *Team) backwardShared(worker int, n *Node, rows int, columns op.Span) bool {
	w := team.Workers[worker]
	t := &w.tasks[n.Index]
	t.Lo, t.Hi = team.Share(rows, worker)
	w.outGrad(n, t)
	if !team.meet(worker) {
		return false
	}
	t.Lo, t.Hi = 0, rows
	n.Op.(op.ColumnParallel).BackwardColumns(t, columns)
	return team.meet(worker)
}
