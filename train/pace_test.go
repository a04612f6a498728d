package train

import (
	"testing"
	"time"
)

// play runs steps of which each takes, by who runs it, as long as cost says, and returns how many each ran.
func play(p *pace, steps int, cost [2]time.Duration) (ran [2]int) {
	for steps > 0 {
		l, n := p.next(steps)
		who := 0
		if l == p.loops[1] {
			who = 1
		}
		ran[who] += n
		p.ran(n, time.Duration(n)*cost[who])
		steps -= n
	}
	return ran
}

func TestPace(t *testing.T) {
	p := &pace{loops: [2]*loop{{}, {}}, wait: strideSteps}
	quick, slow := 20*time.Microsecond, 30*time.Microsecond
	if ran := play(p, 100_000, [2]time.Duration{quick, slow}); ran[1] > 1000 || ran[1] < 3*trialSteps {
		t.Errorf("where all are quicker, one ran %d of 100,000 steps", ran[1])
	}
	// Another program comes: all take ten times as long.
	if ran := play(p, 100_000, [2]time.Duration{10 * quick, slow}); ran[0] > 2*strideSteps+1000 {
		t.Errorf("where one is quicker, all ran %d of 100,000 steps", ran[0])
	}
	// It goes: all are found to be quicker again.
	if ran := play(p, 200_000, [2]time.Duration{quick, slow}); ran[0] < 150_000 {
		t.Errorf("where all are quicker again, they ran %d of 200,000 steps", ran[0])
	}
	alone := &loop{}
	p = &pace{loops: [2]*loop{alone, alone}}
	if l, n := p.next(77); l != alone || n != 77 {
		t.Errorf("with nothing to choose, %d of 77 steps", n)
	}
}
