package train

import (
	"errors"
	"testing"
	"time"
)

// fastest returns the runner with the shortest trial, ignores the first round, and limits the
// number of trials.
func TestFastest(t *testing.T) {
	all, one := &runner{}, &runner{}
	cost := map[*runner][]time.Duration{}
	trials := 0
	trial := func(l *runner) (time.Duration, error) {
		trials++
		took := cost[l][0]
		if len(cost[l]) > 1 {
			cost[l] = cost[l][1:]
		}
		return took, nil
	}
	for _, c := range []struct {
		all, one []time.Duration
		want     *runner
		trials   int
	}{
		{[]time.Duration{50, 20, 40}, []time.Duration{10, 30}, all, 2 * probeTrials},
		{[]time.Duration{10, 40}, []time.Duration{50, 60, 30}, one, 2 * probeTrials},
		{[]time.Duration{probeTime / 5}, []time.Duration{probeTime / 4}, all, 6},
		{[]time.Duration{probeTime}, []time.Duration{1}, one, 4},
	} {
		trials = 0
		cost[all], cost[one] = c.all, c.one
		got, err := fastest([]*runner{all, one}, trial)
		if err != nil || got != c.want || trials != c.trials {
			t.Errorf("%v and %v: the first is chosen %t after %d trials, want %t after %d", c.all, c.one,
				got == all, trials, c.want == all, c.trials)
		}
	}
	planted := errors.New("planted")
	if _, err := fastest([]*runner{all}, func(*runner) (time.Duration, error) {
		return 0, planted
	}); !errors.Is(err, planted) {
		t.Errorf("error is %v", err)
	}
}
