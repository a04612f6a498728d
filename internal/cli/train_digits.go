package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"braid/data/mnist"
	"braid/digitqa"
	"braid/experiment"
	"braid/feature"
	"braid/modelfile"
	"braid/train"
)

// digitTraining is the training of digitqa.
type digitTraining struct {
	*baseTraining
	config config
	test   mnist.Images
}

// declare checks the flags and returns the experiment of a network with their settings.
func (f trainFlags) declare(n network) (*experiment.Experiment, error) {
	heads, err := f.check()
	if err != nil {
		return nil, err
	}
	set := append(n.rates(f.Rate), setting("train.epochs", f.Epochs),
		setting("train.batch", f.Batch), setting("train.seed", f.Seed))
	for name, h := range heads {
		if h.MeasureOnly {
			set = append(set, setting("heads."+name+".measure", true))
		} else {
			set = append(set, setting("heads."+name+".weight", h.Weight))
		}
	}
	return n.declare(set...)
}

// loadDigits finds the images and builds the network.
func (f trainFlags) loadDigits(
	ctx context.Context, s streams, n network, e *experiment.Experiment,
) (*digitTraining, error) {
	bars := newDownloads(s)
	finder := mnist.Finder{Dir: f.Data, Progress: bars.progress, Note: s.note}
	digits, err := finder.Find(ctx)
	bars.end()
	if err != nil {
		return nil, err
	}
	size := digits.Train.Pixels.Shape()
	if err := n.check(size[1], size[2]); err != nil {
		return nil, err
	}
	parts, err := digitqa.Parts(digits, n.holdsOut)
	if err != nil {
		return nil, err
	}
	summary := dataSummary{
		Origin: digits.Origin, Train: len(parts[experiment.TrainPart]),
		Test: digits.Test.Pixels.Shape()[0],
	}
	if n.holdsOut {
		summary.Validation = len(parts[experiment.ValidationPart])
	}
	if !f.Validate {
		parts[experiment.ValidationPart] = nil
	}
	rows, err := digitqa.Load(e, digits, parts)
	if err != nil {
		return nil, err
	}
	b, err := rows.Build(ctx, experiment.Options{Workers: f.workers})
	if err != nil {
		return nil, err
	}
	if image, ok := b.Features[0].Encoder.(*feature.DigitEncoder); ok {
		summary.Mean, summary.Std = image.Standard.Mean, image.Standard.Std
	}
	t := &digitTraining{&baseTraining{Built: b, flags: f}, config{
		Options: f.options, Data: summary,
	}, digits.Test}
	t.config.Training, err = newTrainingMetadata(b.Model, b.Plan, summary.Train)
	return t, err
}

func (t *digitTraining) begin() error { return t.configure() }

func (t *digitTraining) configure() error { return t.run.configure(t.config) }

// file returns the model's file.
func (t *digitTraining) file(h *train.History) (*modelfile.File, error) {
	training, err := json.Marshal(t.config.Training.ended(h))
	if err != nil {
		return nil, err
	}
	return digitqa.File(t.Built, t.test, training)
}

// line prints a line as Keras does.
func (t *digitTraining) line(s streams) train.Callback { return train.KerasLog(s.out) }

// printStart prints the data, the run folder and the network before training.
func (t *digitTraining) printStart(s streams) {
	d := t.config.Data
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
	fmt.Fprintf(s.out, "run folder: %s\n\n%v\n", t.run.folder, t.Model.Summary())
}

// printEnd prints the best and the last figures, the time, the run folder, and what measures the
// model if validation did not use the test images.
func (t *digitTraining) printEnd(
	_ context.Context, s streams, _ *modelfile.File, h *train.History, took time.Duration, _ error,
) error {
	out, folder := s.out, t.run.folder
	if last := len(h.Epochs); last > 0 {
		fmt.Fprintln(out)
		w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
		fmt.Fprintf(w, "\tbest\tlast\n")
		for i, name := range h.Names {
			if t.flags.Validate && !strings.HasPrefix(name, "val_") {
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
	if t.config.Data.Validation > 0 {
		fmt.Fprintf(out, "measure it on the test images with: braid eval %s\n", folder)
	}
	return nil
}
