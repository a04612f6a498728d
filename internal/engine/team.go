package engine

import (
	"slices"

	"braid/internal/exec"
	"braid/op"
)

// Team is the workers that compute a batch together, each in its own goroutine. A step of a worker is
// Forward, after it filled its Input and IDs as Reads says; Backward; and, once all workers have come so
// far, Join and Gradient for the blocks that it was dealt, after it filled what ReadsLate says.
type Team struct {
	Workers []*Worker

	ws      *Workspace
	meet    func(worker int) bool
	splits  []*split // by node: of those whose products the workers share
	coupled []*sums  // by node: of those that couple rows, in training
	stages  []stage
	few     []stage // where a batch has few rows
}

// NewTeam makes a team. Meet waits for all workers, and returns false where all must stop.
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

// NewSolo makes a team of one worker, which computes in the workspace's own memory.
func (ws *Workspace) NewSolo() *Team { return ws.NewTeam(1, func(int) bool { return true }) }

// Share returns the rows of a batch that a worker computes.
func (team *Team) Share(rows, worker int) (lo, hi int) {
	grain := 4 // rows of a vector product
	if team.ws.net.coupled {
		grain = sumRows
	}
	return exec.Share(rows, grain, worker, len(team.Workers))
}

// isFew reports whether the workers share columns in a batch of so few rows.
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

// Input returns the window to fill for input i of Network.Inputs, where it is float32.
func (w *Worker) Input(i int) rows32 { return w.tasks[w.ws.net.Inputs[i].Index].Out }

// IDs returns the window to fill for input i of Network.Inputs, where it is int32.
func (w *Worker) IDs(i int) rowsOfIDs { return w.tasks[w.ws.net.Inputs[i].Index].IDs[0] }

// Begin tells the ops of a worker which batch comes: how many rows, which example each row is, and the
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

// Forward computes the first rows rows of the batch: of each node the rows that the worker has a share of; of
// nodes at which the workers meet, its share. It returns false where the worker must stop.
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

// Backward computes the gradients that follow from each HeadGrad, for the worker's share of the first rows
// rows. It may be repeated after one Forward. It returns false where the worker must stop.
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
	n.columnParallel().ForwardColumns(t, team.columns(worker, op.Span{Hi: last(n.Shape)}))
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
	lo, hi := exec.Share(all.Len(), columnsGrain, worker, len(team.Workers))
	return op.Span{Lo: lo, Hi: hi}.Shift(all.Lo)
}

// backwardColumns returns the columns of a node's input whose gradient a worker computes for all rows, nil
// where each worker computes its rows.
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
	if wanted.Len() > 0 && n.Inputs[0].Shape.Size() != last(n.Inputs[0].Shape) { // each step of a row has all
		wanted = op.Span{Hi: last(n.Inputs[0].Shape)}
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
