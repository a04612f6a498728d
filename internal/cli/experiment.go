package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"braid"
	"braid/data"
	"braid/data/mnist"
	"braid/digitqa"
	"braid/train"
)

// examples are what there is to learn from.
type examples struct {
	train, test *data.Table
	height      int // of an image, in pixels
	width       int
	standard    data.Standard
	samples     braid.Tensors // test images with questions
	source      string
}

// load finds the images and makes tables of them.
func (f trainFlags) load(ctx context.Context, s streams) (*examples, error) {
	bars := newDownloads(s)
	digits, err := mnist.Finder{Dir: f.Data, Progress: bars.progress, Note: s.note}.Find(ctx)
	bars.end()
	if err != nil {
		return nil, err
	}
	size := digits.Train.Pixels.Shape()
	e := &examples{height: size[1], width: size[2], source: digits.Source}
	if e.standard, err = data.Measure(digits.Train.Pixels.Uint8s()); err != nil {
		return nil, err
	}
	if e.train, err = digitqa.Table(digits.Train, e.standard); err != nil {
		return nil, err
	}
	if e.test, err = digitqa.Table(digits.Test, e.standard); err != nil {
		return nil, err
	}
	e.samples, err = digitqa.Samples(digits.Test)
	return e, err
}

// job is what is trained, on what.
type job struct {
	*examples
	plan   train.Plan
	model  *braid.Model
	record trainingRecord
}

func (f trainFlags) prepare(ctx context.Context, s streams, plan train.Plan) (*job, error) {
	e, err := f.load(ctx, s)
	if err != nil {
		return nil, err
	}
	if f.Validate {
		plan.Validate = e.test
	}
	model, err := digitqa.Network(e.height, e.width).Build(f.Seed)
	if err != nil {
		return nil, err
	}
	t, err := record(model, plan, e.train.Rows())
	return &job{e, plan, model, t}, err
}

// train trains, by train.Fit or train.Resume, and writes what comes of it.
func (f trainFlags) train(
	ctx context.Context, s streams, j *job, r *run, c config,
	fit func(context.Context, *braid.Model, *data.Table, train.Plan) (*train.History, error),
) error {
	began := time.Now()
	f.announce(s, j.model, c, r.folder)
	j.plan.Checkpoint = &train.Checkpoint{Dir: r.checkpoints(), Every: f.Every, Keep: f.Keep, Best: f.Best}
	j.plan.Callbacks = append(j.plan.Callbacks, f.callbacks(s)...)
	history, failed := fit(ctx, j.model, j.train, j.plan)
	if history == nil {
		return failed
	}
	file, err := describe(j.model, j.record, history, j.examples)
	if err == nil {
		err = r.save(file, history)
	}
	f.conclude(s, history, r.folder, time.Since(began))
	var stopped *train.Interrupted
	if errors.As(failed, &stopped) && !errors.Is(failed, train.ErrNotFinite) { // which would only come again
		failed = fmt.Errorf("%w\ngo on with: braid train --resume %s", failed, r.folder)
	}
	return errors.Join(failed, err)
}

// announce tells what is about to be trained.
func (f trainFlags) announce(s streams, m *braid.Model, c config, folder string) {
	if f.log == "json" || f.log == "none" {
		return
	}
	fmt.Fprintf(s.out, "%d training and %d test images from %s\npixels: mean %.4f, standard deviation %.4f\nrun folder: %s\n\n%v\n",
		c.Data.Train, c.Data.Test, c.Data.Source, c.Data.Mean, c.Data.Std, folder, m.Summary())
}

// callbacks are what shows how training goes.
func (f trainFlags) callbacks(s streams) []train.Callback {
	var list []train.Callback
	if s.terminal() && (f.log == "keras" || f.log == "bar") {
		bar := &epochBar{s: s, wait: patience}
		if f.log == "bar" {
			bar.wait = 0
		}
		list = append(list, bar.callback())
	}
	list = append(list, events(s))
	switch f.log {
	case "keras", "bar":
		list = append(list, train.KerasLog(s.out))
	case "json":
		list = append(list, train.JSONLog(s.out))
	}
	return list
}

// events tells what happens to a run beside its figures: where it goes on from, that it went back, and the
// first checkpoint that could not be written. The end tells of all.
func events(s streams) train.Callback {
	told, left := false, false
	return train.Callback{
		Start: func(start train.Start) error {
			if start.Resumed != "" {
				s.note(fmt.Sprintf("going on after %d epochs and %d of %d steps, from %s", start.From, start.Step, start.Steps, start.Resumed))
			}
			return nil
		},
		Saved: func(saved train.Saved) error {
			switch {
			case errors.Is(saved.Err, train.ErrDamaged):
				s.note(fmt.Sprintf("%s is %v", saved.Path, saved.Err))
			case saved.Left != nil && !left:
				left = true
				s.note(fmt.Sprintf("an old checkpoint could not be removed: %v", saved.Left))
			case saved.Err != nil && !told:
				told = true
				s.note(fmt.Sprintf("a checkpoint could not be written, training goes on without: %v", saved.Err))
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

// conclude tells the best and the last figures, how long it took, and where the run lies.
func (f trainFlags) conclude(s streams, h *train.History, folder string, took time.Duration) {
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
			fmt.Fprintf(w, "%s\t%.4f (epoch %d)\t%.4f\n", name, h.Epochs[best-1].Values[i], best, h.Epochs[last-1].Values[i])
		}
		w.Flush()
	}
	epochs := "epochs"
	if len(h.Epochs) == 1 {
		epochs = "epoch"
	}
	fmt.Fprintf(out, "\n%d %s in %.1f s; the run is in %s\n", len(h.Epochs), epochs, took.Seconds(), folder)
}
