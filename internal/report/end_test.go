package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"braid/experiment"
	"braid/modelfile"
	"braid/train"
)

// Why training ended follows from the settings and the epochs.
func TestEnd(t *testing.T) {
	best := experiment.Train{Epochs: 20, Patience: 8}
	long := experiment.Train{Epochs: 99, Patience: 8}
	last := experiment.Train{Epochs: 20, Keep: experiment.KeepLast}
	for _, c := range []struct {
		state   string // done, stopped, running, or unsaved
		n, kept int    // kept is negative if no epoch has finite figures
		train   experiment.Train
		minutes float64
		want    string
	}{
		{"done", 20, 17, best, 0, "epoch 17 of 20, the best"},
		{"done", 20, 12, long, 0, "8 epochs brought no improvement"},
		{"stopped", 20, 13, long, 0, "stopped after epoch 20 of at most 99"},
		{"done", 20, 13, long, 20, "20 minutes, its limit"},
		{"stopped", 20, 13, long, 30, "epoch 13 of 20, the best"},
		{"done", 20, 20, last, 0, "epoch 20, the last"},
		{"stopped", 9, 9, last, 0, "of at most 20. The model is that of epoch 9, the last. Go on"},
		{"stopped", 0, 0, best, 0, "The model has the weights of its last step"},
		{"running", 0, 0, best, 0, "goes on, in its first epoch"},
		{"running", 5, 3, best, 0, "goes on: 5 of at most 20 epochs are done. The model is that of " +
			"epoch 3 of 5, the best on validation relative to guessing so far"},
		{"unsaved", 5, 3, best, 0, "ended after epoch 5 of at most 20 without saving a model. The " +
			"model is that of epoch 3 of 5"},
		{"done", 20, -20, best, 0, "epoch 20, the last: no epoch has finite figures on validation. " +
			"Training ended with"},
		{"done", 8, -8, long, 0, "on validation. Training ended as 8 epochs brought"},
		{"stopped", 7, -7, long, 0, "The model is that of epoch 7, the last: no epoch has finite"},
	} {
		c.train.Minutes = c.minutes
		r := &Run{
			Experiment: &experiment.Experiment{Train: c.train}, History: &train.History{},
			Unsaved: c.state == "unsaved", Running: c.state == "running",
			File: &modelfile.File{Training: fmt.Appendf(nil, `{"kept_epoch": %d, "undecided": %v}`,
				max(c.kept, -c.kept), c.kept < 0)},
		}
		for range c.n {
			r.History.Epochs = append(r.History.Epochs, train.Epoch{Train: time.Minute})
		}
		text, unfinished := r.end()
		if !strings.Contains(text, c.want) || unfinished == (c.state == "done") {
			t.Errorf("%s, %d of %d epochs, kept %d: %v: %s\nwant %s", c.state, c.n, c.train.Epochs, c.kept,
				unfinished, text, c.want)
		}
	}
}
