package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"braid"
	"braid/digitqa"
	"braid/internal/atomicfile"
	"braid/internal/plot"
	"braid/modelfile"
	"braid/text"
	"braid/train"
)

// runs is the folder in which runs are kept unless told otherwise.
const runs = "runs"

// run is a run folder: what a training leaves behind. It is locked against other processes.
type run struct {
	folder string
	latest bool // runs/latest shall lead to it
	unlock func()
}

// configName and maxConfig are the name of a run's configuration, and the most bytes of it that are read.
const (
	configName = "config.json"
	maxConfig  = 1 << 20
)

// config is what config.json holds.
type config struct {
	Options  options        `json:"options"`
	Training trainingRecord `json:"training"`
	Data     dataRecord     `json:"data"`
	Workers  int            `json:"workers"`
	Started  time.Time      `json:"started"`
	Go       string         `json:"go"`
}

type dataRecord struct {
	Source string  `json:"source"`
	Train  int     `json:"train"`
	Test   int     `json:"test"`
	Mean   float64 `json:"mean"`
	Std    float64 `json:"std"`
}

// newRun makes the folder: the one asked for, which must be new or empty, or one named after the
// time.
func newRun(out, name string, now time.Time) (*run, error) {
	if out != "" {
		if err := atomicfile.MakeFolder(out); err != nil {
			return nil, fmt.Errorf("run folder: %w", err)
		}
		if err := empty(out); err != nil { // before a lock is left there
			return nil, err
		}
		unlock, err := atomicfile.Lock(out)
		if err == nil {
			err = errors.Join(empty(out), atomicfile.Sweep(out))
		}
		if err != nil {
			if unlock != nil {
				unlock()
			}
			return nil, fmt.Errorf("run folder: %w", err)
		}
		return &run{folder: out, unlock: unlock}, nil
	}
	if err := os.MkdirAll(runs, 0o755); err != nil {
		return nil, fmt.Errorf("run folder: %w; --out names another place", err)
	}
	folder := filepath.Join(runs, now.Format("20060102-150405")+"-"+name)
	for i := 1; i < 100; i++ {
		path := folder
		if i > 1 {
			path += fmt.Sprintf("-%d", i)
		}
		err := os.Mkdir(path, 0o755)
		if err == nil {
			return locked(path, true)
		}
		if !errors.Is(err, os.ErrExist) {
			return nil, fmt.Errorf("run folder: %w; --out names another place", err)
		}
	}
	return nil, fmt.Errorf("run folder: %s and a hundred like it are taken", folder)
}

// locked locks a folder and removes what a process that died there was writing.
func locked(folder string, latest bool) (*run, error) {
	unlock, err := atomicfile.Lock(folder)
	if err != nil {
		return nil, fmt.Errorf("run folder: %w", err)
	}
	if err := atomicfile.Sweep(folder); err != nil {
		unlock()
		return nil, fmt.Errorf("run folder: %w", err)
	}
	return &run{folder, latest, unlock}, nil
}

// empty is an error where anything is in a folder but what a process leaves that dies before it has begun.
func empty(folder string) error {
	if _, err := os.Stat(filepath.Join(folder, configName)); err == nil {
		return fmt.Errorf("--out %s holds a run: go on with it by --resume %s, or name a new folder", folder, folder)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("run folder: %w", err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if name != atomicfile.LockName && !(atomicfile.IsTemporary(name) && strings.HasPrefix(name, "."+configName)) {
			return fmt.Errorf("--out %s is not empty: name a new folder, so that nothing is lost", folder)
		}
	}
	return nil
}

// openRun opens a run to go on with it.
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
	r, err := locked(folder, filepath.Dir(folder) == runs)
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

// parseConfig reads what configure wrote.
func parseConfig(content []byte) (config, error) {
	var c config
	err := json.Unmarshal(content, &c)
	return c, err
}

// checkpoints is the folder of the run's checkpoints.
func (r *run) checkpoints() string { return filepath.Join(r.folder, "checkpoints") }

// configure writes config.json.
func (r *run) configure(c config) error {
	content, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(r.folder, configName), append(content, '\n'))
}

// save writes what was trained and measured, and lets runs/latest lead here.
func (r *run) save(f *modelfile.File, h *train.History) error {
	err := errors.Join(
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

// panels makes a diagram of the losses and one of each metric, heads by colour, validation dashed.
func panels(h *train.History, f *modelfile.File) []plot.Panel {
	var list []plot.Panel
	for _, figure := range []string{"loss", "accuracy"} {
		p := plot.Panel{Title: strings.ToUpper(figure[:1]) + figure[1:], X: "epoch", Y: figure}
		for i, head := range f.Model.Heads() {
			name := head.Name + "_" + figure
			for _, l := range []plot.Line{
				{Name: head.Name + ", training", Values: h.Series(name), Color: i},
				{Name: head.Name + ", validation", Values: h.Series("val_" + name), Color: i, Dashed: true},
			} {
				if l.Values != nil {
					p.Lines = append(p.Lines, l)
				}
			}
		}
		list = append(list, p)
	}
	return list
}

// describe makes the model's file: with the vocabulary, the pixels' mean and deviation, the labels.
func describe(m *braid.Model, t trainingRecord, h *train.History, e *examples) (*modelfile.File, error) {
	tokenizer, err := digitqa.Tokenizer()
	if err != nil {
		return nil, err
	}
	t.Epochs = len(h.Epochs)
	if n := len(h.Epochs); n > 0 {
		for i, v := range h.Epochs[n-1].Values {
			f := figureRecord{Name: h.Names[i]}
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				f.Value = &v
			}
			t.Final = append(t.Final, f)
		}
	}
	training, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	f := &modelfile.File{
		Model: m,
		Inputs: []modelfile.Input{
			{Name: "image", Pixels: &e.standard},
			{Name: "question", Text: &modelfile.Text{Tokenizer: tokenizer, Padding: text.Padding{Length: 2}}},
		},
		Labels: []modelfile.Labels{
			{Head: "digit", Labels: strings.Split("0123456789", "")},
			{Head: "answer", Labels: []string{"no", "yes"}},
		},
		Training: training,
	}
	for _, q := range digitqa.Questions {
		f.Inputs[1].Text.Questions = append(f.Inputs[1].Text.Questions, q.Text)
	}
	for _, r := range digitqa.Rules() {
		f.Rules = append(f.Rules, modelfile.Rule{
			Input: "question", Text: r.Question, Head: "answer", Label: "yes", Of: "digit", Labels: r.Digits,
		})
	}
	return f, f.Sample(e.samples)
}
