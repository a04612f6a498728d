package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"braid"
	"braid/internal/atomicfile"
	"braid/internal/safetensors"
)

// SavedHistory returns the history that the newest intact checkpoint in a folder has: that of a run
// that was stopped, or goes on. It is nil if there is no checkpoint. Without the run's plan, only
// Resume can tell whether the checkpoints are those of another run.
func SavedHistory(dir string) (*History, error) {
	list, err := checkpoints(dir)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	var failed error
	for i := len(list) - 1; i >= 0; i-- {
		h, err := savedHistory(filepath.Join(dir, list[i].file()))
		if err == nil {
			return h, nil
		}
		if !errors.Is(err, fs.ErrNotExist) && failed == nil { // a run that goes on may delete it
			failed = fmt.Errorf("train: %w", err)
		}
	}
	return nil, failed
}

func savedHistory(path string) (*History, error) {
	c, err := readCheckpoint(path)
	if err != nil {
		return nil, err
	}
	h, err := historyOf(c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return h, nil
}

// historyOf returns the history in a checkpoint.
func historyOf(c *safetensors.Container) (*History, error) {
	var state stateJSON
	if err := json.Unmarshal([]byte(c.Metadata["state"]), &state); err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	h := &History{Names: state.Names}
	values, err1 := entry(c, historyEntry, "F64", state.Epochs, len(state.Names))
	times, err2 := entry(c, timesEntry, "I64", state.Epochs, 2)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	var err error
	h.Epochs, err = epochsOf(values, times)
	return h, err
}

// epochsOf returns the epochs of a checkpoint's tensors.
func epochsOf(values, times safetensors.Entry) (list []Epoch, err error) {
	numbers, err1 := values.Float64s()
	took, err2 := times.Int64s()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	epochs, figures := values.Shape[0], values.Shape[1]
	for i := range epochs {
		list = append(list, Epoch{
			Number: i + 1, Train: time.Duration(took[2*i]), Evaluate: time.Duration(took[2*i+1]),
			Values: numbers[i*figures : (i+1)*figures],
		})
	}
	return list, nil
}

// LoadEpoch sets the weights of a model to those that a run had at the end of an epoch, from its
// checkpoint in a folder. The newest epoch has one, the best one by Checkpoint.Best, and those that
// Callback.Keep names, such as that of EarlyStopping. After an error the model is as it was.
func LoadEpoch(dir string, epoch int, m *braid.Model) error {
	path := filepath.Join(dir, position{Epochs: epoch}.file())
	c, err := readCheckpoint(path)
	if err != nil {
		return fmt.Errorf("train: epoch %d: %w", epoch, err)
	}
	values := make([][]float32, len(m.Weights()))
	for i, w := range m.Weights() {
		e, err := entry(c, w.Name(), "F32", w.Shape()...)
		if err == nil {
			values[i], err = e.Float32s()
		}
		if err != nil {
			return fmt.Errorf("train: %s is of another model: %w", path, err)
		}
	}
	for i, w := range m.Weights() {
		if err := w.Set(values[i]); err != nil {
			return fmt.Errorf("train: %s: %w", path, err)
		}
	}
	return nil
}

// readCheckpoint reads a checkpoint of any run.
func readCheckpoint(path string) (*safetensors.Container, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	content, err := atomicfile.Read(path, info.Size())
	if err != nil {
		return nil, err
	}
	c, err := safetensors.Parse(content)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	case !c.Checked():
		return nil, fmt.Errorf("%s: its checksums are missing", path)
	case c.Metadata["format"] != checkpointVersion:
		return nil, fmt.Errorf("%s: its format is %q, this program reads %q", path,
			c.Metadata["format"], checkpointVersion)
	}
	return c, nil
}
