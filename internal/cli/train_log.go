package cli

import (
	"errors"
	"fmt"

	"braid/train"
)

// callbacks returns the callbacks that show the training's progress. line prints a line for an
// epoch.
func (f trainFlags) callbacks(s streams, line train.Callback) []train.Callback {
	var list []train.Callback
	if s.terminal() && (f.log == "keras" || f.log == "bar") {
		live := &epochLine{w: s.err, width: terminalWidth(s.err), pace: pace{wait: patience}}
		if f.log == "bar" {
			live.wait = 0
		}
		list = append(list, live.callback())
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
			if start.Resumed != "" && start.From < start.Epochs {
				s.note(fmt.Sprintf("going on after %s and %d of %d steps, from %s",
					countOf(start.From, "epoch", "epochs"), start.Step, start.Steps, start.Resumed))
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
