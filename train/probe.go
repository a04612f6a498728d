package train

import (
	"math"
	"runtime"
	"time"

	"braid"
	"braid/internal/engine"
)

// If the plan does not set Workers, Fit measures once, before the first step, whether one worker is
// faster than all. How much a second worker gains depends on the network, on the distance between
// the processors, and on the load of the machine. The bytes are the same.
const (
	probeSteps  = 4 // of a trial
	probeTrials = 8 // of each number of workers, at most
	probeTime   = 20 * time.Millisecond
	// maxProbedWork is the number of weights times rows of a step above which all workers are always
	// faster than one.
	maxProbedWork = 1 << 27
)

// newTrainingRunner returns the runner for training, and the dataset that bind returns for it.
func newTrainingRunner(m *braid.Model, plan Plan, rows int,
	bind func(*runner) (*dataset, error)) (*runner, *dataset, error) {
	all, err := newRunner(m, plan, rows, engine.Train)
	if err != nil {
		return nil, nil, err
	}
	ds, err := bind(all)
	work := 0
	for _, w := range m.Weights() {
		work += w.Shape().Size() * rows
	}
	if err != nil || plan.Workers != 0 || runtime.GOMAXPROCS(0) == 1 || work > maxProbedWork {
		return all, ds, err
	}
	plan.Workers = 1
	one, err := newRunner(m, plan, rows, engine.Train)
	if err != nil {
		return nil, nil, err
	}
	faster, err := fastest([]*runner{all, one}, func(run *runner) (time.Duration, error) {
		return run.probe(ds)
	})
	return faster, ds, err
}

// fastest returns the runner with the shortest trial. The runners alternate until probeTime has
// passed, at least twice.
func fastest(runners []*runner, trial func(*runner) (time.Duration, error)) (*runner, error) {
	best, shortest := runners[0], time.Duration(math.MaxInt64)
	var total time.Duration
	for round := 0; round < 2 || round < probeTrials && total < probeTime; round++ {
		for _, run := range runners {
			took, err := trial(run)
			if err != nil {
				return nil, err
			}
			total += took
			if took < shortest && round > 0 { // the first round warms the caches
				best, shortest = run, took
			}
		}
	}
	return best, nil
}

// probe measures the time of steps on the table's first rows that update nothing.
func (run *runner) probe(ds *dataset) (time.Duration, error) {
	run.use(ds)
	order := make([]int32, min(run.space.Rows(), ds.rows))
	for i := range order {
		order[i] = int32(i)
	}
	defer run.reset()
	began := time.Now()
	err := run.crew.Run(func(worker int) {
		for range probeSteps {
			if !run.gradients(worker, ds, order) || !run.crew.Meet(worker) {
				return
			}
		}
	})
	return time.Since(began), err
}

// gradients computes a worker's share of a step without the update of weights and state.
func (run *runner) gradients(worker int, ds *dataset, order []int32) bool {
	if !run.forward(worker, ds, order, 0) || !run.backward(worker, len(order), 0) ||
		!run.crew.Meet(worker) {
		return false
	}
	run.fill(worker, ds, order, run.team.ReadsLate)
	run.team.Join(worker, len(order))
	if run.combines() {
		return run.headGradients(worker, len(order), turn{batches: 1, last: true}, nil, nil)
	}
	for _, b := range run.blocks[worker] {
		run.team.Gradient(worker, b.WeightBlock, len(order), b.fresh)
	}
	return true
}
