package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"braid/data/mnist"
	"braid/digitqa"
	"braid/experiment"
	"braid/internal/suggest"
	"braid/modelfile"
	"braid/train"
)

// digitTraining is the training of digitqa.
type digitTraining struct {
	*baseTraining
	config config
	test   mnist.Images
}

// settableSections are the sections of digitqa's files that --set may change.
var settableSections = []string{"train", "network", "heads"}

// checkSet checks that --set changes keys that digitqa allows.
func (f trainFlags) checkSet() error {
	if err := checkSettings(f.Set); err != nil {
		return err
	}
	for _, set := range f.Set {
		key, _, _ := strings.Cut(set, "=")
		section, _, _ := strings.Cut(key, ".")
		if !slices.Contains(settableSections, section) {
			return usage("--set %s: digitqa lets keys of %s be set, and --data name its images", key,
				suggest.List(settableSections))
		}
	}
	return nil
}

// setsOptimizer reports whether a setting replaces the optimizer or parts of it.
func (f trainFlags) setsOptimizer() bool {
	return slices.ContainsFunc(f.Set, func(set string) bool {
		key, _, _ := strings.Cut(set, "=")
		return key == "train" || strings.HasPrefix(key, "train.optimizer")
	})
}

// declare checks the flags and returns the experiment of a network with those settings that are
// given.
func (f trainFlags) declare(
	n network, given func(flag string) bool,
) (*experiment.Experiment, error) {
	heads, err := f.check()
	if err != nil {
		return nil, err
	}
	list := slices.Clone(f.Set)
	for _, s := range []struct {
		flag     string
		settings []string
	}{
		{"epochs", []string{setting("train.epochs", f.Epochs)}},
		{"batch", []string{setting("train.batch", f.Batch)}},
		{"rate", n.rates(f.Rate)},
		{"seed", []string{setting("train.seed", f.Seed)}},
		{"loss-weights", weightSettings(heads)},
	} {
		if given(s.flag) {
			list = append(list, s.settings...)
		}
	}
	return n.declare(list...)
}

// weightSettings returns the settings of the weights of heads.
func weightSettings(heads train.Heads) (list []string) {
	for _, name := range slices.Sorted(maps.Keys(heads)) {
		if h := heads[name]; h.MeasureOnly {
			list = append(list, setting("heads."+name+".measure", true))
		} else {
			list = append(list, setting("heads."+name+".weight", h.Weight))
		}
	}
	return list
}

// resolve sets the flags to what an experiment has, for config.json.
func (o *options) resolve(b *experiment.Built) {
	o.Epochs, o.Batch, o.Seed = b.Plan.Epochs, b.Plan.Batch, b.Plan.Seed
	o.Rate = digitqa.Rate(b.Plan.Optimizer)
	given := digitqa.Heads()
	if weigh(given, o.Weights) == nil && maps.EqualFunc(given, b.Plan.Heads, sameWeight) {
		return // as they were written
	}
	var list []string
	for _, h := range b.Heads {
		weight := cmp.Or(h.Weight, 1)
		if h.MeasureOnly {
			weight = 0
		}
		list = append(list, setting(h.Column, weight))
	}
	o.Weights = strings.Join(list, ",")
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
	standard, err := digitqa.Standard(b)
	if err != nil {
		return nil, err
	}
	summary.Mean, summary.Std = standard.Mean, standard.Std
	f.options.resolve(b)
	all := &digitRows{origin: digits.Origin, validates: !n.holdsOut && f.Validate}
	for row := digits.Train.Labels.Shape()[0]; row < b.Frame.Rows(); row++ {
		all.rows = append(all.rows, int32(row))
	}
	t := &digitTraining{&baseTraining{Built: b, flags: f, digits: all}, config{
		Options: f.options, Data: summary,
	}, digits.Test}
	t.config.Training, err = b.Training()
	return t, err
}

func (t *digitTraining) begin() error { return t.configure() }

func (t *digitTraining) configure() error { return t.run.configure(t.config) }

// file returns the model's file.
func (t *digitTraining) file(h *train.History) (*modelfile.File, error) {
	return digitqa.File(t.Built, t.test, h)
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

// measure does nothing: braid eval measures on the test images, which training does not read unless
// it validates on them.
func (t *digitTraining) measure(context.Context, *modelfile.File, *train.History) error {
	return nil
}

// printEnd prints the best and the last figures, the time, the run folder, and what measures the
// model if validation did not use the test images.
func (t *digitTraining) printEnd(
	_ context.Context, s streams, _ *modelfile.File, h *train.History, took durations, _ error,
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
	fmt.Fprintf(out, "\n%d %s; %v; the run is in %s\n", len(h.Epochs), epochs, took, folder)
	if t.config.Data.Validation > 0 {
		fmt.Fprintf(out, "measure it on the test images with: braid eval %s\n", folder)
	}
	return nil
}
