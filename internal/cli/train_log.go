package cli

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"braid"
	"braid/train"
)

// printStart prints the data, the run folder and the network before training.
func (f trainFlags) printStart(s streams, m *braid.Model, c config, folder string) {
	if f.log == "json" || f.log == "none" {
		return
	}
	d := c.Data
	training := fmt.Sprint(d.Train, " training")
	if d.Validation > 0 {
		training += fmt.Sprintf(", %d validation", d.Validation)
	}
	fmt.Fprintf(s.out, "%s and %d test images from %s\n", training, d.Test, d.Origin)
	if d.Mean == 0 {
		fmt.Fprintf(s.out, "pixels: divided by %v\n", d.Std)
	} else {
		fmt.Fprintf(s.out, "pixels: mean %.4f, standard deviation %.4f\n", d.Mean, d.Std)
	}
	fmt.Fprintf(s.out, "run folder: %s\n\n%v\n", folder, m.Summary())
}

// callbacks returns the callbacks that show the training's progress. line prints a line for an
// epoch.
func (f trainFlags) callbacks(s streams, line train.Callback) []train.Callback {
	var list []train.Callback
	if s.terminal() && (f.log == "keras" || f.log == "bar") {
		bar := &epochBar{delayedBar: delayedBar{s: s, wait: patience}}
		if f.log == "bar" {
			bar.wait = 0
		}
		list = append(list, bar.callback())
	}
	list = append(list, events(s))
	switch f.log {
	case "keras", "bar":
		list = append(list, line)
	case "json":
		list = append(list, train.JSONLog(s.out))
	}
	return list
}

// events notes resumed and restored training, and the first failure to write or remove a
// checkpoint. The error at the end of training names all failures.
func events(s streams) train.Callback {
	notedUnwritten, notedUnremoved := false, false
	return train.Callback{
		Start: func(start train.Start) error {
			if start.Resumed != "" {
				s.note(fmt.Sprintf("going on after %d epochs and %d of %d steps, from %s",
					start.From, start.Step, start.Steps, start.Resumed))
			}
			return nil
		},
		Saved: func(saved train.Saved) error {
			switch {
			case errors.Is(saved.Err, train.ErrDamaged):
				s.note(fmt.Sprintf("%s is %v", saved.Path, saved.Err))
			case saved.Left != nil && !notedUnremoved:
				notedUnremoved = true
				s.note(fmt.Sprintf("an old checkpoint could not be removed: %v", saved.Left))
			case saved.Err != nil && !notedUnwritten:
				notedUnwritten = true
				s.note(fmt.Sprintf("a checkpoint could not be written, training goes on without: %v",
					saved.Err))
			}
			return nil
		},
		Restored: func(r train.Restored) error {
			to := "the beginning"
			if r.Epochs > 0 {
				to = fmt.Sprint("the end of epoch ", r.Epochs)
			}
			s.note(fmt.Sprintf("%v\ngoing back to %s, with %v times the rate", r.Cause, to, r.Factor))
			return nil
		},
	}
}

// printEnd prints the best and the last figures, the time, the run folder, and what measures the
// model if validation did not use the test images.
func (f trainFlags) printEnd(
	s streams, e *digitTraining, h *train.History, folder string, took time.Duration,
) {
	out := s.out
	switch f.log {
	case "none":
		return
	case "json":
		out = s.err
	}
	if last := len(h.Epochs); last > 0 {
		fmt.Fprintln(out)
		w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
		fmt.Fprintf(w, "\tbest\tlast\n")
		for i, name := range h.Names {
			if f.Validate && !strings.HasPrefix(name, "val_") {
				continue
			}
			best := max(h.Best(name), 1)
			fmt.Fprintf(w, "%s\t%.4f (epoch %d)\t%.4f\n",
				name, h.Epochs[best-1].Values[i], best, h.Epochs[last-1].Values[i])
		}
		w.Flush()
	}
	epochs := "epochs"
	if len(h.Epochs) == 1 {
		epochs = "epoch"
	}
	fmt.Fprintf(out, "\n%d %s in %.1f s; the run is in %s\n",
		len(h.Epochs), epochs, took.Seconds(), folder)
	if e.heldOut > 0 {
		fmt.Fprintf(out, "measure it on the test images with: braid eval %s\n", folder)
	}
}
