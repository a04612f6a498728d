package experiment

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"braid/data"
	"braid/internal/kinds"
	"braid/target"
)

// Loaded is an experiment with its rows, divided among the parts.
type Loaded struct {
	*Experiment
	Frame     *data.Frame
	Rows      [Parts][]int32 // of the frame, by part
	Unlabeled int            // rows that are left out because no head has a label

	files   []int32 // the first row of each file
	divided bool    // Rows was given
}

// Load reads the data and divides the rows among the parts.
func (e *Experiment) Load(ctx context.Context) (*Loaded, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	l := &Loaded{Experiment: e.withMissing()}
	if err := l.read(ctx); err != nil {
		return nil, err
	}
	if err := l.prepare(); err != nil {
		return nil, err
	}
	return l, nil
}

// LoadFrame divides the rows of a frame among the parts. The frame may have rows of any
// data.Source. Of e.Data, only Missing has an effect.
func (e *Experiment) LoadFrame(frame *data.Frame) (*Loaded, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	whole := *e.withMissing()
	whole.Data = Data{}
	l := &Loaded{Experiment: &whole, Frame: frame, files: []int32{0}}
	l.Rows[TrainPart] = rowsFrom(0, frame.Rows())
	if err := l.prepare(); err != nil {
		return nil, err
	}
	return l, nil
}

// LoadParts is LoadFrame for rows that are divided already. Without validation rows the last epoch
// is kept, so that e.Train.Keep must be KeepLast.
func (e *Experiment) LoadParts(frame *data.Frame, rows [Parts][]int32) (*Loaded, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	whole := *e.withMissing()
	whole.Data = Data{}
	l := &Loaded{Experiment: &whole, Frame: frame, Rows: rows, files: []int32{0}, divided: true}
	if err := l.prepare(); err != nil {
		return nil, err
	}
	return l, nil
}

// check tests what the grammar of files guarantees, for experiments that are made in Go.
func (e *Experiment) check() error {
	if len(e.Inputs) == 0 || len(e.Heads) == 0 {
		return fmt.Errorf("the experiment has %d inputs and %d heads, want one or more of both",
			len(e.Inputs), len(e.Heads))
	}
	roles := map[string]string{}
	add := func(column, role string, member any, want string) error {
		if err := kinds.NotNil(member, want); err != nil {
			return fmt.Errorf("%s %q: its type is %w", role, column, err)
		}
		if other, ok := roles[column]; ok {
			return fmt.Errorf("%s %q: the column is %s already, want one role for each column", role,
				column, map[string]string{"input": "an input", "head": "a head"}[other])
		}
		roles[column] = role
		return nil
	}
	var list []error
	for _, in := range e.Inputs {
		list = append(list, add(in.Column, "input", in.Feature, "one such as feature.Number{}"))
	}
	for _, h := range e.Heads {
		list = append(list, add(h.Column, "head", h.Target, "one such as target.Category{}"))
	}
	if !slices.ContainsFunc(e.Heads, func(h Head) bool { return !h.MeasureOnly }) {
		list = append(list, e.at("heads", "", errors.New("all heads are only measured, want one without "+
			"measure: true: else nothing is learnt")))
	}
	return errors.Join(list...)
}

// prepare checks the columns and divides the rows.
func (l *Loaded) prepare() error {
	if l.Frame.Rows() == 0 {
		return l.at("data", "", errors.New("the data has no rows, want one or more"))
	}
	if err := l.checkColumns(l.Frame); err != nil {
		return err
	}
	if err := l.dropUnlabeled(); err != nil {
		return err
	}
	return l.divide()
}

// checkColumns tests that the frame has the columns of inputs and heads, and those of the split.
// The errors of all columns are joined.
func (e *Experiment) checkColumns(frame *data.Frame) error {
	var list []error
	check := func(section, key, column string) {
		if _, err := frame.Cells(column); err != nil {
			list = append(list, e.at(section, key, fmt.Errorf("%s: %w", section, err)))
		}
	}
	for _, in := range e.Inputs {
		check("inputs", in.Column, in.Column)
	}
	for _, h := range e.Heads {
		check("heads", h.Column, h.Column)
	}
	if e.Split.Column != "" {
		check("split", "column", e.Split.Column)
	}
	if e.Split.Stratify != "" {
		check("split", "stratify", e.Split.Stratify)
	}
	return errors.Join(list...)
}

// CheckIgnored tests that the frame has the columns of Ignore: another one is a mistake in a new
// experiment, but a run may go on with data that lack what it does not read.
func (l *Loaded) CheckIgnored() error {
	var list []error
	for _, column := range l.Ignore {
		if _, err := l.Frame.Cells(column); err != nil {
			list = append(list, l.at("ignore", column, fmt.Errorf("ignore: %w", err)))
		}
	}
	return errors.Join(list...)
}

// dropUnlabeled leaves out the rows without a label of any head.
func (l *Loaded) dropUnlabeled() error {
	labels := make([]data.Cells, len(l.Heads))
	for i, h := range l.Heads {
		var err error
		if labels[i], err = l.Frame.Cells(h.Column); err != nil {
			return err
		}
	}
	known := make([]func(row int32) bool, len(l.Heads))
	for i, h := range l.Heads {
		known[i] = knownIn(labels[i], h.Target)
	}
	unlabeled := func(row int32) bool {
		for _, isKnown := range known {
			if isKnown(row) {
				return false
			}
		}
		return true
	}
	for part, rows := range l.Rows {
		kept := slices.DeleteFunc(rows, unlabeled)
		l.Unlabeled += len(rows) - len(kept)
		l.Rows[part] = kept
	}
	return nil
}

// knownIn returns a function that reports whether a row has a label of a target.
func knownIn(cells data.Cells, t target.Target) func(row int32) bool {
	texts, codes, ok := cells.Codes()
	if !ok {
		return func(row int32) bool { return t.Canonical(cells.At(int(row))) != "" }
	}
	known := make([]bool, len(texts))
	for i, text := range texts {
		known[i] = t.Canonical(text) != ""
	}
	return func(row int32) bool { return known[codes[row]] }
}

// divide divides the rows of the training part, unless the data is divided. Of data that has files
// for training but none for validation, the split takes the validation rows out of the training
// files, and none for a test.
func (l *Loaded) divide() error {
	e := *l.Experiment
	switch {
	case l.divided, len(l.Data.Train) > 0 && len(l.Data.Validation) > 0:
		return l.checkParts()
	case len(l.Data.Train) > 0:
		e.Split.Parts = e.Split.parts()
		e.Split.Parts[TestPart] = 0
	}
	parts, err := e.divide(l.Frame, l.Rows[TrainPart])
	if err != nil {
		return l.at("split", "column", err)
	}
	if len(l.Data.Train) > 0 {
		parts[TestPart] = l.Rows[TestPart]
	}
	l.Rows = parts
	return l.checkParts()
}

// checkParts tests that each part has rows.
func (l *Loaded) checkParts() error {
	for part, rows := range l.Rows {
		if len(rows) > 0 || Part(part) == TestPart && l.noTest() ||
			Part(part) == ValidationPart && l.divided && l.Train.Keep == KeepLast {
			continue
		}
		if l.Split.Stratify != "" && l.allDiffer(l.Split.Stratify) {
			return l.at("split", "stratify", fmt.Errorf("split: stratify: each value of column %q has one "+
				"row, so that its rows cannot be divided: want a column whose values repeat",
				l.Split.Stratify))
		}
		section, key := "split", "parts"
		if len(l.Data.Train) > 0 {
			section, key = "data", Part(part).String()
		}
		return l.at(section, key, fmt.Errorf("the %s part has no rows with a label: the parts have %d, "+
			"%d and %d rows: want more rows, or other parts", Part(part), len(l.Rows[TrainPart]),
			len(l.Rows[ValidationPart]), len(l.Rows[TestPart])))
	}
	return nil
}

// allDiffer reports whether each row has another value of a column.
func (l *Loaded) allDiffer(column string) bool {
	cells, err := l.Frame.Cells(column)
	if err != nil {
		return false
	}
	seen := map[string]bool{}
	for _, rows := range l.Rows {
		for _, row := range rows {
			value := l.trim(cells.At(int(row)))
			if seen[value] {
				return false
			}
			seen[value] = true
		}
	}
	return true
}

// noTest reports whether the experiment asks for no test part.
func (l *Loaded) noTest() bool {
	if len(l.Data.Train) > 0 {
		return len(l.Data.Test) == 0
	}
	return l.divided || l.Split.By == Column || l.Split.Parts != nil && l.Split.Parts[TestPart] == 0
}
