package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"braid/experiment"
	"braid/internal/atomicfile"
	"braid/internal/plot"
	"braid/modelfile"
	"braid/train"
)

// runs is the default folder of runs.
const runs = "runs"

// run is a run folder, which holds the results of a training. It is locked against other processes.
type run struct {
	folder string
	made   bool // newRun made the folder
	latest bool // save links runs/latest to the folder
	unlock func()
}

const (
	configName      = "config.json"
	checkpointsName = "checkpoints"
	maxConfig       = 1 << 20 // bytes of config.json
)

// config is the content of config.json.
type config struct {
	Options  options             `json:"options"`
	Training experiment.Training `json:"training"`
	Data     dataSummary         `json:"data"`
	Workers  int                 `json:"workers"`
	Started  time.Time           `json:"started"`
	Go       string              `json:"go"`
}

// dataSummary describes a data set: its origin, images, and the standardization of its pixels.
type dataSummary struct {
	Origin     string  `json:"source"`
	Train      int     `json:"train"`
	Validation int     `json:"validation,omitzero"` // of the training images; 0: the test images
	Test       int     `json:"test"`
	Mean       float64 `json:"mean"`
	Std        float64 `json:"std"`
}

// newRun makes and locks a run folder: out, which must be new or empty, or runs/TIME-name if out is
// empty.
func newRun(out, name string, now time.Time) (*run, error) {
	if out != "" {
		_, missing := os.Lstat(out)
		if err := atomicfile.MakeFolder(out); err != nil {
			return nil, fmt.Errorf("run folder: %w", err)
		}
		if err := checkEmpty(out); err != nil { // before Lock leaves a file there
			return nil, err
		}
		unlock, err := atomicfile.Lock(out)
		if err == nil {
			err = errors.Join(checkEmpty(out), atomicfile.Sweep(out))
		}
		if err != nil {
			if unlock != nil {
				unlock()
			}
			return nil, fmt.Errorf("run folder: %w", err)
		}
		return &run{folder: out, made: errors.Is(missing, fs.ErrNotExist), unlock: unlock}, nil
	}
	if err := os.MkdirAll(runs, 0o755); err != nil {
		return nil, fmt.Errorf("run folder: %w; --out names another folder", err)
	}
	folder := filepath.Join(runs, now.Format("20060102-150405")+"-"+name)
	for i := 1; i < 100; i++ {
		path := folder
		if i > 1 {
			path += fmt.Sprintf("-%d", i)
		}
		err := os.Mkdir(path, 0o755)
		if err == nil {
			r, err := lockRun(path, true)
			if r != nil {
				r.made = true
			}
			return r, err
		}
		if !errors.Is(err, os.ErrExist) {
			return nil, fmt.Errorf("run folder: %w; --out names another folder", err)
		}
	}
	return nil, fmt.Errorf("run folder: %s and a hundred like it are taken", folder)
}

// lockRun locks a folder and removes the temporary files of a process that died there.
func lockRun(folder string, latest bool) (*run, error) {
	unlock, err := atomicfile.Lock(folder)
	if err != nil {
		return nil, fmt.Errorf("run folder: %w", err)
	}
	if err := atomicfile.Sweep(folder); err != nil {
		unlock()
		return nil, fmt.Errorf("run folder: %w", err)
	}
	return &run{folder: folder, latest: latest, unlock: unlock}, nil
}

// discard removes the folder of a run that did not begin, if newRun made it.
func (r *run) discard() error {
	if !r.made {
		return nil
	}
	var failed []error
	for _, name := range []string{
		splitName, experimentName, configName, checkpointsName, atomicfile.LockName,
	} {
		failed = append(failed, os.RemoveAll(filepath.Join(r.folder, name)))
	}
	return errors.Join(append(failed, os.Remove(r.folder))...)
}

// checkEmpty returns an error if a folder contains more than the lock and the temporary files of a
// process that died before its run began.
func checkEmpty(folder string) error {
	if _, err := os.Stat(filepath.Join(folder, configName)); err == nil {
		const format = "--out %s holds a run: go on with it by --resume %s, or name a new folder"
		return fmt.Errorf(format, folder, folder)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("run folder: %w", err)
	}
	hasSplit := isSplit(filepath.Join(folder, splitName))
	for _, entry := range entries {
		if name := entry.Name(); name != atomicfile.LockName && !isUnfinished(name, hasSplit) {
			const format = "--out %s is not empty: name a new folder, so that nothing is lost"
			return fmt.Errorf(format, folder)
		}
	}
	return nil
}

// isUnfinished reports whether a file in a folder without config.json is of a run that died before
// it began. A run writes split.csv, experiment.yaml and config.json, in this order.
func isUnfinished(name string, hasSplit bool) bool {
	for _, first := range []string{splitName, experimentName, configName} {
		if atomicfile.IsTemporary(name) && strings.HasPrefix(name, "."+first+".") {
			return true
		}
	}
	return hasSplit && (name == splitName || name == experimentName)
}

// openRun locks a run that is to be resumed and reads its configuration.
func openRun(folder string) (*run, config, error) {
	var c config
	given := folder
	folder, err := filepath.EvalSymlinks(given)
	if err == nil {
		_, err = os.Stat(filepath.Join(folder, configName))
	}
	if err != nil {
		return nil, c, fmt.Errorf("--resume: no run at %s: %w", given, err)
	}
	r, err := lockRun(folder, filepath.Dir(folder) == runs)
	if err != nil {
		return nil, c, err
	}
	content, err := atomicfile.Read(filepath.Join(folder, configName), maxConfig)
	if err == nil {
		c, err = parseConfig(content)
	}
	if err != nil {
		r.unlock()
		return nil, c, fmt.Errorf("--resume %s: %s: %w", folder, configName, err)
	}
	return r, c, nil
}

func parseConfig(content []byte) (config, error) {
	var c config
	err := json.Unmarshal(content, &c)
	c.Options.Network = cmp.Or(c.Options.Network, networks[0].name) // older runs have none
	return c, err
}

// checkpoints returns the folder of the run's checkpoints.
func (r *run) checkpoints() string { return filepath.Join(r.folder, checkpointsName) }

// configure writes config.json.
func (r *run) configure(c config) error {
	content, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(r.folder, configName), append(content, '\n'))
}

// save writes the model, the history and the curves, and links runs/latest to the folder.
func (r *run) save(f *modelfile.File, h *train.History) error {
	err := r.saveConflicts(h)
	err = errors.Join(err,
		modelfile.Save(filepath.Join(r.folder, modelfile.FileName), f),
		atomicfile.Write(filepath.Join(r.folder, "history.csv"), h.WriteCSV),
		atomicfile.Write(filepath.Join(r.folder, "curves.svg"), func(w io.Writer) error {
			return plot.SVG(w, panels(h, f))
		}),
	)
	if err == nil && r.latest {
		err = atomicfile.Link(filepath.Base(r.folder), filepath.Join(runs, "latest"))
	}
	return err
}

// saveConflicts writes the conflicts of the heads, if they were measured.
func (r *run) saveConflicts(h *train.History) error {
	if len(h.Epochs) == 0 || h.Epochs[0].Conflicts == nil {
		return nil
	}
	return atomicfile.Write(filepath.Join(r.folder, conflictsName), h.WriteConflictsCSV)
}

// panels returns a diagram of the losses and one of the accuracies. Each head has a colour, and
// validation is dashed.
func panels(h *train.History, f *modelfile.File) []plot.Panel {
	var list []plot.Panel
	for _, figure := range []string{"loss", "accuracy"} {
		p := plot.Panel{Title: strings.ToUpper(figure[:1]) + figure[1:], X: "epoch", Y: figure}
		for i, head := range f.Model.Heads() {
			name := head.Name + "_" + figure
			training, validation := h.Series(name), h.Series("val_"+name)
			for _, l := range []plot.Line{
				{Name: head.Name + ", training", Values: training, Color: i},
				{Name: head.Name + ", validation", Values: validation, Color: i, Dashed: true},
			} {
				if l.Values != nil {
					p.Lines = append(p.Lines, l)
				}
			}
		}
		if p.Lines != nil { // heads of numbers have no accuracy
			list = append(list, p)
		}
	}
	return list
}

// finite reports whether a number is neither infinite nor NaN.
func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
