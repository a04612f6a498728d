package profile

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"braid/data"
	"braid/experiment"
	"braid/internal/suggest"
)

// Plan is a first experiment for a data set.
type Plan struct {
	Experiment *experiment.Experiment
	Comments   experiment.Comments
	Columns    []*Column
	// Uses has what became of each column, in the order of Columns.
	Uses []Use
}

// Use is what became of a column.
type Use struct {
	Column  string
	As      string // "input", "head" or "ignored"
	Type    string // of the input or head
	Reason  string
	Warning string
}

// Make plans an experiment that predicts some columns from the others. file is the data file's path
// in the experiment file. Without heads it is an experiment that lacks them, with the candidates in
// comments.
func Make(frame *data.Frame, file string, heads []string, workers int) (*Plan, error) {
	if frame.Rows() == 0 {
		return nil, fmt.Errorf("%s: no rows, want a row or more under the header", file)
	}
	if err := checkHeads(frame.Names(), heads); err != nil {
		return nil, err
	}
	columns, err := Columns(frame, workers)
	if err != nil {
		return nil, err
	}
	p := &Plan{Experiment: &experiment.Experiment{}, Comments: experiment.Comments{}, Columns: columns}
	p.Experiment.Data.Files = []string{file}
	p.Uses = make([]Use, len(columns))
	targets, err := p.addHeads(frame, heads)
	if err != nil {
		return nil, err
	}
	if err := p.addInputs(frame, targets); err != nil {
		return nil, err
	}
	if len(p.Experiment.Inputs) == 0 {
		p.addDoubtful()
	}
	p.split()
	if len(p.Experiment.Inputs) == 0 {
		return nil, fmt.Errorf("%s: no column is left as an input:\n%s", file, p.reasons())
	}
	p.comment(frame.Rows(), len(heads) == 0)
	return p, nil
}

// Write writes the experiment file.
func (p *Plan) Write(w io.Writer) error { return experiment.Write(w, p.Experiment, p.Comments) }

// checkHeads checks that heads are names of columns, each once.
func checkHeads(names, heads []string) error {
	var errs []error
	for i, head := range heads {
		if !slices.Contains(names, head) {
			errs = append(errs, fmt.Errorf("heads: %w", suggest.Unknown("column", head, names)))
		} else if slices.Contains(heads[:i], head) {
			errs = append(errs, fmt.Errorf("heads: column %q is named twice", head))
		}
	}
	return errors.Join(errs...)
}

// addHeads adds the heads in the order of the columns.
func (p *Plan) addHeads(frame *data.Frame, heads []string) ([]*labels, error) {
	var list []*labels
	var errs []error
	for i, c := range p.Columns {
		if !slices.Contains(heads, c.Name) {
			continue
		}
		g, err := c.Head()
		if err != nil {
			errs = append(errs, err)
			continue
		}
		l, err := readLabels(frame, c)
		if err != nil {
			return nil, err
		}
		list = append(list, l)
		p.Experiment.Heads = append(p.Experiment.Heads, experiment.Head{Column: c.Name, Target: g.Target})
		p.Uses[i] = Use{c.Name, "head", g.Target.Kind(), g.Reason, g.Warning}
	}
	return list, errors.Join(errs...)
}

// addInputs adds all other columns as inputs, or leaves them out.
func (p *Plan) addInputs(frame *data.Frame, heads []*labels) error {
	for i, c := range p.Columns {
		if p.Uses[i].As != "" {
			continue
		}
		g := c.Input()
		for _, head := range heads {
			if g.Feature == nil {
				break
			}
			reason, err := head.leak(frame, c)
			if err != nil {
				return err
			}
			if reason != "" {
				g = Guess{nil, reason, ""}
			}
		}
		if g.Feature == nil || partWords(c) {
			p.Experiment.Ignore = append(p.Experiment.Ignore, c.Name)
			p.Uses[i] = Use{c.Name, "ignored", "", g.Reason, g.Warning}
			continue
		}
		p.Experiment.Inputs = append(p.Experiment.Inputs,
			experiment.Input{Column: c.Name, Feature: g.Feature})
		p.Uses[i] = Use{c.Name, "input", g.Feature.Kind(), g.Reason, g.Warning}
	}
	return nil
}

// addDoubtful makes inputs of the columns that were left out as identifiers, or as they say what a
// head is, with the reason as a warning: without another input a person has to decide.
func (p *Plan) addDoubtful() {
	for i, c := range p.Columns {
		u := &p.Uses[i]
		if u.As != "ignored" || partWords(c) {
			continue
		}
		g := c.Input()
		if g.Feature == nil && c.identifier() != "" {
			g = c.typed()
		}
		if g.Feature == nil {
			continue
		}
		*u = Use{c.Name, "input", g.Feature.Kind(), g.Reason, u.Reason}
		p.Experiment.Inputs = append(p.Experiment.Inputs,
			experiment.Input{Column: c.Name, Feature: g.Feature})
		p.Experiment.Ignore = slices.DeleteFunc(p.Experiment.Ignore, func(name string) bool {
			return name == c.Name
		})
	}
}

// partWords reports whether the cells of a column are the words train, validation and test.
func partWords(c *Column) bool {
	if c.Distinct < 2 || c.Distinct > experiment.Parts || c.Missing > 0 {
		return false
	}
	return !slices.ContainsFunc(c.Examples, func(cell string) bool {
		return cell != "train" && cell != "validation" && cell != "test"
	})
}

// split chooses how rows are divided, where a column makes that clear.
func (p *Plan) split() {
	s := &p.Experiment.Split
	for i, c := range p.Columns {
		if p.Uses[i].As != "ignored" {
			continue
		}
		switch {
		case partWords(c):
			*s = experiment.Split{By: experiment.Column, Column: c.Name}
			p.Uses[i].Reason = "says to which part a row belongs"
			return
		case s.By == experiment.Random && c.groups():
			*s = experiment.Split{By: experiment.Group, Column: c.Name}
		}
	}
}

// reasons lists why columns are left out.
func (p *Plan) reasons() string {
	var lines []string
	for _, u := range p.Uses {
		if u.As == "ignored" {
			lines = append(lines, fmt.Sprintf("  %s: %s", u.Column, u.Reason))
		}
	}
	return strings.Join(lines, "\n")
}

// Candidates returns the columns that could be heads, with their guesses: those that are not
// identifiers, and whose type a head can have.
func (p *Plan) Candidates() (columns []*Column, guesses []HeadGuess) {
	for _, c := range p.Columns {
		g, err := c.Head()
		if err == nil && g.Warning == "" && c.identifier() == "" && !partWords(c) && c.Words < textWords {
			columns, guesses = append(columns, c), append(guesses, g)
		}
	}
	return columns, guesses
}
