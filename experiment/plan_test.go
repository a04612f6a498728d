package experiment

import (
	"errors"
	"testing"
	"time"

	"braid/train"
)

// The time counts from the start of the first run, and ends no first epoch.
func TestBudget(t *testing.T) {
	now := time.Unix(0, 0)
	clock := func() time.Time { return now }
	h := &train.History{}
	c := budget(time.Minute, clock)
	check := func(name string, err error, stops bool) {
		t.Helper()
		if errors.Is(err, train.ErrStop) != stops {
			t.Errorf("%s at %s: got error %v", name, now.UTC().Format(time.TimeOnly), err)
		}
	}
	epoch := func() { h.Epochs = append(h.Epochs, train.Epoch{Train: 40 * time.Second}) }
	check("start", c.Start(train.Start{History: h}), false)
	now = time.Unix(59, 0)
	check("step", c.Step(train.Step{}), false)
	now = time.Unix(70, 0)
	check("step of the first epoch", c.Step(train.Step{}), false)
	epoch()
	check("epoch", c.Epoch(train.Epoch{}), true)
	check("step of the second epoch", c.Step(train.Step{}), true)

	c = budget(time.Minute, clock) // a resumed run, of which 40 seconds are spent
	check("start again", c.Start(train.Start{History: h}), false)
	now = time.Unix(90, 0)
	check("step", c.Step(train.Step{}), false)
	now = time.Unix(91, 0)
	check("step", c.Step(train.Step{}), true)
}
