package train

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"braid"
	"braid/data"
	"braid/internal/disk"
	"braid/internal/safetensors"
)

// Resume goes on with a run where the newest whole checkpoint in plan.Checkpoint.Dir stands, also within an
// epoch, and ends with the same weights and history, but for its times, as a run that was never stopped:
// with any number of workers before and after. Where there is no checkpoint yet, it begins as Fit does. The
// plan may ask for more epochs than before; a model, a table or anything else in the plan that decides what
// is computed must be as it was, else the error says what differs. The model may be built anew: its
// weights are replaced.
//
// A checkpoint that is damaged is told to Callback.Saved, renamed to end in ".damaged", and the one before
// it is used.
func Resume(ctx context.Context, m *braid.Model, table *data.Table, plan Plan) (*History, error) {
	if plan.Checkpoint == nil {
		return nil, errors.New("train: Resume wants a plan with a Checkpoint")
	}
	return begin(ctx, m, table, plan, true)
}

// goOn puts the run where its newest whole checkpoint stands.
func (f *fit) goOn() error {
	for len(f.saver.kept) > 0 {
		last := len(f.saver.kept) - 1
		path := f.saver.path(f.saver.kept[last])
		content, err := disk.Read(path, safetensors.MaxFile)
		if err != nil {
			return err
		}
		snap, err := f.read(content)
		if err == nil && snap.position != f.saver.kept[last] {
			err = fmt.Errorf("it stands at %d epochs and %d steps, its name says otherwise", snap.Epochs, snap.Steps)
		}
		var other *differs
		switch {
		case errors.As(err, &other):
			return fmt.Errorf("%s cannot be resumed: %w", path, err)
		case err == nil && snap.Epochs > f.plan.Epochs:
			return fmt.Errorf("%s has %d epochs already, Epochs = %d", path, snap.Epochs, f.plan.Epochs)
		case err == nil:
			f.put(snap)
			f.resumed = path
			if err := f.findWhole(); err != nil {
				return err
			}
			if best := (position{f.history.Best(f.saver.Best), 0}); slices.Contains(f.saver.kept, best) {
				f.saver.best = &best
			}
			return nil
		}
		f.saver.news = append(f.saver.news, Saved{
			Path: path, Epochs: f.saver.kept[last].Epochs, Steps: f.saver.kept[last].Steps,
			Err: errors.Join(fmt.Errorf("%w: %w", ErrDamaged, err), disk.Move(path, path+".damaged")),
		})
		f.saver.kept = f.saver.kept[:last]
	}
	return nil
}

// ErrDamaged is that a checkpoint does not hold what was written.
var ErrDamaged = errors.New("damaged, so the one before it is used")

// findWhole reads what a restore goes back to, where the run goes on within an epoch.
func (f *fit) findWhole() error {
	whole := position{Epochs: f.at.Epochs}
	if !f.plan.Restore || f.at.whole() || !slices.Contains(f.saver.kept, whole) {
		return nil
	}
	path := f.saver.path(whole)
	content, err := disk.Read(path, safetensors.MaxFile)
	if err == nil {
		f.lastWhole, err = f.read(content)
	}
	if err != nil {
		return fmt.Errorf("%s, which a restore would go back to: %w", path, err)
	}
	return nil
}
