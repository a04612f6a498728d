package train

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"braid"
	"braid/data"
	"braid/internal/atomicfile"
	"braid/tensor"
)

// Resume continues a run from the newest intact checkpoint in plan.Checkpoint.Dir, also within an
// epoch. It ends with the same weights and, but for its times, the same history as a run that was
// never stopped, with any number of workers before and after. If there is no checkpoint, it starts
// as Fit does. The plan may have more epochs than before. A model, a table or a field of the plan
// that changes what is computed must be the same; otherwise the error lists the differences. The
// model may be a new one: its weights are replaced.
//
// A damaged checkpoint is reported to Callback.Saved and renamed to end in ".damaged", and the one
// before it is used. It is an error if all are damaged.
func Resume(ctx context.Context, m *braid.Model, table *data.Table, plan Plan) (*History, error) {
	if plan.Checkpoint == nil {
		return nil, errors.New("train: Resume needs a plan with a Checkpoint")
	}
	return begin(ctx, m, table, plan, true)
}

// resume sets the run's state to the newest intact checkpoint.
func (f *fit) resume() error {
	var damaged []position
	var why []error
	for i := len(f.saver.kept) - 1; i >= 0; i-- {
		last := f.saver.kept[i]
		path := f.saver.path(last)
		snap, err := f.open(last)
		var mismatched *mismatch
		switch {
		case errors.As(err, &mismatched):
			return fmt.Errorf("%s cannot be resumed: %w", path, err)
		case err != nil:
			damaged, why = append(damaged, last), append(why, err)
			continue
		case snap.Epochs > f.plan.Epochs || snap.Epochs == f.plan.Epochs && !snap.atEpochEnd():
			return fmt.Errorf("%s has %d epochs and %d steps already, Epochs = %d", path, snap.Epochs,
				snap.Steps, f.plan.Epochs)
		}
		for j, p := range damaged {
			f.setAside(p, why[j])
		}
		f.loadRestorePoint(last)
		f.put(snap)
		f.resumed, f.saver.result.Last = path, path
		return nil
	}
	if damaged != nil {
		return fmt.Errorf("none of the %d checkpoints in %s can be used: the newest is damaged: %w",
			len(damaged), f.saver.Dir, why[0])
	}
	return nil
}

// open reads a checkpoint.
func (f *fit) open(p position) (*snapshot, error) {
	content, err := atomicfile.Read(f.saver.path(p), f.saver.maxBytes)
	if err != nil {
		return nil, err
	}
	snap, err := f.read(content)
	if err == nil && snap.position != p {
		err = fmt.Errorf("it holds the state after %d epochs and %d steps, which its name does not match",
			snap.Epochs, snap.Steps)
	}
	return snap, err
}

// weightsAfter reads the weights at the end of an epoch, row-major, from its checkpoint.
func (f *fit) weightsAfter(epoch int) ([][]float32, error) {
	at := position{Epochs: epoch}
	if f.saver == nil || !slices.Contains(f.saver.kept, at) {
		return nil, fmt.Errorf("the checkpoint of epoch %d was not kept", epoch)
	}
	snap, err := f.open(at)
	if err != nil {
		return nil, err
	}
	numbers := map[*float32][]float32{} // by the first number of the memory that they belong in
	for i, live := range f.runner.memory() {
		numbers[&live[0]] = snap.numbers[i]
	}
	var list [][]float32
	for _, w := range f.model.Weights() {
		var storage []tensor.Rows[float32]
		matrices := f.runner.array(w.Memory(), averageArray)
		if matrices == nil {
			matrices = w.Memory().Storage
		}
		for _, matrix := range matrices {
			matrix.Data = numbers[&matrix.Data[0]]
			storage = append(storage, matrix)
		}
		values := make([]float32, w.Shape().Size())
		w.Unpack(values, storage)
		list = append(list, values)
	}
	return list, nil
}

// setAside reports a damaged checkpoint and renames it, so that it is not read again.
func (f *fit) setAside(p position, why error) {
	path := f.saver.path(p)
	f.saver.kept = slices.DeleteFunc(f.saver.kept, func(k position) bool { return k == p })
	f.saver.events = append(f.saver.events, Saved{
		Path: path, Epochs: p.Epochs, Steps: p.Steps,
		Err: errors.Join(fmt.Errorf("%w: %w", ErrDamaged, why), atomicfile.Move(path, path+".damaged")),
	})
}

// ErrDamaged is the error of a checkpoint whose content does not match its checksums.
var ErrDamaged = errors.New("damaged, and not used")

// loadRestorePoint reads the checkpoint of the last epoch's end, which a restore goes back to, if
// the run resumes within an epoch.
func (f *fit) loadRestorePoint(at position) {
	last := position{Epochs: at.Epochs}
	if !f.plan.Restore || at.atEpochEnd() || !slices.Contains(f.saver.kept, last) {
		return
	}
	var err error
	if f.restorePoint, err = f.open(last); err != nil {
		f.restorePoint = nil
		f.setAside(last, err)
	}
}
