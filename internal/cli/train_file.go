package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"braid/experiment"
	"braid/internal/atomicfile"
	"braid/internal/suggest"
	"braid/modelfile"
	"braid/train"
	"braid/vision/picture"
)

// Files in the folder of a run of an experiment file.
const (
	experimentName = "experiment.yaml" // as it was resolved
	splitName      = "split.csv"       // the part of each row
	scoresName     = "scores.json"     // of the trained model, on the test part
)

// fileFlags are the flags of train that an experiment file has a key for.
var fileFlags = []string{"epochs", "batch", "rate", "seed"}

// digitFlags are the flags of train that only the default experiment has.
var digitFlags = []string{"network", "loss-weights", "data", "validate", "best"}

// settings returns the settings that replace those of an experiment file.
func (f trainFlags) settings(changed func(flag string) bool) ([]string, error) {
	for _, flag := range digitFlags {
		if changed(flag) {
			return nil, usage("--%s belongs to digitqa; --set changes keys of an experiment file", flag)
		}
	}
	if err := cmp.Or(f.checkNumbers(changed), checkSettings(f.Set)); err != nil {
		return nil, err
	}
	values := map[string]string{
		"epochs": strconv.Itoa(f.Epochs), "batch": strconv.Itoa(f.Batch),
		"rate": strconv.FormatFloat(f.Rate, 'g', -1, 64), "seed": strconv.FormatUint(f.Seed, 10),
	}
	list := slices.Clone(f.Set)
	for _, flag := range fileFlags {
		if changed(flag) {
			list = append(list, "train."+flag+"="+values[flag])
		}
	}
	return list, nil
}

// checkSettings checks that each setting of --set has a key and a value.
func checkSettings(list []string) error {
	for _, set := range list {
		if key, _, found := strings.Cut(set, "="); !found || strings.TrimSpace(key) == "" {
			return usage("--set %s: want KEY=VALUE, such as train.epochs=5", suggest.Printable(set))
		}
	}
	return nil
}

// isFileRun reports whether a folder is a run of an experiment file.
func isFileRun(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, experimentName))
	return err == nil
}

// isSplit reports whether a file is one that WriteSplit wrote.
func isSplit(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	head := make([]byte, len(experiment.SplitHeader))
	_, err = io.ReadFull(file, head)
	return err == nil && string(head) == experiment.SplitHeader
}

// fileTraining is the training of an experiment file.
type fileTraining struct {
	*baseTraining
	config   fileConfig
	measured *experiment.Measured
}

// fileConfig is config.json of a run of an experiment file.
type fileConfig struct {
	Options    fileOptions    `json:"options"`
	Rows       map[string]int `json:"rows"` // by part
	Unlabeled  int            `json:"rows_without_label"`
	Parameters int            `json:"parameters"`
	Workers    int            `json:"workers"`
	Started    time.Time      `json:"started"`
	Go         string         `json:"go"`
}

// fileOptions are the flags that a resumed run keeps.
type fileOptions struct {
	Every time.Duration `json:"checkpoint_every_ns"`
	Keep  int           `json:"keep"`
	OnNaN string        `json:"on_nan"`
	Board string        `json:"tensorboard,omitempty"`

	Conflicts bool `json:"conflicts,omitzero"`
}

// startFile trains what an experiment file declares, in a new run folder.
func (f trainFlags) startFile(
	ctx context.Context, s streams, path string, changed func(flag string) bool,
) error {
	settings, err := f.settings(changed)
	if err == nil {
		err = f.checkCommon()
	}
	if err != nil {
		return err
	}
	e, err := experiment.Read(path, settings...)
	if err == nil {
		f.Board, err = absolute(f.Board)
	}
	if err != nil {
		return err
	}
	return f.start(ctx, s, func(began time.Time) (training, error) {
		b, err := f.build(ctx, s, e, "")
		if err != nil {
			return nil, err
		}
		return &fileTraining{baseTraining: &baseTraining{Built: b, flags: f}, config: fileConfig{
			Options:   fileOptions{f.Every, f.Keep, f.OnNaN, f.Board, f.Conflicts},
			Unlabeled: b.Unlabeled, Parameters: b.Model.Summary().Total,
			Workers: f.workers, Started: began.UTC().Truncate(time.Second), Go: runtime.Version(),
		}}, nil
	})
}

// build reads the data of an experiment and builds its network. If split is not empty, it is the
// file of the parts of the rows, which must be the same.
func (f trainFlags) build(
	ctx context.Context, s streams, e *experiment.Experiment, split string,
) (*experiment.Built, error) {
	slow := f.sayIfSlow(s, "reading the data")
	rows, err := e.Load(ctx)
	slow.Stop()
	if err == nil && split == "" {
		err = rows.CheckIgnored()
	}
	if err != nil {
		return nil, err
	}
	if split != "" {
		if err := checkSplit(rows, split); err != nil {
			return nil, err
		}
	}
	slow = f.sayIfSlow(s, "converting the columns")
	defer slow.Stop()
	cache := openPictures(s)
	defer cache.Close()
	return rows.Build(ctx, experiment.Options{Workers: f.workers, Cache: cache})
}

// checkSplit compares rows with the split file of a run.
func checkSplit(rows *experiment.Loaded, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := rows.CheckSplit(file); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// sayIfSlow notes on a terminal what the command does if it takes long. Stop ends it.
func (f trainFlags) sayIfSlow(s streams, what string) *time.Timer {
	if !s.terminal() || f.log == "json" || f.log == "none" {
		return time.NewTimer(0)
	}
	return time.AfterFunc(patience, func() { s.note(what + " ...") })
}

// mostPictures limits the bytes of decoded pictures that are kept from one run to the next.
const mostPictures = 4 << 30

// openPictures opens the cache of decoded pictures. Without a folder for it nothing is kept.
func openPictures(s streams) *picture.Cache {
	folder, err := os.UserCacheDir()
	if err != nil {
		return nil
	}
	cache, err := picture.OpenCache(filepath.Join(folder, "braid", "pictures"), mostPictures)
	if err != nil {
		s.note(fmt.Sprintf("decoded pictures are not kept: %v", err))
	}
	return cache
}

// mayChange reports whether a run that is resumed may have another value of a key: where its data
// are, and when it ends.
func mayChange(setting string) bool {
	key, _, _ := strings.Cut(setting, "=")
	section, _, _ := strings.Cut(key, ".")
	return section == "data" || key == "train.epochs" || key == "train.minutes"
}

// fromHere returns a setting of data whose path, if it is one of a file from the current folder, is
// absolute: the paths in a run's experiment file begin at the run folder.
func fromHere(setting string) string {
	key, path, _ := strings.Cut(setting, "=")
	if _, err := os.Stat(path); err != nil || key != "data" && key != "data.file" {
		return setting
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return setting
	}
	return fmt.Sprintf("%s=%s", key, quoted(absolute))
}

// resumeFile goes on with a run of an experiment file.
func (f trainFlags) resumeFile(
	ctx context.Context, s streams, changed func(flag string) bool,
) error {
	folder, err := filepath.EvalSymlinks(f.resume)
	if err != nil {
		return fmt.Errorf("--resume: no run at %s: %w", f.resume, err)
	}
	if changed("out") {
		return usage("--out and --resume: a run stays in its folder")
	}
	settings, err := f.settings(changed)
	if err != nil {
		return err
	}
	for i, set := range settings {
		settings[i] = fromHere(set)
		if !mayChange(set) {
			return usage("--resume: a run keeps its settings, except for train.epochs, train.minutes and "+
				"where its data are: got %s", set)
		}
	}
	r, err := lockRun(folder, filepath.Dir(folder) == runs)
	if err != nil {
		return err
	}
	defer r.unlock()
	config, err := readFileConfig(folder)
	if err != nil {
		return err
	}
	if has := config.Options.OnNaN; changed("on-nan") && f.OnNaN != has {
		return usage("--on-nan is %s, the run in %s has %s, and must keep it", f.OnNaN, f.resume, has)
	}
	if has := config.Options.Conflicts; changed("conflicts") && f.Conflicts != has {
		return usage("--conflicts is %v, the run in %s has %v, and must keep it", f.Conflicts, f.resume,
			has)
	}
	isChanged := settings != nil
	for flag, take := range map[string]func(){
		"checkpoint-every": func() { config.Options.Every = f.Every },
		"keep":             func() { config.Options.Keep = f.Keep },
		"tensorboard":      func() { config.Options.Board = f.Board },
	} {
		if changed(flag) {
			take()
			isChanged = true
		}
	}
	if config.Options.Board, err = absolute(config.Options.Board); err != nil {
		return err
	}
	f.Every, f.Keep, f.OnNaN = config.Options.Every, config.Options.Keep, config.Options.OnNaN
	f.Board, f.Conflicts = config.Options.Board, config.Options.Conflicts
	if err := f.checkCommon(); err != nil {
		return err
	}
	path := filepath.Join(folder, experimentName)
	e, err := experiment.Read(path, settings...)
	if err != nil {
		return err
	}
	b, err := f.build(ctx, s, e, filepath.Join(folder, splitName))
	switch {
	case errors.Is(err, experiment.ErrOtherRows):
		return fmt.Errorf("%w\nbring the data back as they were, or begin a new run with: "+
			"braid train %s", err, shellWord(path))
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w\nif the data have moved, say where to: braid train --resume %s --set "+
			"data.file=FILE", err, shellWord(folder))
	case err != nil:
		return err
	}
	t := &fileTraining{baseTraining: &baseTraining{Built: b, flags: f, run: r}, config: config}
	return resumeIn(ctx, s, t, isChanged)
}

// readFileConfig reads config.json of a run of an experiment file.
func readFileConfig(folder string) (c fileConfig, err error) {
	content, err := atomicfile.Read(filepath.Join(folder, configName), maxConfig)
	if err == nil {
		err = json.Unmarshal(content, &c)
	}
	if err != nil {
		return c, fmt.Errorf("--resume %s: %s: %w", folder, configName, err)
	}
	c.Options.Keep = cmp.Or(c.Options.Keep, 1)
	c.Options.OnNaN = cmp.Or(c.Options.OnNaN, onNaN[0])
	return c, nil
}

// begin writes the part of each row and the configuration.
func (t *fileTraining) begin() error {
	if err := atomicfile.Write(t.path(splitName), t.WriteSplit); err != nil {
		return err
	}
	return t.configure()
}

// path returns the path of a file in the run's folder.
func (t *fileTraining) path(name string) string { return filepath.Join(t.run.folder, name) }

// configure writes the resolved experiment, then config.json.
func (t *fileTraining) configure() error {
	resolved, err := t.Resolved()
	if err != nil {
		return err
	}
	t.config.Rows = t.partRows()
	content, err := json.MarshalIndent(t.config, "", "  ")
	if err != nil {
		return err
	}
	err = atomicfile.Write(t.path(experimentName), func(w io.Writer) error {
		return experiment.Write(w, resolved, nil)
	})
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(t.path(configName), append(content, '\n'))
}

func (t *fileTraining) partRows() map[string]int {
	rows := map[string]int{}
	for part, list := range t.Rows {
		rows[experiment.Part(part).String()] = len(list)
	}
	return rows
}

// file returns the model's file.
func (t *fileTraining) file(h *train.History) (*modelfile.File, error) { return t.File(h) }

// line prints the deciding figures of an epoch.
func (t *fileTraining) line(s streams) train.Callback { return newEpochTable(s.out, t).callback() }

// printStart prints the rows and the network before training.
func (t *fileTraining) printStart(s streams) {
	fmt.Fprintf(s.out, "%d training, %d validation and %d test rows", len(t.Rows[0]), len(t.Rows[1]),
		len(t.Rows[2]))
	if t.Unlabeled > 0 {
		fmt.Fprintf(s.out, "; %d without any label are left out", t.Unlabeled)
	}
	fmt.Fprintf(s.out, "\n%d weights; run folder: %s\n", t.Model.Summary().Total, t.run.folder)
	printNotes(s.out, len(t.Rows[0]), t.Features, t.Notes[experiment.TrainPart])
	for _, note := range t.Frame.Notes() {
		fmt.Fprintln(s.out, note)
	}
	fmt.Fprintln(s.out)
}

// runScores is scores.json of a run: what eval --json prints, and of which model.
type runScores struct {
	Epochs int `json:"epochs"`
	Kept   int `json:"kept_epoch"`
	scoresJSON
}

// measure measures the model on the test part, or on the validation part without one, and writes
// the scores.
func (t *fileTraining) measure(
	ctx context.Context, file *modelfile.File, h *train.History,
) (err error) {
	part := t.Measured()
	t.measured, err = experiment.Measure(ctx, file, t.Frame, t.Rows[part], t.flags.workers)
	if err != nil {
		return err
	}
	kept, err := t.Kept(h)
	if err != nil {
		return err
	}
	return atomicfile.Write(t.path(scoresName), func(w io.Writer) error {
		return printLine(w, runScores{len(h.Epochs), kept,
			scoresJSON{part.String(), t.measured.Rows, headScores(file, t.measured)}})
	})
}

// printEnd prints the scores of a training that ended by itself.
func (t *fileTraining) printEnd(
	_ context.Context, s streams, file *modelfile.File, h *train.History, took durations,
	failed error,
) error {
	if failed != nil {
		return nil
	}
	fmt.Fprintln(s.out)
	printScores(s.out, t.Measured().String(), file, t.measured)
	kept, err := keptLine(t.Built, h)
	if err != nil {
		return err
	}
	ended, err := endedLine(t.Built, h)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\nkept: %s\nended: %s\n", kept, ended)
	fmt.Fprintf(s.out, "%v; the run is in %s\n", took, t.run.folder)
	return nil
}

// keptLine says which epoch's weights the model has, and why.
func keptLine(b *experiment.Built, h *train.History) (string, error) {
	kept, err := b.Kept(h)
	if err != nil {
		return "", err
	}
	best, err := b.Keep.Best(h)
	which := "the best on validation relative to guessing"
	switch {
	case !b.Keep.RestoreBest:
		which = "the last"
	case best == 0:
		which = "the last: no epoch has finite figures on validation"
	}
	return fmt.Sprintf("epoch %d of %d, %s", kept, len(h.Epochs), which), err
}

// endedLine says why a training ended by itself. The rest of the epochs and the patience follow
// from the history; without them it was the budget.
func endedLine(b *experiment.Built, h *train.History) (string, error) {
	best, err := b.Keep.Best(h)
	switch n := len(h.Epochs); {
	case err != nil:
		return "", err
	case n >= b.Plan.Epochs:
		return fmt.Sprintf("all epochs are done (train.epochs is %d)", b.Plan.Epochs), nil
	case n-best >= b.Keep.Patience:
		return fmt.Sprintf("%s brought no improvement (train.patience)",
			countOf(n-best, "epoch", "epochs")), nil
	}
	return fmt.Sprintf("the budget is spent (train.minutes is %g)", b.Train.Minutes), nil
}
