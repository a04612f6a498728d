package cli

import (
	"cmp"
	"context"
	"maps"
	"os/signal"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"braid/digitqa"
	"braid/internal/suggest"
	"braid/train"
)

// digitExperiment is the name of the default experiment.
const digitExperiment = "digitqa"

// trainFlags are the flags of braid train.
type trainFlags struct {
	options
	workers          int
	out, log, resume string
	began            time.Time // of the command
}

// options are the flags that a run's config.json stores.
type options struct {
	Network  string        `json:"network"`
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
	Set      []string      `json:"set,omitempty"` // KEY=VALUE of an experiment file
	Board    string        `json:"tensorboard,omitempty"`

	Conflicts bool `json:"conflicts,omitzero"` // measured
}

var (
	logs  = []string{"keras", "bar", "json", "none"}
	onNaN = []string{"stop", "restore"}
)

func trainVerb(s streams) *cobra.Command {
	var f trainFlags
	c := command(&cobra.Command{
		Use:   "train [FILE] [flags]",
		Short: "Train the network that an experiment file declares, or the digitqa one",
		Long: "Train reads an experiment file, which braid init writes, trains the network that it\n" +
			"declares, and writes a run folder: model.safetensors, experiment.yaml, split.csv,\n" +
			"history.csv, config.json, scores.json, report.html, curves.svg, and checkpoints. The\n" +
			"best epoch is kept. Scores.json has what braid eval --json prints of the test part.\n" +
			"--set replaces any key of the file; --epochs, --batch, --rate and --seed are short\n" +
			"for --set train.epochs=N and so on. --log json prints a line for each epoch:\n\n" +
			`    {"epoch":1,"train_s":..,"loss":..,"HEAD_loss":..,"HEAD_METRIC":..,"val_..":..}` + "\n\n" +
			"Without FILE, or with digitqa, it finds MNIST and trains a network that reads a\n" +
			"digit and answers a question about it, which a file within the command declares.\n" +
			"--network record trains a convolutional network, which takes minutes and is right\n" +
			"about more than 99 of 100 digits.\n\n" +
			"The same seed gives the same model, byte for byte, with any number of workers.\n" +
			"--resume goes on with a run that was stopped or whose machine failed; it ends with\n" +
			"the same bytes. It is an error if the rows are not those that the run began with;\n" +
			"where they are may change, with --set data.file=FILE.",
		Example: "  braid train products.yaml\n" +
			"  braid train products.yaml --set train.epochs=5 --set 'ignore=[id, code]'\n" +
			"  braid train --network record\n" +
			"  braid train digitqa --set network.trunk.units=50",
		RunE: func(c *cobra.Command, args []string) error {
			f.began = time.Now()
			// Where nobody reads the output any more, as behind head, training ends by the error of the
			// write, and keeps its last step. The signal would end it while it writes a checkpoint.
			signal.Ignore(syscall.SIGPIPE)
			defer signal.Reset(syscall.SIGPIPE)
			changed := c.Flags().Changed
			switch {
			case f.resume != "" && len(args) > 0:
				return usage("%s and --resume: the run's folder has its experiment", args[0])
			case f.resume != "" && isFileRun(f.resume):
				return f.resumeFile(c.Context(), s, changed)
			case f.resume != "":
				return f.resumeDigits(c.Context(), s, changed)
			case len(args) > 0 && args[0] != digitExperiment:
				return f.startFile(c.Context(), s, args[0], changed)
			}
			return f.startDigits(c.Context(), s, changed)
		},
	}, cobra.MaximumNArgs(1))
	flags := c.Flags()
	flags.StringVar(&f.Network, "network", networks[0].name, networkFlag())
	flags.IntVar(&f.Epochs, "epochs", 0, "passes through the training rows "+
		defaults(func(n network) int { return n.epochs }))
	flags.IntVar(&f.Batch, "batch", 0, "examples in a step "+
		defaults(func(n network) int { return n.batch }))
	flags.StringVar(&f.Weights, "loss-weights", "digit=0.5,answer=0.6",
		"weight of each head's loss in the total")
	flags.Float64Var(&f.Rate, "rate", 0, "Adam's learning rate, or its highest "+
		defaults(func(n network) float64 { return n.rate }))
	flags.Uint64Var(&f.Seed, "seed", 1, "seed of the initial weights and the shuffles")
	flags.IntVar(&f.workers, "workers", 0,
		"number of workers; 0: the fastest number, up to one for each processor")
	flags.StringVar(&f.Data, "data", "",
		"folder with a data set in MNIST's format (default: find MNIST)")
	flags.StringVar(&f.out, "out", "",
		"run folder (default: runs/TIME-NAME, which runs/latest links to)")
	flags.StringArrayVar(&f.Set, "set", nil,
		"`KEY=VALUE` that replaces a key of the experiment file; the value is YAML;\n"+
			"without one, as in inputs.title=, the key is left out; may be repeated")
	flags.StringVar(&f.log, "log", "keras", strings.Join(logs, ", "))
	flags.BoolVar(&f.Validate, "validate", true, "measure images after each epoch: the test images;\n"+
		"record: the last twelfth of the training images, which it does not train on")
	flags.DurationVar(&f.Every, "checkpoint-every", time.Minute,
		"interval of checkpoints within an epoch; 0: only after each epoch")
	flags.IntVar(&f.Keep, "keep", 2, "number of newest checkpoints to keep besides the best")
	flags.StringVar(&f.Best, "best", "",
		"figure that selects the best checkpoint (default: val_loss, or loss)")
	flags.StringVar(&f.OnNaN, "on-nan", "stop",
		"if numbers are not finite: stop, or restore, which goes back an epoch\nand halves the rate")
	flags.StringVar(&f.Board, "tensorboard", "",
		"`DIR` for event files, which TensorBoard shows: figures of each epoch, weights and their\n"+
			"gradients, the graph, and pictures with their answers; a resumed run goes on there")
	flags.BoolVar(&f.Conflicts, "conflicts", false,
		"measure in each epoch how the gradients of the heads agree, by layer:\n"+
			"conflicts.csv, and a table in the report")
	flags.StringVar(&f.resume, "resume", "",
		"run folder to go on with; its configuration holds, but --epochs may be raised,\n"+
			"except for digitqa's record, whose rate falls to 0 over its epochs")
	flags.SortFlags = false
	return c
}

// check checks the flags and returns the heads with their weights.
func (f trainFlags) check() (train.Heads, error) {
	heads := digitqa.Heads()
	return heads, cmp.Or(f.checkNumbers(func(flag string) bool {
		return flag != "rate" || f.Rate != 0 || f.Set == nil
	}), f.checkCommon(), weigh(heads, f.Weights))
}

// checkNumbers checks the flags of numbers that given reports.
func (f trainFlags) checkNumbers(given func(flag string) bool) error {
	switch {
	case given("epochs") && f.Epochs < 1:
		return usage("--epochs is %d, want 1 or more", f.Epochs)
	case given("batch") && f.Batch < 1:
		return usage("--batch is %d, want 1 or more", f.Batch)
	case given("rate") && (f.Rate <= 0 || !finite(f.Rate)):
		return usage("--rate is %v, want a number above 0", f.Rate)
	case given("seed") && f.Seed == 0:
		return usage("--seed is 0, want 1 or more")
	}
	return nil
}

// checkCommon checks the flags that every experiment has.
func (f trainFlags) checkCommon() error {
	switch {
	case f.workers < 0:
		return usage("--workers is %d, want 1 or more, or 0 for the fastest number", f.workers)
	case !slices.Contains(logs, f.log):
		return usage("--log is %q, want one of %s", f.log, suggest.List(logs))
	case f.Every < 0:
		return usage("--checkpoint-every is %v, want 0 or more", f.Every)
	case f.Keep < 1:
		return usage("--keep is %d, want 1 or more", f.Keep)
	case !slices.Contains(onNaN, f.OnNaN):
		return usage("--on-nan is %q, want one of %s", f.OnNaN, suggest.List(onNaN))
	}
	return nil
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
	a, b := digitqa.Heads(), digitqa.Heads()
	if weigh(a, asked) != nil || weigh(b, has) != nil {
		return false
	}
	return maps.EqualFunc(a, b, sameWeight)
}

// sameWeight reports whether two heads count the same in the total loss.
func sameWeight(a, b train.Head) bool {
	return a.MeasureOnly && b.MeasureOnly || a.MeasureOnly == b.MeasureOnly && a.Weight == b.Weight
}

// startDigits trains digitqa in a new run folder. changed reports whether a flag was given.
func (f trainFlags) startDigits(
	ctx context.Context, s streams, changed func(flag string) bool,
) error {
	if err := f.checkSet(); err != nil {
		return err
	}
	if changed("rate") && f.setsOptimizer() {
		return usage("--rate and --set of the optimizer: want one of them")
	}
	n, err := findNetwork(f.Network)
	if err != nil {
		return err
	}
	if !changed("epochs") {
		f.Epochs = n.epochs
	}
	if !changed("batch") {
		f.Batch = n.batch
	}
	if !changed("rate") {
		f.Rate = n.rate
	}
	e, err := f.declare(n, changed)
	if err != nil {
		return err
	}
	for _, path := range []*string{&f.Data, &f.Board} {
		if *path, err = absolute(*path); err != nil {
			return err
		}
	}
	return f.start(ctx, s, func(began time.Time) (training, error) {
		t, err := f.loadDigits(ctx, s, n, e)
		if err != nil {
			return nil, err
		}
		t.config.Workers, t.config.Started = f.workers, began.UTC().Truncate(time.Second)
		t.config.Go = runtime.Version()
		return t, nil
	})
}

// absolute returns the path of a folder that does not depend on the current one: a run may be
// resumed from another. An empty path stays empty.
func absolute(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	return filepath.Abs(path)
}

// resumeDigits goes on with a run of digitqa. changed reports whether a flag was given.
func (f trainFlags) resumeDigits(
	ctx context.Context, s streams, changed func(flag string) bool,
) error {
	r, c, err := openRun(f.resume)
	if err != nil {
		return err
	}
	defer r.unlock()
	given := f.options
	f.options = c.Options
	switch {
	case changed("out"):
		return usage("--out and --resume: a run stays in its folder")
	case changed("set"):
		return usage("--resume: a run keeps its settings, but --epochs may be raised: got --set %s",
			given.Set[0])
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
		{"conflicts", given.Conflicts, f.Conflicts},
		{"network", given.Network, f.Network},
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
		"tensorboard":      func() { f.Board = given.Board },
	} {
		if changed(flag) {
			set()
		}
	}
	if f.Board, err = absolute(f.Board); err != nil {
		return err
	}
	n, err := findNetwork(f.Network)
	if err != nil {
		return err
	}
	e, err := f.declare(n, func(flag string) bool { return flag != "rate" || !f.setsOptimizer() })
	if err != nil {
		return err
	}
	if has := c.Options.Epochs; n.fixedEpochs && f.Epochs != has {
		return usage("--epochs is %d, the run in %s has %d, and must keep it: the learning rate of "+
			"the network %s falls to 0 over its epochs", f.Epochs, f.resume, has, n.name)
	}
	t, err := f.loadDigits(ctx, s, n, e)
	if err != nil {
		return err
	}
	t.run = r
	isChanged := !reflect.DeepEqual(t.config.Options, c.Options)
	if isChanged {
		c.Options, c.Training = t.config.Options, t.config.Training
	}
	t.config = c
	return resumeIn(ctx, s, t, isChanged)
}
