package train

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"braid/internal/atomicfile"
	"braid/internal/suggest"
)

// Checkpoint configures where and how often a run's state is saved, so that Resume can continue the
// run. The state is saved after each epoch, and every Every within one. Training waits only while
// the state is copied; another goroutine writes the file. An error of writing does not stop
// training: Callback.Saved receives it, and Fit returns a *NotSaved at the end.
type Checkpoint struct {
	// Dir is the folder of the checkpoints. It is created if missing. One process at a time may
	// write to it.
	Dir string
	// Every is the time between checkpoints within an epoch; 0: only after each epoch.
	Every time.Duration
	// Keep is the number of newest checkpoints that are kept; 0 means 2. The newest checkpoint of
	// an epoch's end is always kept.
	Keep int
	// Best names a figure. The checkpoint of its best epoch is kept. "" means val_loss, or loss
	// without validation data.
	Best string
	// Mode is "min" or "max": which value of the figure is best. "" means the largest value of an
	// accuracy or of another metric.Ascending, and the least of any other figure.
	Mode string
}

// ErrLocked is the error of a run whose folder of checkpoints is locked by another process or
// another run.
var ErrLocked = atomicfile.ErrLocked

const (
	checkpointSuffix  = ".safetensors"
	checkpointVersion = "braid checkpoint 1"
	defaultKeep       = 2
)

// withDefaults returns the checked configuration with the defaults filled in. figures are the names
// of the run's figures.
func (c Checkpoint) withDefaults(figures []string) (Checkpoint, error) {
	switch {
	case c.Dir == "":
		return c, errors.New("Checkpoint.Dir is empty, want a folder")
	case c.Every < 0:
		return c, fmt.Errorf("Checkpoint.Every = %v, want 0 or more", c.Every)
	case c.Keep < 0:
		return c, fmt.Errorf("Checkpoint.Keep = %d, want 1 or more", c.Keep)
	}
	if c.Keep == 0 {
		c.Keep = defaultKeep
	}
	if c.Best == "" {
		c.Best = defaultFigure(figures)
	}
	if c.Mode != "" && c.Mode != "min" && c.Mode != "max" {
		return c, fmt.Errorf("Checkpoint.Mode = %q, want \"min\", \"max\" or nothing", c.Mode)
	}
	if !slices.Contains(figures, c.Best) {
		return c, fmt.Errorf("Checkpoint.Best: %w", suggest.Unknown("figure", c.Best, figures))
	}
	return c, nil
}

// defaultFigure returns the figure that is watched if none is named.
func defaultFigure(figures []string) string {
	if slices.Contains(figures, "val_loss") {
		return "val_loss"
	}
	return "loss"
}

// position is the number of completed epochs, and of completed steps of the next epoch.
type position struct {
	Epochs int `json:"epochs"`
	Steps  int `json:"steps"`
}

// atEpochEnd reports whether the position is the end of an epoch, or the start of the run.
func (p position) atEpochEnd() bool { return p.Steps == 0 }

// before reports whether the position comes before other.
func (p position) before(other position) bool {
	return p.Epochs < other.Epochs || p.Epochs == other.Epochs && p.Steps < other.Steps
}

// file returns the file name of the position's checkpoint.
func (p position) file() string {
	return fmt.Sprintf("epoch%05d-step%08d%s", p.Epochs, p.Steps, checkpointSuffix)
}

// parsePosition parses the file name of a checkpoint.
func parsePosition(name string) (position, bool) {
	epochs, steps, ok := strings.Cut(strings.TrimSuffix(name, checkpointSuffix), "-step")
	if !ok {
		return position{}, false
	}
	e, err1 := strconv.Atoi(strings.TrimPrefix(epochs, "epoch"))
	s, err2 := strconv.Atoi(steps)
	p := position{e, s}
	return p, err1 == nil && err2 == nil && e >= 0 && s >= 0 && p.file() == name
}

// checkpoints lists the positions of the checkpoints in a folder, the earliest first.
func checkpoints(dir string) ([]position, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []position
	for _, e := range entries {
		if p, ok := parsePosition(e.Name()); ok && e.Type().IsRegular() {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b position) int {
		if a.before(b) {
			return -1
		}
		return 1
	})
	return list, nil
}

// Saved describes a checkpoint that was written or, if Err is set, was not.
type Saved struct {
	Path          string
	Epochs, Steps int  // completed epochs, and steps of the next
	Best          bool // the last epoch is the best so far
	Bytes         int
	Took          time.Duration // time to write it, while training continues
	Err           error
	Left          error // an older checkpoint could not be deleted
}

// NotSaved is the error of a training with checkpoints that could not be written.
type NotSaved struct {
	Failed, Written int
	Last            string // path of the last checkpoint that was written; "": none
	First           error  // the first error
}

// Error returns the number of failures, the last checkpoint written, and the first error.
func (e *NotSaved) Error() string {
	last := "none was written"
	if e.Last != "" {
		last = "the last one written is " + e.Last
	}
	return fmt.Sprintf("train: %d of %d checkpoints could not be written, %s: %v", e.Failed,
		e.Failed+e.Written, last, e.First)
}

// Unwrap returns the first error.
func (e *NotSaved) Unwrap() error { return e.First }

// Best returns the epoch, from 1, with the best value of a figure: the largest value of an accuracy
// or of another metric.Ascending, the least of any other figure. Of a History that no run returned,
// only accuracies are known. It returns 0 if there is none.
func (h *History) Best(name string) (epoch int) { return h.best(name, "") }

// best is Best with the Mode of a Checkpoint.
func (h *History) best(name, mode string) (epoch int) {
	figure := slices.Index(h.Names, name)
	if figure < 0 {
		return 0
	}
	largest := mode == "max" || mode == "" && h.ascends(figure)
	for i, e := range h.Epochs {
		v := e.Values[figure]
		if math.IsNaN(v) {
			continue
		}
		if epoch == 0 || largest && v > h.Epochs[epoch-1].Values[figure] || !largest &&
			v < h.Epochs[epoch-1].Values[figure] {
			epoch = i + 1
		}
	}
	return epoch
}

// path returns the path of a position's checkpoint.
func (c Checkpoint) path(p position) string { return filepath.Join(c.Dir, p.file()) }
