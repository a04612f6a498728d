package tensorboard

import (
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"strings"

	"braid"
	"braid/train"
)

// Log writes a training to event files, in up to three folders of Dir: train and validation with a
// point for each epoch, whose curves lie in one chart, and steps. Show them with
//
//	tensorboard --logdir Dir
//
// A resumed run continues the curves of its folder, and one that is not resumed replaces them.
type Log struct {
	Dir string // created if missing
	// Steps is the number of steps between points of the folder steps: the epoch's figures so far. 0
	// means none.
	Steps int
	// Histograms is the number of epochs between histograms of the weights; 0 means none.
	Histograms int
	// Gradients is the number of epochs between histograms of the gradients of an epoch's last update;
	// 0 means none. See train.Gradient.
	Gradients int
	// NoGraph leaves out the model's graph.
	NoGraph bool
	// Images returns images to show after an epoch, from 1, such as inputs beside what the model makes
	// of them. nil means none.
	Images func(m *braid.Model, epoch int) ([]Image, error)
}

// Image is an image to show.
type Image struct {
	Tag   string
	Image image.Image
}

// Callback returns the callback. It can be used for one run at a time.
func (l Log) Callback() train.Callback {
	r := &recorder{Log: l}
	c := train.Callback{
		Check: l.check, Start: r.start, Epoch: r.epoch, Restored: r.restored, End: r.end,
	}
	if l.Steps > 0 {
		c.Step = r.step
	}
	if l.Gradients > 0 {
		c.Gradients = r.gradients
	}
	return c
}

func (l Log) check(*train.History) error {
	switch {
	case l.Dir == "":
		return errors.New("tensorboard: Dir is empty, want a folder")
	case l.Steps < 0:
		return fmt.Errorf("tensorboard: Steps = %d, want 0 or more", l.Steps)
	case l.Histograms < 0:
		return fmt.Errorf("tensorboard: Histograms = %d, want 0 or more", l.Histograms)
	case l.Gradients < 0:
		return fmt.Errorf("tensorboard: Gradients = %d, want 0 or more", l.Gradients)
	}
	return nil
}

// recorder is the callback of a Log.
type recorder struct {
	Log
	run                      train.Start
	tags, batchTags, valTags []string
	train, validation, steps *Writer // nil: none
}

func (r *recorder) start(run train.Start) error {
	r.run, r.tags, r.batchTags, r.valTags = run, nil, nil, nil
	names := run.Names // of the training's figures; those of the validation follow
	if n := len(names) / 2; len(names) == 2*n && names[n] == "val_"+names[0] {
		names = names[:n]
	}
	for _, name := range names {
		r.tags, r.batchTags = append(r.tags, "epoch_"+name), append(r.batchTags, "batch_"+name)
	}
	if len(names) < len(run.Names) {
		r.valTags = r.tags
	}
	var err error
	if r.train, err = restart(r.Dir, "train", run.From+1); err != nil {
		return err
	}
	if len(r.valTags) > 0 {
		if r.validation, err = restart(r.Dir, "validation", run.From+1); err != nil {
			return err
		}
	}
	if r.Steps > 0 {
		at := run.From*run.Steps + run.Step + 1
		if r.steps, err = restart(r.Dir, "steps", at); err != nil {
			return err
		}
	}
	if r.NoGraph || run.Resumed != "" {
		return nil
	}
	return r.train.Graph(run.Model)
}

// restart creates a file in a folder of dir that continues from a step.
func restart(dir, folder string, step int) (*Writer, error) {
	w, err := Create(filepath.Join(dir, folder))
	if err != nil {
		return nil, err
	}
	return w, w.Restart(step)
}

func (r *recorder) step(s train.Step) error {
	at := (s.Epoch-1)*s.Steps + s.Step
	if at%r.Steps != 0 {
		return nil
	}
	return r.steps.Scalars(at, r.batchTags, s.Figures())
}

// tag returns the tag of a weight: one group for each layer.
func tag(w *braid.Weight) string { return strings.Replace(w.Name(), ".", "/", 1) }

func (r *recorder) gradients(epoch int, list []train.Gradient) error {
	if epoch%r.Gradients != 0 {
		return nil
	}
	var failed error
	for _, g := range list { // beside the weight, under the name that TensorFlow 1 gives it
		failed = errors.Join(failed, r.train.Histogram(tag(g.Weight)+"_grad", epoch, g.Values))
	}
	return failed
}

func (r *recorder) epoch(e train.Epoch) error {
	n := len(r.tags)
	failed := []error{r.train.Scalars(e.Number, r.tags, e.Values[:n])}
	if r.validation != nil {
		failed = append(failed, r.validation.Scalars(e.Number, r.valTags, e.Values[n:]))
	}
	if r.Histograms > 0 && e.Number%r.Histograms == 0 {
		for _, w := range r.run.Model.Weights() {
			failed = append(failed, r.train.Histogram(tag(w), e.Number, w.Values()))
		}
	}
	if r.Images != nil {
		list, err := r.Images(r.run.Model, e.Number)
		failed = append(failed, err)
		for _, i := range list {
			failed = append(failed, r.train.Image(i.Tag, e.Number, i.Image))
		}
	}
	r.each(func(w *Writer) { failed = append(failed, w.Sync()) })
	return errors.Join(failed...)
}

// restored forgets the steps of the epoch that is run again.
func (r *recorder) restored(to train.Restored) error {
	if r.steps == nil {
		return nil
	}
	return r.steps.Restart(to.Epochs*r.run.Steps + 1)
}

func (r *recorder) end(*train.History) error {
	var failed []error
	r.each(func(w *Writer) { failed = append(failed, w.Close()) })
	r.train, r.validation, r.steps = nil, nil, nil
	return errors.Join(failed...)
}

func (r *recorder) each(visit func(*Writer)) {
	for _, w := range []*Writer{r.train, r.validation, r.steps} {
		if w != nil {
			visit(w)
		}
	}
}
