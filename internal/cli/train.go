package cli

import (
	"context"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"braid/digitqa"
	"braid/internal/suggest"
	"braid/optim"
	"braid/train"
)

// trainFlags are the flags of braid train.
type trainFlags struct {
	options
	workers          int
	out, log, resume string
}

// options are the flags that a run's config.json stores.
type options struct {
	Epochs   int           `json:"epochs"`
	Batch    int           `json:"batch"`
	Weights  string        `json:"loss_weights"`
	Rate     float64       `json:"rate"`
	Seed     uint64        `json:"seed"`
	Data     string        `json:"data"`
	Validate bool          `json:"validate"`
	Every    time.Duration `json:"checkpoint_every_ns"`
	Keep     int           `json:"keep"`
	Best     string        `json:"best"`
	OnNaN    string        `json:"on_nan"`
}

var (
	logs  = []string{"keras", "bar", "json", "none"}
	onNaN = []string{"stop", "restore"}
)

func trainVerb(s streams) *cobra.Command {
	var f trainFlags
	c := command(&cobra.Command{
		Use:   "train [flags]",
		Short: "Train the network that reads a digit and answers a question about it",
		Long: "Train finds MNIST, trains the network for both heads, digit and answer, and writes\n" +
			"a run folder: model.safetensors, history.csv, config.json, curves.svg, and\n" +
			"checkpoints. The same seed gives the same model, byte for byte, with any number of\n" +
			"workers. --resume goes on with a run that was stopped or whose machine failed; it\n" +
			"ends with the same bytes.",
		RunE: func(c *cobra.Command, _ []string) error {
			if f.resume != "" {
				return f.resumeRun(c.Context(), s, c.Flags().Changed)
			}
			return f.startRun(c.Context(), s)
		},
	}, cobra.NoArgs)
	flags := c.Flags()
	flags.IntVar(&f.Epochs, "epochs", 20, "passes through the training images")
	flags.IntVar(&f.Batch, "batch", 64, "examples in a step")
	flags.StringVar(&f.Weights, "loss-weights", "digit=0.5,answer=0.6",
		"weight of each head's loss in the total")
	flags.Float64Var(&f.Rate, "rate", 0.001, "Adam's learning rate")
	flags.Uint64Var(&f.Seed, "seed", 1, "seed of the initial weights and the shuffles")
	flags.IntVar(&f.workers, "workers", 0,
		"number of workers; 0: the fastest number, up to one for each processor")
	flags.StringVar(&f.Data, "data", "",
		"folder with a data set in MNIST's format (default: find MNIST)")
	flags.StringVar(&f.out, "out", "",
		"run folder (default: runs/TIME-digitqa, which runs/latest links to)")
	flags.StringVar(&f.log, "log", "keras", strings.Join(logs, ", "))
	flags.BoolVar(&f.Validate, "validate", true, "measure the test images after each epoch")
	flags.DurationVar(&f.Every, "checkpoint-every", time.Minute,
		"interval of checkpoints within an epoch; 0: only after each epoch")
	flags.IntVar(&f.Keep, "keep", 2, "number of newest checkpoints to keep besides the best")
	flags.StringVar(&f.Best, "best", "",
		"figure that selects the best checkpoint (default: val_loss, or loss)")
	flags.StringVar(&f.OnNaN, "on-nan", "stop",
		"if numbers are not finite: stop, or restore, which goes back an epoch\nand halves the rate")
	flags.StringVar(&f.resume, "resume", "",
		"run folder to go on with; its configuration holds, but --epochs may be raised")
	flags.SortFlags = false
	return c
}

// plan checks the flags and returns their training plan.
func (f trainFlags) plan() (train.Plan, error) {
	p := digitqa.Plan()
	switch {
	case f.Epochs < 1:
		return p, usage("--epochs is %d, want 1 or more", f.Epochs)
	case f.Batch < 1:
		return p, usage("--batch is %d, want 1 or more", f.Batch)
	case f.workers < 0:
		return p, usage("--workers is %d, want 1 or more, or 0 for the fastest number", f.workers)
	case f.Rate <= 0 || !finite(f.Rate):
		return p, usage("--rate is %v, want a number above 0", f.Rate)
	case f.Seed == 0:
		return p, usage("--seed is 0, want 1 or more")
	case !slices.Contains(logs, f.log):
		return p, usage("--log is %q, want one of %s", f.log, suggest.List(logs))
	case f.Every < 0:
		return p, usage("--checkpoint-every is %v, want 0 or more", f.Every)
	case f.Keep < 1:
		return p, usage("--keep is %d, want 1 or more", f.Keep)
	case !slices.Contains(onNaN, f.OnNaN):
		return p, usage("--on-nan is %q, want one of %s", f.OnNaN, suggest.List(onNaN))
	}
	p.Epochs, p.Batch, p.Workers = f.Epochs, f.Batch, f.workers
	p.Optimizer = optim.Adam{Rate: f.Rate}
	p.Restore = f.OnNaN == "restore"
	return p, weigh(p.Heads, f.Weights)
}

// weigh sets the heads' weights from a text such as "digit=0.5, answer=0.6". A head that the text
// does not name keeps its weight.
func weigh(heads train.Heads, weights string) error {
	known := []string{"digit", "answer"}
	given := map[string]bool{}
	for entry := range strings.SplitSeq(weights, ",") {
		name, text, ok := strings.Cut(entry, "=")
		if !ok {
			const format = "--loss-weights has %q, want HEAD=WEIGHT, such as digit=0.5,answer=0.6"
			return usage(format, entry)
		}
		name, text = strings.TrimSpace(name), strings.TrimSpace(text)
		h, ok := heads[name]
		if !ok {
			return usage("--loss-weights: %v", suggest.Unknown("head", name, known))
		}
		if given[name] {
			return usage("--loss-weights names %q twice, want each head once", name)
		}
		given[name] = true
		w, err := strconv.ParseFloat(text, 64)
		if err != nil || w < 0 || !finite(w) {
			const format = "--loss-weights: the weight of %q is %q, want a finite number from 0"
			return usage(format, name, text)
		}
		h.Weight, h.MeasureOnly = w, w == 0
		heads[name] = h
	}
	for _, h := range heads {
		if !h.MeasureOnly {
			return nil
		}
	}
	return usage("--loss-weights are all 0, want one above: else nothing is learnt")
}

// sameWeights reports whether two texts set the same weights.
func sameWeights(asked, has string) bool {
	a, b := digitqa.Plan().Heads, digitqa.Plan().Heads
	if weigh(a, asked) != nil || weigh(b, has) != nil {
		return false
	}
	return maps.EqualFunc(a, b, func(x, y train.Head) bool {
		return x.Weight == y.Weight && x.MeasureOnly == y.MeasureOnly
	})
}

// startRun trains in a new run folder.
func (f trainFlags) startRun(ctx context.Context, s streams) error {
	began := time.Now()
	plan, err := f.plan()
	if err != nil {
		return err
	}
	if f.Data != "" { // the run may be resumed from another folder
		if f.Data, err = filepath.Abs(f.Data); err != nil {
			return err
		}
	}
	e, err := f.prepare(ctx, s, plan)
	if err != nil {
		return err
	}
	r, err := newRun(f.out, e.model.Name(), began)
	if err != nil {
		return err
	}
	defer r.unlock()
	c := config{
		Options: f.options, Training: e.metadata, Data: e.summary(),
		Workers: f.workers, Started: began.UTC().Truncate(time.Second), Go: runtime.Version(),
	}
	if err := r.configure(c); err != nil {
		return err
	}
	return f.train(ctx, s, e, r, c, train.Fit)
}

// resumeRun goes on with a run. changed reports whether a flag was given.
func (f trainFlags) resumeRun(
	ctx context.Context, s streams, changed func(flag string) bool,
) error {
	r, c, err := openRun(f.resume)
	if err != nil {
		return err
	}
	defer r.unlock()
	given := f.options
	f.options = c.Options
	if changed("out") {
		return usage("--out and --resume: a run stays in its folder")
	}
	for _, o := range []struct {
		flag       string
		given, has any
	}{
		{"batch", given.Batch, f.Batch},
		{"loss-weights", given.Weights, f.Weights},
		{"rate", given.Rate, f.Rate},
		{"seed", given.Seed, f.Seed},
		{"validate", given.Validate, f.Validate},
		{"on-nan", given.OnNaN, f.OnNaN},
	} {
		same := o.given == o.has
		if o.flag == "loss-weights" {
			same = sameWeights(given.Weights, f.Weights)
		}
		if changed(o.flag) && !same {
			return usage("--%s is %v, the run in %s has %v, and must keep it",
				o.flag, o.given, f.resume, o.has)
		}
	}
	for flag, set := range map[string]func(){
		"epochs":           func() { f.Epochs = given.Epochs },
		"data":             func() { f.Data = given.Data },
		"checkpoint-every": func() { f.Every = given.Every },
		"keep":             func() { f.Keep = given.Keep },
		"best":             func() { f.Best = given.Best },
	} {
		if changed(flag) {
			set()
		}
	}
	plan, err := f.plan()
	if err != nil {
		return err
	}
	e, err := f.prepare(ctx, s, plan)
	if err != nil {
		return err
	}
	if f.options != c.Options {
		c.Options, c.Training = f.options, e.metadata
		// Start is called after the checkpoint was found to fit the plan.
		e.plan.Callbacks = append(e.plan.Callbacks, train.Callback{
			Start: func(train.Start) error { return r.configure(c) },
		})
	}
	return f.train(ctx, s, e, r, c, train.Resume)
}
