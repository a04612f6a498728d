package cli

import (
	"context"
	"maps"
	"math"
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

// options are the flags that a run is made of: its config.json keeps them.
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
		Long: "Train finds MNIST, trains the network for both heads, digit and answer, and leaves a run\n" +
			"folder: model.safetensors, history.csv, config.json, curves.svg, and checkpoints. The same seed\n" +
			"gives the same model, byte for byte, with any number of workers. A run that was stopped, or whose\n" +
			"machine failed, goes on with --resume and ends with the same bytes.",
		RunE: func(c *cobra.Command, _ []string) error {
			if f.resume != "" {
				return f.goOn(c.Context(), s, c.Flags().Changed)
			}
			return f.begin(c.Context(), s)
		},
	}, cobra.NoArgs)
	c.Flags().IntVar(&f.Epochs, "epochs", 20, "times to go through the training images")
	c.Flags().IntVar(&f.Batch, "batch", 64, "examples a step")
	c.Flags().StringVar(&f.Weights, "loss-weights", "digit=0.5,answer=0.6", "what each head's loss counts in the total")
	c.Flags().Float64Var(&f.Rate, "rate", 0.001, "Adam's learning rate")
	c.Flags().Uint64Var(&f.Seed, "seed", 1, "of the first weights and the shuffles")
	c.Flags().IntVar(&f.workers, "workers", 0, "workers; 0: as many as are quickest, up to one for each processor")
	c.Flags().StringVar(&f.Data, "data", "", "folder with a data set in MNIST's format (default: find MNIST)")
	c.Flags().StringVar(&f.out, "out", "", "run folder (default: runs/TIME-digitqa, and runs/latest leads there)")
	c.Flags().StringVar(&f.log, "log", "keras", strings.Join(logs, ", "))
	c.Flags().BoolVar(&f.Validate, "validate", true, "measure the test images after each epoch")
	c.Flags().DurationVar(&f.Every, "checkpoint-every", time.Minute, "save the run's state so often within an epoch; 0: only after each")
	c.Flags().IntVar(&f.Keep, "keep", 2, "newest checkpoints to keep, beside the best")
	c.Flags().StringVar(&f.Best, "best", "", "figure whose best epoch's checkpoint is kept (default: val_loss, or loss)")
	c.Flags().StringVar(&f.OnNaN, "on-nan", "stop", "where numbers go bad: stop, or restore, which goes back an epoch with half the rate")
	c.Flags().StringVar(&f.resume, "resume", "", "run folder to go on with, in its own configuration; more --epochs may be asked for")
	c.Flags().SortFlags = false
	return c
}

// plan checks the flags and makes a plan of them.
func (f trainFlags) plan() (train.Plan, error) {
	p := digitqa.Plan()
	switch {
	case f.Epochs < 1:
		return p, usage("--epochs is %d, want 1 or more", f.Epochs)
	case f.Batch < 1:
		return p, usage("--batch is %d, want 1 or more", f.Batch)
	case f.workers < 0:
		return p, usage("--workers is %d, want 1 or more, or 0 for as many as are quickest", f.workers)
	case !(f.Rate > 0) || math.IsInf(f.Rate, 0):
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

// weigh reads weights such as digit=0.5, answer=0.6 into the heads. A head that is not named keeps
// its weight.
func weigh(heads train.Heads, weights string) error {
	known := []string{"digit", "answer"}
	given := map[string]bool{}
	for entry := range strings.SplitSeq(weights, ",") {
		name, text, ok := strings.Cut(entry, "=")
		if !ok {
			return usage("--loss-weights has %q, want HEAD=WEIGHT, such as digit=0.5,answer=0.6", entry)
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
		if err != nil || w < 0 || math.IsNaN(w) || math.IsInf(w, 0) {
			return usage("--loss-weights: the weight of %q is %q, want a finite number from 0", name, text)
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

// sameWeights reports whether two lists of weights say the same, however they are written.
func sameWeights(asked, has string) bool {
	a, b := digitqa.Plan().Heads, digitqa.Plan().Heads
	if weigh(a, asked) != nil || weigh(b, has) != nil {
		return false
	}
	return maps.EqualFunc(a, b, func(x, y train.Head) bool {
		return x.Weight == y.Weight && x.MeasureOnly == y.MeasureOnly
	})
}

// begin is a new run.
func (f trainFlags) begin(ctx context.Context, s streams) error {
	began := time.Now()
	plan, err := f.plan()
	if err != nil {
		return err
	}
	if f.Data != "" { // the run may be resumed from elsewhere
		if f.Data, err = filepath.Abs(f.Data); err != nil {
			return err
		}
	}
	job, err := f.prepare(ctx, s, plan)
	if err != nil {
		return err
	}
	r, err := newRun(f.out, job.model.Name(), began)
	if err != nil {
		return err
	}
	defer r.unlock()
	c := config{
		Options: f.options, Training: job.record, Workers: f.workers, Started: began.UTC().Truncate(time.Second), Go: runtime.Version(),
		Data: dataRecord{job.source, job.train.Rows(), job.test.Rows(), job.standard.Mean, job.standard.Std},
	}
	if err := r.configure(c); err != nil {
		return err
	}
	return f.train(ctx, s, job, r, c, train.Fit)
}

// goOn goes on with a run. Changed tells whether a flag was given.
func (f trainFlags) goOn(ctx context.Context, s streams, changed func(flag string) bool) error {
	r, c, err := openRun(f.resume)
	if err != nil {
		return err
	}
	defer r.unlock()
	asked := f.options
	f.options = c.Options
	if changed("out") {
		return usage("--out and --resume: a run stays in its folder")
	}
	for _, o := range []struct {
		flag       string
		asked, has any
	}{
		{"batch", asked.Batch, f.Batch}, {"loss-weights", asked.Weights, f.Weights}, {"rate", asked.Rate, f.Rate},
		{"seed", asked.Seed, f.Seed}, {"validate", asked.Validate, f.Validate}, {"on-nan", asked.OnNaN, f.OnNaN},
	} {
		same := o.asked == o.has
		if o.flag == "loss-weights" {
			same = sameWeights(asked.Weights, f.Weights)
		}
		if changed(o.flag) && !same {
			return usage("--%s is %v, the run in %s has %v, and must keep it", o.flag, o.asked, f.resume, o.has)
		}
	}
	for flag, take := range map[string]func(){
		"epochs": func() { f.Epochs = asked.Epochs }, "data": func() { f.Data = asked.Data },
		"checkpoint-every": func() { f.Every = asked.Every }, "keep": func() { f.Keep = asked.Keep },
		"best": func() { f.Best = asked.Best },
	} {
		if changed(flag) {
			take()
		}
	}
	plan, err := f.plan()
	if err != nil {
		return err
	}
	job, err := f.prepare(ctx, s, plan)
	if err != nil {
		return err
	}
	if f.options != c.Options {
		c.Options, c.Training = f.options, job.record
		job.plan.Callbacks = append(job.plan.Callbacks, train.Callback{
			Start: func(train.Start) error { return r.configure(c) }, // once the checkpoint fits what is asked for
		})
	}
	return f.train(ctx, s, job, r, c, train.Resume)
}
