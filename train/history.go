package train

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"braid/internal/names"
)

// History is what Fit measured.
type History struct {
	Names  []string // of the figures: "loss", "digit_loss", ..., "val_loss", ...
	Epochs []Epoch
}

// Epoch is what was measured in one epoch. Training figures are means over the epoch, taken before
// each step's update, as in Keras; validation figures are from its end.
type Epoch struct {
	Number   int           // from 1
	Train    time.Duration // of the steps alone
	Evaluate time.Duration // of the validation
	Values   []float64     // in the order of History.Names
}

// Value finds a figure of an epoch, counted from 1, by its name.
func (h *History) Value(epoch int, name string) (float64, error) {
	if epoch < 1 || epoch > len(h.Epochs) {
		return 0, fmt.Errorf("train: no epoch %d, want 1 to %d", epoch, len(h.Epochs))
	}
	i := slices.Index(h.Names, name)
	if i < 0 {
		return 0, fmt.Errorf("train: %w", names.Unknown("figure", name, h.Names))
	}
	return h.Epochs[epoch-1].Values[i], nil
}

// Series is a figure of all epochs, or nil where no figure has the name.
func (h *History) Series(name string) []float64 {
	i := slices.Index(h.Names, name)
	if i < 0 {
		return nil
	}
	list := make([]float64, len(h.Epochs))
	for j, e := range h.Epochs {
		list[j] = e.Values[i]
	}
	return list
}

// WriteCSV writes a line for each epoch beneath a line of names: epoch, train_s, eval_s, and the
// figures with all the digits they have.
func (h *History) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	out.Write(append([]string{"epoch", "train_s", "eval_s"}, h.Names...))
	for _, e := range h.Epochs {
		line := []string{strconv.Itoa(e.Number), seconds(e.Train), seconds(e.Evaluate)}
		for _, v := range e.Values {
			line = append(line, strconv.FormatFloat(v, 'g', -1, 64))
		}
		out.Write(line)
	}
	out.Flush()
	return out.Error()
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 6, 64) }
