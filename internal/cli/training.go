package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"braid"
	"braid/data"
	"braid/experiment"
	"braid/internal/atomicfile"
	"braid/modelfile"
	"braid/train"
)

// training is the training of an experiment in a run folder: that of an experiment file, or of
// digitqa.
type training interface {
	base() *baseTraining
	// begin writes what a new run folder has before the first epoch.
	begin() error
	// configure writes the configuration of a run that goes on with another one.
	configure() error
	printStart(s streams)
	// line prints a line for each epoch.
	line(s streams) train.Callback
	file(h *train.History) (*modelfile.File, error)
	// measure measures the model of a training that ended by itself, if rows are there for that.
	measure(ctx context.Context, f *modelfile.File, h *train.History) error
	// printEnd prints the results of a training. failed is why it ended early.
	printEnd(
		ctx context.Context, s streams, f *modelfile.File, h *train.History, took durations,
		failed error,
	) error
}

// durations are the times that a training command took.
type durations struct{ read, trained time.Duration }

func (d durations) String() string {
	return fmt.Sprintf("read in %.1f s, trained in %.1f s", d.read.Seconds(), d.trained.Seconds())
}

// baseTraining is what all trainings have.
type baseTraining struct {
	*experiment.Built
	flags  trainFlags
	run    *run
	digits *digitRows // nil but for digitqa
}

func (b *baseTraining) base() *baseTraining { return b }

// fitFunc is train.Fit or train.Resume.
type fitFunc func(context.Context, *braid.Model, *data.Table, train.Plan) (*train.History, error)

// start trains in a new run folder.
func (f trainFlags) start(
	ctx context.Context, s streams, prepare func(began time.Time) (training, error),
) error {
	if err := checkOut(f.out); err != nil { // before the data are read, which may take long
		return err
	}
	t, err := prepare(f.began)
	if err != nil {
		return err
	}
	b := t.base()
	if b.run, err = newRun(f.out, b.Name, f.began); err != nil {
		return err
	}
	defer b.run.unlock()
	if err := t.begin(); err != nil {
		return errors.Join(err, b.run.discard())
	}
	return fit(ctx, s, t, train.Fit)
}

// checkOut returns an error if a run cannot begin in a folder because of what it holds.
func checkOut(folder string) error {
	if _, err := os.Stat(folder); folder == "" || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return checkEmpty(folder)
}

// checkConflicts returns an error unless there are gradients to compare.
func checkConflicts(heads train.Heads) error {
	trained := 0
	for _, h := range heads {
		if !h.MeasureOnly {
			trained++
		}
	}
	if trained < 2 {
		return usage("--conflicts compares the gradients of the heads that are trained, want 2 or more: "+
			"the experiment has %d", trained)
	}
	return nil
}

// resumeIn goes on with a run. isChanged reports whether it has another configuration.
func resumeIn(ctx context.Context, s streams, t training, isChanged bool) error {
	if isChanged {
		// Start is called after the checkpoint was found to fit the plan.
		b := t.base()
		b.Plan.Callbacks = append(b.Plan.Callbacks, train.Callback{
			Start: func(train.Start) error { return t.configure() },
		})
	}
	return fit(ctx, s, t, train.Resume)
}

// fit trains with train.Fit or train.Resume, saves the results in the run's folder, and prints
// them.
func fit(ctx context.Context, s streams, t training, with fitFunc) error {
	b := t.base()
	f, p := b.flags, b.Plan
	trainingBegan := time.Now()
	p.Workers, p.Restore = f.workers, f.OnNaN == "restore"
	if p.Conflicts = f.Conflicts; f.Conflicts {
		if err := checkConflicts(p.Heads); err != nil {
			return errors.Join(err, b.run.discard())
		}
	}
	p.Checkpoint = &train.Checkpoint{
		Dir: b.run.checkpoints(), Every: f.Every, Keep: f.Keep, Best: f.Best,
	}
	p.Callbacks = append(p.Callbacks, train.Callback{
		Start: func(train.Start) error { // the checkpoint of a resumed run fits
			if f.log != "json" && f.log != "none" {
				t.printStart(s)
			}
			return nil
		},
	})
	p.Callbacks = append(p.Callbacks, f.callbacks(s, t.line(s))...)
	if f.Board != "" {
		if err := atomicfile.MakeFolder(filepath.Join(f.Board, "train")); err != nil {
			return errors.Join(fmt.Errorf("--tensorboard: %w", err), b.run.discard())
		}
		p.Callbacks = append(p.Callbacks, b.board(f.Board))
	}
	trained := false
	p.Callbacks = append(p.Callbacks, train.Callback{
		Epoch: func(train.Epoch) error {
			trained = true
			return nil
		},
	})
	history, failed := with(ctx, b.Model, b.Tables[experiment.TrainPart], p)
	if history == nil {
		return errors.Join(failed, b.run.discard())
	}
	var stopped *train.Interrupted
	if errors.As(failed, &stopped) {
		b.loadKept(s, history)
	}
	if failed == nil && !trained {
		s.note(fmt.Sprintf("the run in %s was finished already: no epoch is left to train", b.run.folder))
	}
	file, err := t.file(history)
	if err == nil {
		err = b.run.save(file, history)
	}
	if err == nil && failed == nil {
		err = t.measure(ctx, file, history)
	}
	if err == nil && f.log != "none" {
		end := s
		if f.log == "json" {
			end.out = s.err
		}
		err = t.printEnd(ctx, end, file, history, durations{
			trainingBegan.Sub(f.began), time.Since(trainingBegan),
		}, failed)
	}
	if err == nil {
		b.writeReport(ctx, s, file)
	}
	if stopped != nil && !errors.Is(failed, train.ErrNotFinite) { // which would recur
		failed = fmt.Errorf("%w\ngo on with: braid train --resume %s", failed, b.run.folder)
	}
	return errors.Join(failed, err)
}

// loadKept sets the weights of a training that was stopped to those of the epoch whose figures the
// model file has: train leaves those of the last step.
func (b *baseTraining) loadKept(s streams, h *train.History) {
	if len(h.Epochs) == 0 {
		return
	}
	kept, err := b.Kept(h)
	if err == nil {
		err = train.LoadEpoch(b.run.checkpoints(), kept, b.Model)
	}
	if err != nil {
		s.note(fmt.Sprintf("the model has the weights of the last step, not those of epoch %d: %v", kept,
			err))
	}
}
