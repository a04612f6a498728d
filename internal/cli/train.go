package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"braid"
	"braid/data"
	"braid/digitqa"
	"braid/internal/names"
	"braid/optim"
	"braid/train"
)

// trainFlags are the flags of braid train.
type trainFlags struct {
	epochs, batch, workers int
	weights                string
	rate                   float64
	seed                   uint64
	data, out, log         string
	validate               bool
}

var logs = []string{"keras", "bar", "json", "none"}

func trainVerb(s streams) *cobra.Command {
	var f trainFlags
	c := command(&cobra.Command{
		Use:   "train [flags]",
		Short: "Train the network that reads a digit and answers a question about it",
		Long: "Train finds MNIST, trains the network for both heads, digit and answer, and leaves a run\n" +
			"folder: model.safetensors, history.csv, config.json, curves.svg. The same seed gives the same\n" +
			"model, byte for byte, with any number of workers.",
		RunE: func(c *cobra.Command, _ []string) error {
			return f.run(c.Context(), s)
		},
	}, cobra.NoArgs)
	c.Flags().IntVar(&f.epochs, "epochs", 20, "times to go through the training images")
	c.Flags().IntVar(&f.batch, "batch", 64, "examples a step")
	c.Flags().StringVar(&f.weights, "loss-weights", "digit=0.5,answer=0.6", "what each head's loss counts in the total")
	c.Flags().Float64Var(&f.rate, "rate", 0.001, "Adam's learning rate")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "of the first weights and the shuffles")
	c.Flags().IntVar(&f.workers, "workers", 0, "workers; 0 is one for each processor")
	c.Flags().StringVar(&f.data, "data", "", "folder with a data set in MNIST's format (default: find MNIST)")
	c.Flags().StringVar(&f.out, "out", "", "run folder (default: runs/TIME-digitqa, and runs/latest leads there)")
	c.Flags().StringVar(&f.log, "log", "keras", strings.Join(logs, ", "))
	c.Flags().BoolVar(&f.validate, "validate", true, "measure the test images after each epoch")
	c.Flags().SortFlags = false
	return c
}

// plan checks the flags and makes a plan of them.
func (f trainFlags) plan() (train.Plan, error) {
	p := digitqa.Plan()
	switch {
	case f.epochs < 1:
		return p, usage("--epochs is %d, want 1 or more", f.epochs)
	case f.batch < 1:
		return p, usage("--batch is %d, want 1 or more", f.batch)
	case f.workers < 0:
		return p, usage("--workers is %d, want 1 or more, or 0 for one for each processor", f.workers)
	case !(f.rate > 0) || math.IsInf(f.rate, 0):
		return p, usage("--rate is %v, want a number above 0", f.rate)
	case f.seed == 0:
		return p, usage("--seed is 0, want 1 or more")
	case !slices.Contains(logs, f.log):
		return p, usage("--log is %q, want one of %s", f.log, names.List(logs))
	}
	p.Epochs, p.Batch, p.Workers = f.epochs, f.batch, f.workers
	p.Optimizer = optim.Adam{Rate: f.rate}
	return p, weigh(p.Heads, f.weights)
}

// weigh reads weights such as digit=0.5,answer=0.6 into the heads. A head that is not named keeps
// its weight.
func weigh(heads train.Heads, weights string) error {
	known := []string{"digit", "answer"}
	for entry := range strings.SplitSeq(weights, ",") {
		name, text, ok := strings.Cut(entry, "=")
		if !ok {
			return usage("--loss-weights has %q, want HEAD=WEIGHT, such as digit=0.5,answer=0.6", entry)
		}
		h, ok := heads[name]
		if !ok {
			return usage("--loss-weights: %v", names.Unknown("head", name, known))
		}
		w, err := strconv.ParseFloat(text, 64)
		if err != nil || w < 0 || math.IsNaN(w) || math.IsInf(w, 0) {
			return usage("--loss-weights: the weight of %q is %q, want a finite number from 0", name, text)
		}
		h.Weight, h.Off = w, w == 0
		heads[name] = h
	}
	return nil
}

// examples are what there is to learn from.
type examples struct {
	train, test *data.Table
	height      int // of an image, in pixels
	width       int
	standard    data.Standard
	source      string
}

// load finds the images and makes tables of them.
func (f trainFlags) load(ctx context.Context, s streams) (*examples, error) {
	bars := newDownloads(s)
	mnist, err := digitqa.Finder{Dir: f.data, Progress: bars.progress, Note: s.note}.Find(ctx)
	bars.end()
	if err != nil {
		return nil, err
	}
	size := mnist.Train.Pixels.Shape()
	e := &examples{height: size[1], width: size[2], source: mnist.Source}
	if e.standard, err = data.Measure(mnist.Train.Pixels.Uint8s()); err != nil {
		return nil, err
	}
	if e.train, err = digitqa.Table(mnist.Train, e.standard); err != nil {
		return nil, err
	}
	e.test, err = digitqa.Table(mnist.Test, e.standard)
	return e, err
}

// run is the whole job: data, model, run folder, training, files.
func (f trainFlags) run(ctx context.Context, s streams) error {
	began := time.Now()
	plan, err := f.plan()
	if err != nil {
		return err
	}
	e, err := f.load(ctx, s)
	if err != nil {
		return err
	}
	if f.validate {
		plan.Validate = e.test
	}
	model, err := digitqa.Network(e.height, e.width).Build(f.seed)
	if err != nil {
		return err
	}
	t, err := record(model, plan, e.train.Rows())
	if err != nil {
		return err
	}
	r, err := newRun(f.out, model.Name(), began)
	if err != nil {
		return err
	}
	c := config{
		Training: t, Validate: f.validate, Workers: f.workers, Started: began.UTC().Truncate(time.Second),
		Data: dataRecord{e.source, e.train.Rows(), e.test.Rows(), e.standard.Mean, e.standard.Std},
	}
	if err := r.begin(c); err != nil {
		return err
	}
	f.announce(s, model, c)
	plan.Callbacks = f.callbacks(s)
	history, failed := train.Fit(ctx, model, e.train, plan)
	if history == nil {
		return failed
	}
	file, err := describe(model, t, history, e.standard)
	if err == nil {
		err = r.save(file, history)
	}
	if err != nil {
		return errors.Join(failed, err)
	}
	f.conclude(s, history, r.folder, time.Since(began))
	return failed
}

// announce tells what is about to be trained.
func (f trainFlags) announce(s streams, m *braid.Model, c config) {
	if f.log == "json" || f.log == "none" {
		return
	}
	fmt.Fprintf(s.out, "%d training and %d test images from %s\npixels: mean %.4f, standard deviation %.4f\n\n%v\n",
		c.Data.Train, c.Data.Test, c.Data.Source, c.Data.Mean, c.Data.Std, m.Summary())
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
	switch f.log {
	case "keras", "bar":
		list = append(list, train.KerasLog(s.out))
	case "json":
		list = append(list, train.JSONLog(s.out))
	}
	return list
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
			if f.validate && !strings.HasPrefix(name, "val_") {
				continue
			}
			best := 0
			for j, e := range h.Epochs {
				better := e.Values[i] < h.Epochs[best].Values[i]
				if strings.HasSuffix(name, "_accuracy") {
					better = e.Values[i] > h.Epochs[best].Values[i]
				}
				if better {
					best = j
				}
			}
			fmt.Fprintf(w, "%s\t%.4f (epoch %d)\t%.4f\n", name, h.Epochs[best].Values[i], best+1, h.Epochs[last-1].Values[i])
		}
		w.Flush()
	}
	epochs := "epochs"
	if len(h.Epochs) == 1 {
		epochs = "epoch"
	}
	fmt.Fprintf(out, "\n%d %s in %.1f s; the run is in %s\n", len(h.Epochs), epochs, took.Seconds(), folder)
}
