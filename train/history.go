package train

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"braid/internal/suggest"
)

// History has the figures of each epoch of a training.
type History struct {
	Names  []string // of the figures: "loss", "digit_loss", ..., "val_loss", ...
	Epochs []Epoch

	ascending []bool // of each figure of a run: more is better; nil: unknown
}

// Epoch has the figures of one epoch. Training figures are means over the epoch, computed before
// each step's update, as in Keras; validation figures are computed after the epoch.
type Epoch struct {
	Number   int           // from 1
	Train    time.Duration // of the steps alone
	Evaluate time.Duration // of the validation
	Values   []float64     // in the order of History.Names

	// Conflicts has, with Plan.Conflicts, each pair of heads that share weights: over all of these
	// weights, then over those of each layer. nil: none.
	Conflicts []Conflict
}

// ascends reports whether the largest value of a figure is best.
func (h *History) ascends(figure int) bool {
	if h.ascending != nil {
		return h.ascending[figure]
	}
	return strings.HasSuffix(h.Names[figure], "accuracy")
}

// Value returns a figure of an epoch, counted from 1.
func (h *History) Value(epoch int, name string) (float64, error) {
	if epoch < 1 || epoch > len(h.Epochs) {
		return 0, fmt.Errorf("train: no epoch %d, want 1 to %d", epoch, len(h.Epochs))
	}
	i := slices.Index(h.Names, name)
	if i < 0 {
		return 0, fmt.Errorf("train: %w", suggest.Unknown("figure", name, h.Names))
	}
	return h.Epochs[epoch-1].Values[i], nil
}

// Series returns a figure of all epochs, or nil if no figure has the name.
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

// WriteCSV writes a header and a line for each epoch: epoch, train_s, eval_s, and the figures with
// all their digits.
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
