package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"braid/experiment"
	"braid/feature"
	"braid/internal/suggest"
)

// summary says what the data are.
type summary struct {
	Files     []string
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

// columnLine is what a column is, which values it has, and in how many rows it is missing.
type columnLine struct {
	Name, Role, Kind string
	Distinct, Values string
	Gaps             []gap // by part
	HasGaps          bool
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

// HasGaps reports whether any cell is missing.
func (s summary) HasGaps() bool {
	return slices.ContainsFunc(s.Columns, func(c columnLine) bool { return c.HasGaps })
}

// summary counts the rows, and the values and the missing cells of each column.
func (r *Run) summary(ctx context.Context) (summary, error) {
	s := summary{Files: r.files(), Notes: r.Notes}
	for _, p := range r.Parts {
		s.Parts = append(s.Parts, partLine{short(p.Name), grouped(len(p.Rows)),
			p.Name == r.Measured.Name})
	}
	if r.Unlabeled > 0 {
		s.Unlabeled = countOf(r.Unlabeled, "row without any label is left out",
			"rows without any label are left out")
	}
	add := func(name, role string, of canonical) error {
		line, err := r.column(ctx, name, role, of)
		s.Columns = append(s.Columns, line)
		return err
	}
	var failed []error
	for _, in := range r.Experiment.Inputs {
		failed = append(failed, add(in.Column, "input", in.Feature))
	}
	for _, h := range r.Experiment.Heads {
		failed = append(failed, add(h.Column, "head", h.Target))
	}
	return s, errors.Join(failed...)
}

// mostFiles is the number of data files that are named.
const mostFiles = 20

// sources returns where the rows are.
func (r *Run) sources() []string {
	d := r.Experiment.Data
	list := slices.Concat(r.Sources, d.Files, d.Train, d.Validation, d.Test)
	for _, c := range d.Columns {
		list = append(list, c.Files...)
	}
	return list
}

// files lists where the rows are.
func (r *Run) files() (list []string) {
	all := r.sources()
	for _, path := range all[:min(len(all), mostFiles)] {
		list = append(list, suggest.Printable(path))
	}
	if rest := len(all) - len(list); rest > 0 {
		list = append(list, "and "+countOf(rest, "other file", "other files"))
	}
	return list
}

// about says which run it is: its folder, when it began, its data.
func (r *Run) about() string {
	var parts []string
	if r.Folder != "" {
		parts = append(parts, "Run "+short(r.Folder))
	}
	if !r.Began.IsZero() {
		parts = append(parts, "begun "+r.Began.UTC().Format("2 January 2006, 15:04 MST"))
	}
	if all := r.sources(); len(all) > 0 {
		name := short(filepath.Base(all[0]))
		if rest := len(all) - 1; rest > 0 {
			name += " and " + countOf(rest, "other file", "other files")
		}
		parts = append(parts, "data: "+name)
	}
	if r.Program != "" {
		parts = append(parts, "written by "+r.Program)
	}
	if parts == nil {
		return ""
	}
	return strings.Join(parts, "; ") + "."
}

// caution says that the model is measured on rows that chose it, if it is.
func (r *Run) caution() string {
	if r.Measured.Name != experiment.ValidationPart.String() {
		return ""
	}
	text := "The test part has no rows, so that the figures are those of the validation part. "
	if r.Experiment.Train.Keep == experiment.KeepLast {
		return text + "It did not choose the epoch, but may have chosen your settings."
	}
	return text + "It chose the epoch that is kept: on new rows the figures are likely to be worse."
}

// column counts the cells of a column: all are missing if the frame lacks it.
func (r *Run) column(ctx context.Context, name, role string, of canonical) (columnLine, error) {
	line := columnLine{Name: short(name), Role: role, Kind: of.Kind()}
	f := newFacts(of, r.Experiment.Data.Missing)
	cells, err := r.Frame.Cells(name)
	hasColumn := err == nil
	pictures := 0 // that are in memory: each is there, and differs from the others
	for _, p := range r.Parts {
		f.missing = 0
		if !hasColumn {
			f.missing = len(p.Rows)
		} else if _, _, ok := cells.Pictures(p.Rows); ok {
			pictures += len(p.Rows)
		} else if err := (feature.Column{
			Name: name, Frame: r.Frame, Rows: p.Rows, Context: ctx,
		}).Counts(f.add); err != nil {
			return line, err
		}
		g := gap{Rows: grouped(f.missing), All: f.missing == len(p.Rows)}
		if f.missing > 0 {
			g.Share = percent(float64(f.missing) / float64(len(p.Rows)))
			line.HasGaps = true
		}
		line.Gaps = append(line.Gaps, g)
	}
	line.Distinct, line.Values = f.end()
	if pictures > 0 {
		line.Distinct = grouped(pictures)
	}
	return line, nil
}

// training is what a model file says of its training.
type training struct {
	Kept      int  `json:"kept_epoch"`
	Undecided bool `json:"undecided"` // no epoch has finite figures on validation
	Rows      int  `json:"rows"`      // of an epoch
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
	n, kept, best := len(r.History.Epochs), r.training().Kept, r.training().Kept
	var spent time.Duration
	for _, e := range r.History.Epochs {
		spent += e.Train + e.Evaluate
	}
	model := fmt.Sprintf("The model is that of epoch %d of %d, the best on validation relative to "+
		"guessing", kept, n)
	switch {
	case t.Keep == experiment.KeepLast:
		model = fmt.Sprintf("The model is that of epoch %d, the last", n)
	case r.training().Undecided:
		best = 0
		model = fmt.Sprintf("The model is that of epoch %d, the last: no epoch has finite figures on "+
			"validation", n)
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
	case t.Keep == experiment.KeepBest && t.Patience > 0 && n-best >= t.Patience:
		return fmt.Sprintf("%s. Training ended as %s no improvement.%s", model,
			countOf(n-best, "epoch brought", "epochs brought"), took), false
	case t.Minutes > 0 && spent.Minutes() >= 0.9*t.Minutes:
		return fmt.Sprintf("%s. Training ended after %g minutes, its limit.%s", model, t.Minutes,
			took), false
	}
	return fmt.Sprintf("The run was stopped after epoch %d of at most %d. %s. %s%s", n, t.Epochs,
		model, goOn, took), true
}
