package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"braid/data"
	"braid/experiment"
)

// summary says what the data are.
type summary struct {
	Parts     []partLine
	Unlabeled string
	Columns   []columnLine
	Notes     []string
}

// partLine is the number of rows of a part.
type partLine struct {
	Name, Rows string
	Measured   bool
}

// columnLine is what a column is, and in how many rows it is missing.
type columnLine struct {
	Name, Role, Kind string
	Gaps             []gap // by part
}

// gap is the number of rows in which a column is missing.
type gap struct {
	Rows, Share string
	All         bool // the column is missing in all rows, or there are none
}

// canonical is a feature or a target.
type canonical interface {
	Kind() string
	Canonical(cell string) string
}

// summary counts the rows, and the missing cells of each column.
func (r *Run) summary() (summary, error) {
	s := summary{Notes: r.Notes}
	for _, p := range r.Parts {
		s.Parts = append(s.Parts, partLine{short(p.Name), grouped(len(p.Rows)),
			p.Name == r.Measured.Name})
	}
	if r.Unlabeled > 0 {
		s.Unlabeled = countOf(r.Unlabeled, "row without any label is left out",
			"rows without any label are left out")
	}
	for _, in := range r.Experiment.Inputs {
		s.Columns = append(s.Columns, r.column(in.Column, "input", in.Feature))
	}
	for _, h := range r.Experiment.Heads {
		s.Columns = append(s.Columns, r.column(h.Column, "head", h.Target))
	}
	return s, nil
}

func (r *Run) column(name, role string, of canonical) columnLine {
	line := columnLine{Name: short(name), Role: role, Kind: of.Kind()}
	words := r.Experiment.Data.Missing
	isMissing := func(cell string) bool {
		return of.Canonical(cell) == "" || slices.Contains(words, strings.TrimSpace(cell))
	}
	for _, p := range r.Parts {
		missing := countMissing(r.Frame, name, p.Rows, isMissing)
		g := gap{Rows: grouped(missing), All: missing == len(p.Rows)}
		if missing > 0 {
			g.Share = percent(float64(missing) / float64(len(p.Rows)))
		}
		line.Gaps = append(line.Gaps, g)
	}
	return line
}

// countMissing counts missing cells of a column: all, if the frame lacks it. Different texts and
// pictures that are in memory are looked at once.
func countMissing(
	frame *data.Frame, column string, rows []int32, isMissing func(cell string) bool,
) (n int) {
	cells, err := frame.Cells(column)
	if err != nil {
		return len(rows)
	}
	if _, _, ok := cells.Pictures(rows); ok {
		return 0
	}
	texts, codes, ok := cells.Codes()
	known := map[string]bool{}
	for _, text := range texts {
		known[text] = isMissing(text)
	}
	for _, row := range rows {
		gone := false
		if ok {
			gone = known[texts[codes[row]]]
		} else {
			gone = isMissing(cells.At(int(row)))
		}
		if gone {
			n++
		}
	}
	return n
}

// training is what a model file says of its training.
type training struct {
	Kept int `json:"kept_epoch"`
	Rows int `json:"rows"` // of an epoch
}

// training returns it, or zeros.
func (r *Run) training() (t training) {
	if r.File != nil && json.Unmarshal(r.File.Training, &t) != nil {
		return training{} // of another program
	}
	return t
}

const goOn = "Go on with braid train --resume."

// end says which epoch was kept, and why training ended. It reports whether the run was stopped, or
// goes on.
func (r *Run) end() (text string, unfinished bool) {
	if r.History == nil || len(r.History.Epochs) == 0 {
		switch {
		case r.Running:
			return "The run goes on, in its first epoch.", true
		case r.File != nil:
			return "No epoch was trained whole. The model has the weights of its last step. " + goOn, true
		}
		return "No epoch was trained whole. " + goOn, true
	}
	t := r.Experiment.Train
	n, kept := len(r.History.Epochs), r.training().Kept
	var spent time.Duration
	for _, e := range r.History.Epochs {
		spent += e.Train + e.Evaluate
	}
	model := fmt.Sprintf("The model is that of epoch %d of %d, the best on validation relative to "+
		"guessing", kept, n)
	if t.Keep == experiment.KeepLast {
		model = fmt.Sprintf("The model is that of epoch %d, the last", n)
	}
	took := fmt.Sprintf(" The epochs took %.1f\u00a0s.", spent.Seconds())
	switch {
	case r.Running:
		return fmt.Sprintf("The run goes on: %d of at most %d epochs are done. %s so far, from its "+
			"checkpoint.%s", n, t.Epochs, model, took), true
	case r.Unsaved: // also if only the file is missing after the last epoch
		return fmt.Sprintf("The run ended after epoch %d of at most %d without saving a model. %s, "+
			"from its checkpoint. %s%s", n, t.Epochs, model, goOn, took), true
	case n >= t.Epochs:
		return fmt.Sprintf("%s. Training ended with the last epoch.%s", model, took), false
	case t.Keep == experiment.KeepBest && t.Patience > 0 && n-kept >= t.Patience:
		return fmt.Sprintf("%s. Training ended as %s no improvement.%s", model,
			countOf(n-kept, "epoch brought", "epochs brought"), took), false
	case t.Minutes > 0 && spent.Minutes() >= 0.9*t.Minutes:
		return fmt.Sprintf("%s. Training ended after %g minutes, its limit.%s", model, t.Minutes,
			took), false
	}
	return fmt.Sprintf("The run was stopped after epoch %d of at most %d. %s. %s%s", n, t.Epochs,
		model, goOn, took), true
}
