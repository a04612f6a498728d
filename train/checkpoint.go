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

	"braid/internal/disk"
	"braid/internal/names"
)

// Checkpoint says where a run's state is saved, so that Resume can go on from there: after each epoch, and
// within one as often as Every says. Training waits only until the state is copied; a file is written
// beside it. A file that cannot be written does not stop training: Callback.Saved is told, and Fit returns
// a *NotSaved at the end.
type Checkpoint struct {
	Dir   string        // the folder of the checkpoints, which is made where it is missing; one process may write there
	Every time.Duration // within an epoch; 0: only after each
	Keep  int           // how many of the newest stay; 0 means 2. The last from an epoch's end stays, too
	Best  string        // the figure whose best epoch's checkpoint stays; "" means val_loss, or loss where nothing is validated
	Mode  string        // what is best: "min", "max", or, for "", the largest of an accuracy and else the least
}

// ErrLocked is why a run cannot begin: another process, or another run of this one, writes its checkpoints.
var ErrLocked = disk.ErrLocked

const (
	checkpointSuffix  = ".safetensors"
	checkpointVersion = "braid checkpoint 1"
	defaultKeep       = 2
)

// full is the option with its defaults filled in and checked, for a run with such figures.
func (c Checkpoint) full(figures []string) (Checkpoint, error) {
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
		c.Best = "loss"
		if slices.Contains(figures, "val_loss") {
			c.Best = "val_loss"
		}
	}
	if c.Mode != "" && c.Mode != "min" && c.Mode != "max" {
		return c, fmt.Errorf("Checkpoint.Mode = %q, want \"min\", \"max\" or nothing", c.Mode)
	}
	if !slices.Contains(figures, c.Best) {
		return c, fmt.Errorf("Checkpoint.Best: %w", names.Unknown("figure", c.Best, figures))
	}
	return c, nil
}

// position is where a run stands.
type position struct {
	Epochs int `json:"epochs"` // that are whole
	Steps  int `json:"steps"`  // of the next
}

// whole tells that the position is an epoch's end, or the beginning.
func (p position) whole() bool { return p.Steps == 0 }

// before tells that the run comes by p sooner than by other.
func (p position) before(other position) bool {
	return p.Epochs < other.Epochs || p.Epochs == other.Epochs && p.Steps < other.Steps
}

// file is the name of the checkpoint of a position.
func (p position) file() string {
	return fmt.Sprintf("epoch%05d-step%08d%s", p.Epochs, p.Steps, checkpointSuffix)
}

// positionOf reads a checkpoint's name.
func positionOf(name string) (position, bool) {
	epochs, steps, ok := strings.Cut(strings.TrimSuffix(name, checkpointSuffix), "-step")
	if !ok {
		return position{}, false
	}
	e, err1 := strconv.Atoi(strings.TrimPrefix(epochs, "epoch"))
	s, err2 := strconv.Atoi(steps)
	p := position{e, s}
	return p, err1 == nil && err2 == nil && e >= 0 && s >= 0 && p.file() == name
}

// checkpoints lists the positions of a folder's checkpoints, the earliest first.
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
		if p, ok := positionOf(e.Name()); ok && e.Type().IsRegular() {
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

// Saved tells of a checkpoint that was written or, where Err is set, was not.
type Saved struct {
	Path          string
	Epochs, Steps int  // whole epochs, and steps of the next
	Best          bool // the last epoch is the best so far
	Bytes         int
	Took          time.Duration // beside training
	Err           error
	Left          error // an older one that need not stay could not be removed
}

// NotSaved is the error of a training whose checkpoints could not all be written.
type NotSaved struct {
	Failed, Written int
	Last            string // the last that was written; "" for none
	First           error  // what went wrong first
}

// Error says how many failed, which one is there, and why.
func (e *NotSaved) Error() string {
	last := "none is there"
	if e.Last != "" {
		last = "the last that is there is " + e.Last
	}
	return fmt.Sprintf("train: %d of %d checkpoints could not be written, %s: %v", e.Failed, e.Failed+e.Written, last, e.First)
}

// Unwrap gives what went wrong first.
func (e *NotSaved) Unwrap() error { return e.First }

// Best is the epoch, from 1, with the best value of a figure: the largest of an accuracy, else the least.
// It is 0 where there is none.
func (h *History) Best(name string) (epoch int) { return h.best(name, "") }

// best is Best, by a Checkpoint's Mode.
func (h *History) best(name, mode string) (epoch int) {
	largest := mode == "max" || mode == "" && strings.HasSuffix(name, "accuracy")
	figure := slices.Index(h.Names, name)
	if figure < 0 {
		return 0
	}
	for i, e := range h.Epochs {
		v := e.Values[figure]
		if math.IsNaN(v) {
			continue
		}
		if epoch == 0 || largest && v > h.Epochs[epoch-1].Values[figure] || !largest && v < h.Epochs[epoch-1].Values[figure] {
			epoch = i + 1
		}
	}
	return epoch
}

// path is where a position's checkpoint lies.
func (c Checkpoint) path(p position) string { return filepath.Join(c.Dir, p.file()) }
