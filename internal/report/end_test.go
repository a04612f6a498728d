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
	for _, c := range []struct {
		n, kept int
		train   experiment.Train
		want    string
		stopped bool
	}{
		{20, 17, experiment.Train{Epochs: 20, Patience: 8}, "epoch 17 of 20, the best", false},
		{20, 12, experiment.Train{Epochs: 99, Patience: 8}, "8 epochs brought no improvement", false},
		{20, 13, experiment.Train{Epochs: 99, Patience: 8}, "stopped after epoch 20 of at most 99",
			true},
		{20, 13, experiment.Train{Epochs: 99, Patience: 8, Minutes: 20}, "20 minutes, its limit", false},
		{20, 13, experiment.Train{Epochs: 99, Patience: 8, Minutes: 30}, "Epoch 13 was the best", true},
		{20, 20, experiment.Train{Epochs: 20, Keep: experiment.KeepLast}, "epoch 20, the last", false},
		{9, 9, experiment.Train{Epochs: 20, Keep: experiment.KeepLast}, "its last step. Go on", true},
		{0, 0, experiment.Train{Epochs: 20, Patience: 8}, "No epoch was trained whole.", true},
	} {
		r := &Run{
			Experiment: &experiment.Experiment{Train: c.train}, History: &train.History{},
			File: &modelfile.File{Training: fmt.Appendf(nil, `{"kept_epoch": %d}`, c.kept)},
		}
		for range c.n {
			r.History.Epochs = append(r.History.Epochs, train.Epoch{Train: time.Minute})
		}
		if text, stopped := r.end(); !strings.Contains(text, c.want) || stopped != c.stopped {
			t.Errorf("%d of %d epochs, kept %d: %v: %s\nwant %s", c.n, c.train.Epochs, c.kept, stopped,
				text, c.want)
		}
	}
}
