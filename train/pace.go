package train

import (
	"runtime"
	"time"

	"braid"
	"braid/internal/engine"
)

// pace chooses by timing who runs the next steps: all workers, or one alone. How many help depends on the
// network, on how far apart the processors are, and on what else the machine has to do: workers that wait
// for one who has no processor take many times as long as one would alone. The bytes are the same.
type pace struct {
	loops [2]*loop         // of all workers, and of one
	took  [2]time.Duration // a step, when last run; 0: never
	now   int              // which runs
	left  int              // steps until the other is tried again
	wait  int              // steps that were between the last two trials
	trial bool             // the other is being tried
}

const (
	trialSteps  = 32 // of the one that is not chosen, to see whether it should be
	strideSteps = 512
	longestWait = 1 << 14
	// mostWork is the weights times rows of a step above which one worker is never as fast as more.
	mostWork = 1 << 27
)

// newPace makes the loops to choose from; there is one where the plan says how many workers.
func newPace(m *braid.Model, plan Plan, rows int) (*pace, error) {
	all, err := newLoop(m, plan, rows, engine.Train, nil)
	if err != nil {
		return nil, err
	}
	p := &pace{loops: [2]*loop{all, all}, wait: strideSteps}
	work := 0
	for _, w := range m.Weights() {
		work += w.Shape().Size() * rows
	}
	if plan.Workers == 0 && runtime.GOMAXPROCS(0) > 1 && work <= mostWork {
		plan.Workers = 1
		p.loops[1], err = newLoop(m, plan, rows, engine.Train, all.slots)
	}
	return p, err
}

// next is who runs the next steps, and how many of those that are left.
func (p *pace) next(left int) (*loop, int) {
	if p.loops[0] == p.loops[1] {
		return p.loops[0], left
	}
	steps := strideSteps
	if p.trial = p.took[0] == 0 || p.took[1] == 0 || p.left <= 0; p.trial {
		steps = trialSteps
		p.now = 1 - p.now
		if p.took[0] == 0 {
			p.now = 0
		}
	}
	return p.loops[p.now], min(steps, left)
}

// ran tells how long so many steps took.
func (p *pace) ran(steps int, took time.Duration) {
	before := p.took[p.now]
	p.took[p.now] = max(took/time.Duration(max(steps, 1)), 1)
	other := p.took[1-p.now]
	switch {
	case other == 0:
	case p.trial:
		p.wait = min(2*p.wait, longestWait) // the same again: try less often
		if p.took[p.now] < other {
			p.wait = strideSteps
		} else {
			p.now = 1 - p.now
		}
		p.left = p.wait
	case before > 0 && p.took[p.now] > before*3/2: // something has changed
		p.left = 0
	default:
		p.left -= steps
	}
}
