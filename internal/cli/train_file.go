package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"braid/experiment"
	"braid/feature"
	"braid/internal/atomicfile"
	"braid/modelfile"
	"braid/train"
	"braid/vision/picture"
)

// experimentName is the name of the resolved experiment file in a run folder.
const experimentName = "experiment.yaml"

// fileFlags are the flags of train that an experiment file has a key for.
var fileFlags = map[string]string{
	"epochs": "train.epochs", "batch": "train.batch", "rate": "train.rate", "seed": "train.seed",
}

// digitFlags are the flags of train that only the default experiment has.
var digitFlags = []string{"network", "loss-weights", "data", "validate", "best"}

// settings returns the settings that replace those of an experiment file.
func (f trainFlags) settings(changed func(flag string) bool) ([]string, error) {
	for _, flag := range digitFlags {
		if changed(flag) {
			return nil, usage("--%s belongs to digitqa; --set changes keys of an experiment file", flag)
		}
	}
	list := f.set
	for flag, value := range map[string]string{
		"epochs": strconv.Itoa(f.Epochs), "batch": strconv.Itoa(f.Batch),
		"rate": strconv.FormatFloat(f.Rate, 'g', -1, 64), "seed": strconv.FormatUint(f.Seed, 10),
	} {
		if changed(flag) {
			list = append(list, fileFlags[flag]+"="+value)
		}
	}
	return list, nil
}

// isFileRun reports whether a run folder has an experiment file.
func isFileRun(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, experimentName))
	return err == nil
}

// fileTraining is a training that an experiment file declares.
type fileTraining struct {
	*experiment.Built
	run     *run
	resumes bool
}

// startFile trains what an experiment file declares, in a new run folder.
func (f trainFlags) startFile(
	ctx context.Context, s streams, path string, changed func(flag string) bool,
) error {
	began := time.Now()
	settings, err := f.settings(changed)
	if err != nil {
		return err
	}
	e, err := experiment.Read(path, settings...)
	if err != nil {
		return err
	}
	b, err := f.build(ctx, s, e)
	if err != nil {
		return err
	}
	r, err := newRun(f.out, e.Name, began)
	if err != nil {
		return err
	}
	defer r.unlock()
	t := fileTraining{Built: b, run: r}
	if err := t.configure(f, began); err != nil {
		return err
	}
	return f.trainFile(ctx, s, t, train.Fit)
}

// build reads the data of an experiment and builds its network.
func (f trainFlags) build(
	ctx context.Context, s streams, e *experiment.Experiment,
) (*experiment.Built, error) {
	rows, err := e.Load(ctx)
	if err != nil {
		return nil, err
	}
	cache := openPictures(s)
	defer cache.Close()
	return rows.Build(ctx, experiment.Options{Workers: f.workers, Cache: cache})
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
	for _, set := range settings {
		if !strings.HasPrefix(set, "train.epochs=") && !strings.HasPrefix(set, "train.minutes=") {
			return usage("--resume: %s: a run keeps its settings, except for train.epochs and "+
				"train.minutes", set)
		}
	}
	r, err := lockRun(folder, filepath.Dir(folder) == runs)
	if err != nil {
		return err
	}
	defer r.unlock()
	e, err := experiment.Read(filepath.Join(folder, experimentName), settings...)
	if err != nil {
		return err
	}
	b, err := f.build(ctx, s, e)
	if err != nil {
		return err
	}
	return f.trainFile(ctx, s, fileTraining{Built: b, run: r, resumes: true}, train.Resume)
}

// configure writes the resolved experiment, the part of each row, and config.json.
func (t fileTraining) configure(f trainFlags, began time.Time) error {
	resolved, err := t.Resolved()
	if err != nil {
		return err
	}
	config, err := json.MarshalIndent(fileConfig{
		Rows: t.partRows(), Unlabeled: t.Unlabeled, Parameters: t.Model.Summary().Total,
		Workers: f.workers, Started: began.UTC().Truncate(time.Second), Go: runtime.Version(),
	}, "", "  ")
	if err != nil {
		return err
	}
	in := func(name string) string { return filepath.Join(t.run.folder, name) }
	return errors.Join(
		atomicfile.Write(in(experimentName), func(w io.Writer) error {
			return experiment.Write(w, resolved, nil)
		}),
		atomicfile.Write(in("split.csv"), t.WriteSplit),
		atomicfile.WriteBytes(in(configName), append(config, '\n')),
	)
}

// fileConfig is config.json of a run of an experiment file.
type fileConfig struct {
	Rows       map[string]int `json:"rows"` // by part
	Unlabeled  int            `json:"rows_without_label"`
	Parameters int            `json:"parameters"`
	Workers    int            `json:"workers"`
	Started    time.Time      `json:"started"`
	Go         string         `json:"go"`
}

func (t fileTraining) partRows() map[string]int {
	rows := map[string]int{}
	for part, list := range t.Rows {
		rows[experiment.Part(part).String()] = len(list)
	}
	return rows
}

// trainFile trains with fit, saves the results in the run's folder, and prints the scores.
func (f trainFlags) trainFile(
	ctx context.Context, s streams, t fileTraining, fit fitFunc,
) error {
	began := time.Now()
	f.printFileStart(s, t)
	p := t.Plan
	p.Workers, p.Restore = f.workers, f.OnNaN == "restore"
	p.Checkpoint = &train.Checkpoint{Dir: t.run.checkpoints(), Every: f.Every, Keep: f.Keep}
	p.Callbacks = append(p.Callbacks, f.callbacks(s, headLog(s.out, t.Keep, t.Targets))...)
	history, failed := fit(ctx, t.Model, t.Tables[experiment.TrainPart], p)
	if history == nil {
		return failed
	}
	file, err := t.File(history)
	if err == nil {
		err = t.run.save(file, history)
	}
	if err == nil && failed == nil {
		err = f.printFileEnd(ctx, s, t, file, history, time.Since(began))
	}
	var stopped *train.Interrupted
	if errors.As(failed, &stopped) && !errors.Is(failed, train.ErrNotFinite) { // which would recur
		failed = fmt.Errorf("%w\ngo on with: braid train --resume %s", failed, t.run.folder)
	}
	return errors.Join(failed, err)
}

// printFileStart prints the rows and the network before training.
func (f trainFlags) printFileStart(s streams, t fileTraining) {
	if f.log == "json" || f.log == "none" {
		return
	}
	fmt.Fprintf(s.out, "%d training, %d validation and %d test rows", len(t.Rows[0]), len(t.Rows[1]),
		len(t.Rows[2]))
	if t.Unlabeled > 0 {
		fmt.Fprintf(s.out, "; %d without any label are left out", t.Unlabeled)
	}
	fmt.Fprintln(s.out)
	for _, line := range columnNotes(t.Notes[experiment.TrainPart]) {
		fmt.Fprintln(s.out, line)
	}
	fmt.Fprintf(s.out, "%d weights; run folder: %s\n\n", t.Model.Summary().Total, t.run.folder)
}

// columnNotes returns a line for each column in which values are missing, unknown, out of the range
// of training, or too long.
func columnNotes(met map[string]feature.Notes) []string {
	var lines []string
	for _, column := range slices.Sorted(maps.Keys(met)) {
		n := met[column]
		var parts []string
		for _, p := range []struct {
			count int
			what  string
		}{
			{n.Missing, "missing"}, {n.Unknown, "with something unknown or rare"},
			{n.OutOfRange, "outside the range of training"}, {n.Cut, "cut, as they are too long"},
		} {
			if p.count > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", p.count, p.what))
			}
		}
		if parts != nil {
			lines = append(lines, fmt.Sprintf("%s, of %d rows: %s", column, n.Rows,
				strings.Join(parts, ", ")))
		}
	}
	return lines
}

// printFileEnd measures the model on the test part and prints the scores.
func (f trainFlags) printFileEnd(
	ctx context.Context, s streams, t fileTraining, file *modelfile.File, h *train.History,
	took time.Duration,
) error {
	out := s.out
	switch f.log {
	case "none":
		return nil
	case "json":
		out = s.err
	}
	part := experiment.TestPart
	if len(t.Rows[part]) == 0 {
		part = experiment.ValidationPart
	}
	m, err := experiment.Measure(ctx, file, t.Frame, t.Rows[part], f.workers)
	if err != nil {
		return err
	}
	fmt.Fprintln(out)
	printScores(out, part.String(), file, m)
	kept, err := t.Keep.Best(h)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nkept: epoch %d of %d, the best on validation relative to guessing\n", kept,
		len(h.Epochs))
	fmt.Fprintf(out, "%.1f s; the run is in %s\n", took.Seconds(), t.run.folder)
	return nil
}
