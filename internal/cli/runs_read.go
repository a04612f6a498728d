package cli

import (
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"braid/experiment"
	"braid/feature"
	"braid/internal/atomicfile"
	"braid/modelfile"
)

// listedRun is a run as braid runs lists it.
type listedRun struct {
	Run        string              `json:"run"` // the name of its folder
	Path       string              `json:"path"`
	State      string              `json:"state"`
	Problem    string              `json:"problem,omitempty"`
	Holder     string              `json:"held_by,omitempty"`
	Started    *time.Time          `json:"started,omitempty"`
	Experiment string              `json:"experiment,omitempty"`
	Rows       map[string]int      `json:"rows,omitempty"` // by part
	Epochs     int                 `json:"epochs"`
	Planned    int                 `json:"planned_epochs"`
	Kept       int                 `json:"kept_epoch"` // 0: none
	Settings   map[string]string   `json:"settings"`   // those that differ
	Scores     map[string]*float64 `json:"scores"`     // null if not finite
	Test       map[string]*float64 `json:"test_scores,omitempty"`

	began    time.Time // Started, or when the folder was changed
	best     int       // the best epoch: Kept, or 0 if none has finite figures
	heads    []experiment.TrainedHead
	settings []runSetting // all, in their order
}

// The states of a run.
const (
	doneRun    = "done"
	stoppedRun = "stopped"
	activeRun  = "running"
	brokenRun  = "broken"
)

// listRun reads what a run's files say. What is wrong with them is the run's problem.
func listRun(folder string) listedRun {
	r := listedRun{
		Run: filepath.Base(folder), Path: folder, Settings: map[string]string{},
		Scores: map[string]*float64{},
	}
	if info, err := os.Stat(folder); err == nil {
		r.began = info.ModTime()
	}
	ends, err := r.configuration(folder)
	if err == nil {
		err = r.results(folder)
	}
	if r.Started != nil {
		r.began = *r.Started
	}
	r.Holder = atomicfile.Holder(folder)
	switch {
	case err != nil:
		r.State = brokenRun
		r.Problem, _, _ = strings.Cut(err.Error(), "\n")
	case r.Holder != "":
		r.State = activeRun
	case r.Kept > 0 && ends(r):
		r.State = doneRun
	default:
		r.State = stoppedRun
	}
	return r
}

// configuration reads the configuration. ends reports whether a training with the run's epochs has
// ended by itself.
func (r *listedRun) configuration(folder string) (ends func(listedRun) bool, err error) {
	content, err := atomicfile.Read(filepath.Join(folder, configName), maxConfig)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s: the run did not begin, or this is no run", configName)
	}
	if err != nil {
		return nil, err
	}
	started := struct{ Started *time.Time }{}
	if err := json.Unmarshal(content, &started); err != nil {
		return nil, fmt.Errorf("%s: %w", configName, err)
	}
	r.Started = started.Started
	if isFileRun(folder) {
		return r.fileConfiguration(folder, content)
	}
	c, err := parseConfig(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", configName, err)
	}
	r.Experiment, r.Planned = c.Training.Task, c.Options.Epochs
	if r.Experiment == "" { // older runs
		r.Experiment = digitExperiment
	}
	if r.Planned < 1 {
		return nil, fmt.Errorf("%s has no number of epochs: this is no run", configName)
	}
	r.Rows = map[string]int{"train": c.Data.Train, "test": c.Data.Test}
	if c.Data.Validation > 0 {
		r.Rows["validation"] = c.Data.Validation
	}
	r.settings, err = optionSettings(c.Options)
	return func(r listedRun) bool { return r.Epochs >= r.Planned }, err
}

// fileConfiguration reads the configuration of a run of an experiment file.
func (r *listedRun) fileConfiguration(
	folder string, content []byte,
) (ends func(listedRun) bool, err error) {
	var c fileConfig
	if err := json.Unmarshal(content, &c); err != nil {
		return nil, fmt.Errorf("%s: %w", configName, err)
	}
	path := filepath.Join(folder, experimentName)
	e, err := experiment.Read(path)
	if err != nil {
		return nil, err
	}
	r.Experiment, r.Rows, r.Planned = e.Name, c.Rows, e.Train.Epochs
	r.settings, err = experimentSettings(path)
	return func(r listedRun) bool {
		if r.Epochs >= r.Planned || e.Train.Keep == experiment.KeepBest &&
			r.Epochs-r.best >= e.Train.Patience {
			return true
		}
		return e.Train.Minutes > 0 && spent(folder, r.Epochs).Minutes() >= e.Train.Minutes
	}, err
}

// spent returns the time of training, and of one more epoch: a time limit ends training within an
// epoch.
func spent(folder string, epochs int) (sum time.Duration) {
	file, err := os.Open(filepath.Join(folder, "history.csv"))
	if err != nil {
		return 0
	}
	defer file.Close()
	for lines := csv.NewReader(file); ; {
		line, err := lines.Read()
		if err != nil || len(line) < 3 {
			return sum + sum/time.Duration(max(epochs, 1))
		}
		for _, cell := range line[1:3] { // train_s and eval_s; the header has no numbers
			seconds, _ := strconv.ParseFloat(cell, 64)
			sum += time.Duration(seconds * float64(time.Second))
		}
	}
}

// results reads the epochs and the figures of the kept one, and the epochs of checkpoints that are
// later than the model.
func (r *listedRun) results(folder string) error {
	t, err := readTraining(filepath.Join(folder, modelfile.FileName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", modelfile.FileName, err)
	}
	r.Epochs, r.Kept, r.best, r.heads = t.Epochs, t.Kept, t.Kept, t.Heads
	if t.Undecided {
		r.best = 0
	}
	for _, f := range t.Final {
		r.Scores[f.Name] = f.Value
	}
	if r.Test, err = readScores(folder, t); err != nil {
		return fmt.Errorf("%s: %w", scoresName, err)
	}
	entries, err := os.ReadDir(filepath.Join(folder, checkpointsName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		var epochs, steps int
		if n, _ := fmt.Sscanf(entry.Name(), "epoch%d-step%d", &epochs, &steps); n == 2 {
			r.Epochs = max(r.Epochs, epochs)
		}
	}
	return nil
}

// readScores reads the figures of a run's model on the test part. It returns nil if there are none,
// or those of an earlier model: the run was resumed, and stopped.
func readScores(folder string, of experiment.Training) (map[string]*float64, error) {
	content, err := atomicfile.Read(filepath.Join(folder, scoresName), maxConfig)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var s runScores
	if err := json.Unmarshal(content, &s); err != nil {
		return nil, err
	}
	if s.Part != experiment.TestPart.String() || s.Epochs != of.Epochs || s.Kept != of.Kept {
		return nil, nil
	}
	list := map[string]*float64{}
	for column, h := range s.Heads {
		for metric, v := range h.Metrics {
			list[feature.Name(column)+"_"+metric] = v
		}
	}
	return list, nil
}

// mostHeader limits the bytes of a model file's header.
const mostHeader = 100 << 20

// readTraining reads how a model was trained, from the header of its file alone: weights may be
// large.
func readTraining(path string) (t experiment.Training, err error) {
	file, err := os.Open(path)
	if err != nil {
		return t, err
	}
	defer file.Close()
	var size uint64
	if err := binary.Read(file, binary.LittleEndian, &size); err != nil || size > mostHeader {
		return t, errors.New("it is no model file, or damaged")
	}
	header := struct {
		Metadata struct{ Training string } `json:"__metadata__"`
	}{}
	if err := json.NewDecoder(io.LimitReader(file, int64(size))).Decode(&header); err != nil {
		return t, fmt.Errorf("it is damaged: %w", err)
	}
	if header.Metadata.Training == "" {
		return t, errors.New("it does not say how it was trained")
	}
	return t, json.Unmarshal([]byte(header.Metadata.Training), &t)
}
