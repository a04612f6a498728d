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
	"slices"
	"time"

	"github.com/spf13/cobra"

	"braid/experiment"
	"braid/feature"
	"braid/internal/atomicfile"
	"braid/internal/report"
	"braid/modelfile"
	"braid/serve"
	"braid/train"
)

// Files of a run folder.
const (
	historyName   = "history.csv"
	conflictsName = "conflicts.csv"
)

func reportVerb(s streams) *cobra.Command {
	var rows, out string
	var workers int
	c := command(&cobra.Command{
		Use:   "report RUN [flags]",
		Short: "Write what a run has learnt, and where it fails, as a page",
		Long: "Report writes report.html: scores, curves, confusion matrices, calibration, the most\n" +
			"confident mistakes with their rows and pictures, which inputs matter, the data and the\n" +
			"settings. The page needs no server and no network. Training writes it, too. With\n" +
			"--data the report is of other rows, and is written beside them unless --out names\n" +
			"another file.",
		Example: "  braid report runs/latest\n" +
			"  braid report runs/latest --data more.csv --out more.html",
		RunE: func(c *cobra.Command, args []string) error {
			if workers < 0 {
				return usage("--workers is %d, want 1 or more, or 0 for one for each processor", workers)
			}
			return writeReport(c.Context(), s, args[0], rows, out, workers)
		},
	}, cobra.ExactArgs(1))
	c.Flags().StringVar(&rows, "data", "",
		"file with other rows; digitqa: folder with other images (default: the run's data)")
	c.Flags().StringVar(&out, "out", "", "the file to write (default: RUN/report.html)")
	c.Flags().IntVar(&workers, "workers", 0, "number of workers; 0: one for each processor")
	return c
}

// writeReport writes the report of a run: on its data, or on other rows.
func writeReport(ctx context.Context, s streams, path, rows, out string, workers int) error {
	folder := path
	if filepath.Base(path) == modelfile.FileName {
		folder = filepath.Dir(path)
	}
	ofRun := fileReport
	if !isFileRun(folder) {
		ofRun = digitsReport
	}
	r, err := ofRun(ctx, s, folder, rows, workers)
	if err != nil {
		return err
	}
	switch {
	case out == "" && rows == "":
		out = filepath.Join(folder, report.FileName)
	case out == "":
		out = filepath.Clean(rows) + ".html"
	}
	if err := saveReport(ctx, out, r); err != nil {
		return err
	}
	fmt.Fprintln(s.out, out)
	return nil
}

// fileReport returns what the report of a run of an experiment file needs: on its data, or on the
// rows of a file.
func fileReport(
	ctx context.Context, s streams, folder, rows string, workers int,
) (*report.Run, error) {
	r, err := readRun(folder)
	if err != nil {
		return nil, err
	}
	r.Workers = workers
	saved := savedHistory(s, r, folder)
	if rows != "" && saved == nil {
		return r, useFile(ctx, r, filepath.Clean(rows))
	}
	l, err := r.Experiment.Load(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w\nif the data have moved, name the rows to measure with --data FILE", err)
	}
	if err == nil {
		err = checkSplit(l, filepath.Join(folder, splitName))
	}
	if errors.Is(err, experiment.ErrOtherRows) {
		err = fmt.Errorf("%w\nbring the data back as they were, or name the rows to measure with "+
			"--data FILE", err)
	}
	if err != nil {
		return nil, err
	}
	useRows(r, l)
	if saved == nil {
		return r, nil
	}
	cache := openPictures(s)
	defer cache.Close()
	b, err := l.Build(ctx, experiment.Options{Workers: workers, Cache: cache})
	if err == nil {
		err = useCheckpoint(r, b, b.File, folder, saved)
	}
	if err == nil && rows != "" {
		err = useFile(ctx, r, filepath.Clean(rows))
	}
	return r, err
}

// savedHistory returns the history of a run's checkpoints if it goes further than the model file:
// the run was killed, or goes on. It is nil otherwise, or if no epoch is whole.
func savedHistory(s streams, r *report.Run, folder string) *train.History {
	h, err := train.SavedHistory(filepath.Join(folder, checkpointsName))
	if err != nil {
		s.note(err.Error())
	}
	switch {
	case h == nil, len(h.Epochs) == 0,
		r.File != nil && r.History != nil && len(r.History.Epochs) >= len(h.Epochs):
		return nil
	}
	return h
}

// useCheckpoint sets the model of a report to that of the epoch that is kept after a history.
func useCheckpoint(
	r *report.Run, b *experiment.Built, file func(*train.History) (*modelfile.File, error),
	folder string, h *train.History,
) error {
	kept, err := b.Kept(h)
	if err == nil {
		err = train.LoadEpoch(filepath.Join(folder, checkpointsName), kept, b.Model)
	}
	if err == nil {
		r.File, err = file(h)
	}
	r.History, r.Unsaved = h, true
	return err
}

// useFile sets the rows of a report to those of a file.
func useFile(ctx context.Context, r *report.Run, path string) (err error) {
	if r.File == nil {
		return fmt.Errorf("the run has no model yet, to measure on %s", path)
	}
	if r.Frame, err = r.Experiment.ReadFrame(ctx, path); err != nil {
		return err
	}
	all := make([]int32, r.Frame.Rows())
	for i := range all {
		all[i] = int32(i)
	}
	r.Measured = report.Part{Name: filepath.Base(path), Rows: all}
	r.Parts, r.Notes = []report.Part{r.Measured}, r.Frame.Notes()
	return nil
}

// readRun reads what a run folder has for its report, but for the rows.
func readRun(folder string) (*report.Run, error) {
	r := &report.Run{}
	var err error
	if r.Experiment, err = experiment.Read(filepath.Join(folder, experimentName)); err != nil {
		return nil, err
	}
	identify(r, folder)
	r.Running = atomicfile.Holder(folder) != ""
	if r.File, err = readModel(folder); err != nil {
		return nil, err
	}
	r.History, err = readHistory(folder)
	return r, err
}

// identify sets what the report says of a run's folder.
func identify(r *report.Run, folder string) {
	r.Program = "braid " + serve.Version()
	if path, err := filepath.EvalSymlinks(folder); err == nil {
		folder = path
	}
	if path, err := filepath.Abs(folder); err == nil {
		r.Folder = filepath.Base(path)
	}
	content, err := atomicfile.Read(filepath.Join(folder, configName), maxConfig)
	var c struct{ Started time.Time }
	if err == nil && json.Unmarshal(content, &c) == nil {
		r.Began = c.Started
	}
}

// readModel reads the model of a run, nil if there is none yet.
func readModel(folder string) (*modelfile.File, error) {
	path := filepath.Join(folder, modelfile.FileName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return modelfile.Open(path)
}

// readHistory reads the history of a run, nil if there is none.
func readHistory(folder string) (*train.History, error) {
	var h *train.History
	read := func(name string, parse func(r io.Reader) error) error {
		path := filepath.Join(folder, name)
		file, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		defer file.Close()
		if err := parse(file); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	}
	err := read(historyName, func(r io.Reader) (err error) {
		h, err = report.ReadHistory(r)
		return err
	})
	if err != nil || h == nil {
		return nil, err
	}
	return h, read(conflictsName, func(r io.Reader) error { return report.ReadConflicts(r, h) })
}

// useRows sets the rows of a report to those of the run's data.
func useRows(r *report.Run, l *experiment.Loaded) {
	r.Frame, r.Unlabeled, r.Notes = l.Frame, l.Unlabeled, l.Frame.Notes()
	for part, rows := range l.Rows {
		r.Parts = append(r.Parts, report.Part{Name: experiment.Part(part).String(), Rows: rows})
	}
	r.Measured = r.Parts[l.Measured()]
}

// saveReport writes a report, whole or not at all.
func saveReport(ctx context.Context, path string, r *report.Run) error {
	return atomicfile.Write(path, func(w io.Writer) error { return report.Write(ctx, w, r) })
}

// writeReport writes the report of a training that has ended, and says where it is. The model is
// saved already: that there is no report is a note.
func (b *baseTraining) writeReport(ctx context.Context, s streams, file *modelfile.File) {
	slow := b.flags.sayIfSlow(s, "writing the report")
	err := b.saveReport(ctx, file)
	slow.Stop()
	if err != nil {
		s.note(fmt.Sprintf("no report: %v\nbraid report %s writes it", err, shellWord(b.run.folder)))
		return
	}
	path := filepath.Join(b.run.folder, report.FileName)
	switch b.flags.log {
	case "none":
	case "json":
		fmt.Fprintf(s.err, "report: %s\n", path)
	default:
		fmt.Fprintf(s.out, "report: %s\n", path)
	}
}

// stoppedPatience is the time that the report of a training may take that a signal stopped.
const stoppedPatience = 5 * time.Second

// saveReport writes the report of a training with the rows in memory.
func (b *baseTraining) saveReport(ctx context.Context, file *modelfile.File) error {
	r, err := b.report(b.run.folder, file)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), stoppedPatience)
		defer cancel()
		ctx = soon
	}
	return saveReport(ctx, filepath.Join(b.run.folder, report.FileName), r)
}

// report returns what the report of a training in a folder needs.
func (b *baseTraining) report(folder string, file *modelfile.File) (*report.Run, error) {
	r := &report.Run{Workers: b.flags.workers}
	if file != nil { // its encoders do not have pictures that are in memory
		own := *file
		own.Features = b.Features
		r.File = &own
	}
	var err error
	if r.Experiment, err = b.Resolved(); err == nil {
		r.History, err = readHistory(folder)
	}
	identify(r, folder)
	useRows(r, b.Loaded)
	if b.digits != nil {
		b.digits.use(r)
	}
	return r, err
}

// digitsReport returns what the report of a run of digitqa needs. data is a folder with other
// images, unless it is empty.
func digitsReport(
	ctx context.Context, s streams, folder, data string, workers int,
) (*report.Run, error) {
	content, err := atomicfile.Read(filepath.Join(folder, configName), maxConfig)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no run at %s: want a folder with %s", folder, configName)
	}
	if err != nil {
		return nil, err
	}
	c, err := parseConfig(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(folder, configName), err)
	}
	file, err := readModel(folder)
	if err != nil {
		return nil, err
	}
	f := trainFlags{options: c.Options, workers: workers}
	f.Data = cmp.Or(data, f.Data)
	f.log = "none"
	n, err := findNetwork(f.Network)
	if err != nil {
		return nil, err
	}
	e, err := f.declare(n, func(flag string) bool { return flag != "rate" || !f.setsOptimizer() })
	if err != nil {
		return nil, err
	}
	if data != "" && file != nil {
		if err := keepStandard(e, file); err != nil {
			return nil, fmt.Errorf("%s: %w", folder, err)
		}
	}
	t, err := f.loadDigits(ctx, s, n, e)
	if err != nil {
		return nil, err
	}
	r, err := t.report(folder, file)
	if err != nil {
		return nil, err
	}
	r.Running = atomicfile.Holder(folder) != ""
	if saved := savedHistory(s, r, folder); saved != nil {
		err = useCheckpoint(r, t.Built, t.file, folder, saved)
	}
	return r, err
}

// digitRows has what the report of a run of digitqa says of its rows: the model is measured on the
// test images, also if these are the validation part, or no part has them.
type digitRows struct {
	origin    string
	rows      []int32 // of the test images
	validates bool    // they are the validation part
}

// use sets the rows of a report.
func (d *digitRows) use(r *report.Run) {
	r.Sources = []string{d.origin}
	test := report.Part{Name: experiment.TestPart.String(), Rows: d.rows}
	r.Parts = slices.DeleteFunc(r.Parts, func(p report.Part) bool {
		return p.Name == test.Name || d.validates && p.Name == experiment.ValidationPart.String()
	})
	r.Parts, r.Measured = append(r.Parts, test), test
	switch {
	case !d.validates:
	case r.Experiment.Train.Keep == experiment.KeepLast:
		r.Notes = append(r.Notes, "The curves of validation are those of the test images. They choose "+
			"nothing: the model is that of the last epoch.")
	default:
		r.Notes = append(r.Notes, "The test images chose the epoch that is kept: on new images the "+
			"figures are likely to be worse.")
	}
}

// keepStandard lets the pictures of an experiment be standardized as those that a model was trained
// on.
func keepStandard(e *experiment.Experiment, file *modelfile.File) error {
	standard, err := digitStandard(file)
	for i, in := range e.Inputs {
		if f, ok := in.Feature.(feature.Digit); ok {
			f.Standard = standard
			e.Inputs[i].Feature = f
		}
	}
	return err
}
