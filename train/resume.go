package train

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"braid"
	"braid/data"
	"braid/internal/disk"
)

// Resume goes on with a run where the newest whole checkpoint in plan.Checkpoint.Dir stands, also within an
// epoch, and ends with the same weights and history, but for its times, as a run that was never stopped:
// with any number of workers before and after. Where there is no checkpoint yet, it begins as Fit does. The
// plan may ask for more epochs than before; a model, a table or anything else in the plan that decides what
// is computed must be as it was, else the error says what differs. The model may be built anew: its
// weights are replaced.
//
// A checkpoint that is damaged is told to Callback.Saved, renamed to end in ".damaged", and the one before
// it is used. Where all are, it is an error.
func Resume(ctx context.Context, m *braid.Model, table *data.Table, plan Plan) (*History, error) {
	if plan.Checkpoint == nil {
		return nil, errors.New("train: Resume wants a plan with a Checkpoint")
	}
	return begin(ctx, m, table, plan, true)
}

// goOn puts the run where its newest whole checkpoint stands.
func (f *fit) goOn() error {
	var damaged []position
	var why []error
	for i := len(f.saver.kept) - 1; i >= 0; i-- {
		last := f.saver.kept[i]
		path := f.saver.path(last)
		snap, err := f.open(last)
		var other *differs
		switch {
		case errors.As(err, &other):
			return fmt.Errorf("%s cannot be resumed: %w", path, err)
		case err != nil:
			damaged, why = append(damaged, last), append(why, err)
			continue
		case snap.Epochs > f.plan.Epochs || snap.Epochs == f.plan.Epochs && !snap.whole():
			return fmt.Errorf("%s has %d epochs and %d steps already, Epochs = %d", path, snap.Epochs, snap.Steps, f.plan.Epochs)
		}
		for j, p := range damaged {
			f.giveUp(p, why[j])
		}
		f.findWhole(last)
		f.put(snap)
		f.resumed, f.saver.result.Last = path, path
		if best := (position{f.history.best(f.saver.Best, f.saver.Mode), 0}); slices.Contains(f.saver.kept, best) {
			f.saver.best = &best
		}
		return nil
	}
	if damaged != nil {
		return fmt.Errorf("of %d checkpoints in %s none can be used: the newest is damaged: %w", len(damaged), f.saver.Dir, why[0])
	}
	return nil
}

// open reads a checkpoint.
func (f *fit) open(p position) (*snapshot, error) {
	content, err := disk.Read(f.saver.path(p), f.saver.most)
	if err != nil {
		return nil, err
	}
	snap, err := f.read(content)
	if err == nil && snap.position != p {
		err = fmt.Errorf("it stands at %d epochs and %d steps, its name says otherwise", snap.Epochs, snap.Steps)
	}
	return snap, err
}

// giveUp tells of a checkpoint that cannot be used. It is kept aside, so that it is not tried again.
func (f *fit) giveUp(p position, why error) {
	path := f.saver.path(p)
	f.saver.kept = slices.DeleteFunc(f.saver.kept, func(k position) bool { return k == p })
	f.saver.news = append(f.saver.news, Saved{
		Path: path, Epochs: p.Epochs, Steps: p.Steps,
		Err: errors.Join(fmt.Errorf("%w: %w", ErrDamaged, why), disk.Move(path, path+".damaged")),
	})
}

// ErrDamaged is that a checkpoint does not hold what was written.
var ErrDamaged = errors.New("damaged, and not used")

// findWhole reads what a restore goes back to, where the run goes on within an epoch.
func (f *fit) findWhole(at position) {
	whole := position{Epochs: at.Epochs}
	if !f.plan.Restore || at.whole() || !slices.Contains(f.saver.kept, whole) {
		return
	}
	var err error
	if f.lastWhole, err = f.open(whole); err != nil {
		f.lastWhole = nil
		f.giveUp(whole, err)
	}
}
