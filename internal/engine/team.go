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
	team.stages = team.compile()
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

// Forward computes a worker's share of the first rows rows of the batch, or of a node's
// products. It returns false if the worker must stop.
func (team *Team) Forward(worker, rows int) bool {
	for i := range team.stages {
		if !team.forwardStage(worker, &team.stages[i], rows) {
			return false
		}
	}
	return true
}

// Backward computes the gradients that follow from each HeadGrad, for the worker's share of the
// first rows rows. It may be repeated after one Forward. It returns false if the worker must stop.
func (team *Team) Backward(worker, rows int) bool {
	return team.BackwardPass(worker, rows, team.ws.all)
}

// BackwardPass is Backward for one pass. Gradients of weights that follow need the blocks that
// p.Block returns.
func (team *Team) BackwardPass(worker, rows int, p *Pass) bool {
	w := team.Workers[worker]
	if w.pass != p {
		w.pass = p
		for i := range w.tasks {
			w.tasks[i].Fresh = p.fresh[i]
		}
	}
	for i := range slices.Backward(team.stages) {
		if !team.backwardStage(worker, &team.stages[i], rows) {
			return false
		}
	}
	return true
}
