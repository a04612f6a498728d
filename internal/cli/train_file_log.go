package cli

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"braid/feature"
	"braid/modelfile"
	"braid/target"
	"braid/train"
)

// shownHeads is the number of heads that an epoch's line shows.
const shownHeads = 4

// headLog returns a callback that prints a line for each epoch: the loss, the figure of each head
// on validation, whether the epoch is the best so far, and how long training may still take.
func headLog(w io.Writer, keep train.EarlyStopping, targets []modelfile.Target) train.Callback {
	var start train.Start
	return train.Callback{
		Start: func(s train.Start) error {
			start = s
			return nil
		},
		Epoch: func(e train.Epoch) error {
			best, err := keep.Best(start.History)
			if err != nil {
				return err
			}
			line := fmt.Sprintf("epoch %d  loss %.4f", e.Number, e.Values[0])
			if heads := headFigures(targets, start.Names, e.Values); heads != "" {
				line += "  validation: " + heads
			}
			if best == e.Number {
				line += "  *"
			}
			if left := timeLeft(start, keep, best); left >= time.Second {
				line += fmt.Sprintf("  %v left, or more", left.Round(time.Second))
			}
			_, err = fmt.Fprintln(w, line)
			return err
		},
	}
}

// headFigures returns the deciding figure of the first heads on validation.
func headFigures(targets []modelfile.Target, names []string, values []float64) string {
	var list []string
	for _, t := range targets[:min(len(targets), shownHeads)] {
		_, answers := t.Decoder.Deciding()
		i := slices.Index(names, "val_"+feature.Name(t.Column)+"_"+answers)
		if i >= 0 && !math.IsNaN(values[i]) {
			list = append(list, t.Column+" "+figure(target.Figure{Name: answers, Value: values[i]}))
		}
	}
	if len(targets) > shownHeads {
		list = append(list, "...")
	}
	return strings.Join(list, ", ")
}

// timeLeft returns the time that training still takes if no epoch is better than the best so far,
// given the mean time of the epochs.
func timeLeft(start train.Start, keep train.EarlyStopping, best int) time.Duration {
	var spent time.Duration
	done := len(start.History.Epochs)
	for _, e := range start.History.Epochs {
		spent += e.Train + e.Evaluate
	}
	left := min(start.Epochs, best+keep.Patience) - done
	return time.Duration(max(left, 0)) * spent / time.Duration(done)
}
