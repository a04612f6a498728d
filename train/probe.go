package train

import (
	"math"
	"runtime"
	"time"

	"braid"
	"braid/internal/engine"
)

// Where the plan does not say how many workers, Fit measures once, before the first step, whether one worker
// is faster than all: how much a second worker gains depends on the network, on how far apart the processors
// are, and on what else the machine does. The bytes are the same.
const (
	probeSteps  = 4 // per trial
	probeTrials = 8 // of each number of workers, at most
	probeTime   = 20 * time.Millisecond
	// mostWork is the weights times rows of a step above which one worker is never as fast as more.
	mostWork = 1 << 27
)

// newTrainer returns the loop that trains, and the table's columns for it.
func newTrainer(m *braid.Model, plan Plan, rows int, bind func(*loop) (*source, error)) (*loop, *source, error) {
	all, err := newLoop(m, plan, rows, engine.Train)
	if err != nil {
		return nil, nil, err
	}
	s, err := bind(all)
	work := 0
	for _, w := range m.Weights() {
		work += w.Shape().Size() * rows
	}
	if err != nil || plan.Workers != 0 || runtime.GOMAXPROCS(0) == 1 || work > mostWork {
		return all, s, err
	}
	plan.Workers = 1
	one, err := newLoop(m, plan, rows, engine.Train)
	if err != nil {
		return nil, nil, err
	}
	faster, err := fastest([]*loop{all, one}, func(l *loop) (time.Duration, error) { return l.probe(s) })
	return faster, s, err
}

// fastest returns the loop with the shortest trial. The loops take turns until probeTime has passed, but
// twice at least.
func fastest(loops []*loop, trial func(*loop) (time.Duration, error)) (*loop, error) {
	best, shortest := loops[0], time.Duration(math.MaxInt64)
	var total time.Duration
	for round := 0; round < 2 || round < probeTrials && total < probeTime; round++ {
		for _, l := range loops {
			took, err := trial(l)
			if err != nil {
				return nil, err
			}
			total += took
			if took < shortest && round > 0 { // the first round brings memory into the caches
				best, shortest = l, took
			}
		}
	}
	return best, nil
}

// probe times steps on the table's first rows that update nothing.
func (l *loop) probe(s *source) (time.Duration, error) {
	order := make([]int32, min(l.space.Rows(), s.rows))
	for i := range order {
		order[i] = int32(i)
	}
	defer l.reset()
	began := time.Now()
	err := l.crew.Run(func(worker int) {
		for range probeSteps {
			if !l.gradients(worker, s, order) || !l.crew.Meet(worker) {
				return
			}
		}
	})
	return time.Since(began), err
}

// gradients computes a worker's share of a step but the update of weights and state.
func (l *loop) gradients(worker int, s *source, order []int32) bool {
	if !l.forward(worker, s, order, 0) || !l.team.Backward(worker, len(order)) || !l.crew.Meet(worker) {
		return false
	}
	l.fill(worker, s, order, l.team.ReadsLate)
	l.team.Join(worker, len(order))
	for _, b := range l.blocks[worker] {
		l.team.Gradient(worker, b.WeightBlock, len(order), b.part.Gradient)
	}
	return true
}
