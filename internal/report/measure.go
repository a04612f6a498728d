package report

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"braid/data"
	"braid/experiment"
	"braid/feature"
	"braid/internal/random"
	"braid/internal/suggest"
	"braid/modelfile"
	"braid/target"
)

// measured has the model's outputs for the rows that are measured.
type measured struct {
	file  *modelfile.File
	frame *data.Frame
	rows  []int32 // of the frame
	table *data.Table
	notes map[string]feature.Notes // by input column
	heads []headOutputs
}

// headOutputs has the outputs of a head, and its scores.
type headOutputs struct {
	modelfile.Target
	outputs      []float32 // [rows, size]
	size         int
	cells        []string
	score, guess target.Score
}

// row returns the outputs of a row.
func (h *headOutputs) row(at int) []float32 { return h.outputs[at*h.size:][:h.size] }

// sample returns rows, or most of them that are drawn at random, in their order.
func sample(rows []int32, most int, purpose string) []int32 {
	if len(rows) <= most {
		return rows
	}
	order := make([]int32, len(rows))
	random.New(1, purpose).Permutation(order)
	order = order[:most]
	slices.Sort(order)
	for i, at := range order {
		order[i] = rows[at]
	}
	return order
}

// measure predicts the measured part.
func (r *Run) measure(ctx context.Context) (*measured, error) {
	if err := experiment.CheckInputs(r.File, r.Frame.Names()); err != nil {
		return nil, err
	}
	m := &measured{
		file: r.File, frame: r.Frame, rows: sample(r.Measured.Rows, MostMeasured, "report rows"),
		notes: map[string]feature.Notes{},
	}
	var columns []data.Column
	var failed []error
	for _, f := range r.File.Features {
		encoded, notes, err := feature.Columns(f.Encoder, m.column(ctx, f.Column), r.Workers)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		failed = append(failed, err)
		columns, m.notes[f.Column] = append(columns, encoded...), notes
	}
	for _, t := range r.File.Targets {
		if slices.Contains(r.Frame.Names(), t.Column) { // the error names the places of bad labels
			_, err := target.Column(t.Decoder, m.column(ctx, t.Column))
			failed = append(failed, err)
		}
	}
	if err := errors.Join(failed...); err != nil {
		return nil, err
	}
	var err error
	if m.table, err = data.NewTable(columns...); err != nil {
		return nil, err
	}
	outputs, err := experiment.Outputs(ctx, r.File.Model, m.table)
	if err != nil {
		return nil, err
	}
	for _, t := range r.File.Targets {
		h := headOutputs{Target: t, outputs: outputs[feature.Name(t.Column)]}
		h.size = len(h.outputs) / len(m.rows)
		h.cells = cellsOf(r.Frame, t.Column, m.rows)
		if h.score, err = t.Decoder.Score(h.outputs, h.cells); err == nil {
			h.guess, err = target.Guessing(t.Decoder, h.cells)
		}
		if err != nil {
			return nil, fmt.Errorf("head %q: %w", t.Column, err)
		}
		m.heads = append(m.heads, h)
	}
	return m, nil
}

// column returns the measured rows of a column.
func (m *measured) column(ctx context.Context, name string) feature.Column {
	return feature.Column{Name: name, Frame: m.frame, Rows: m.rows, Context: ctx}
}

// cellsOf returns some cells of a column, all missing if the frame lacks it.
func cellsOf(frame *data.Frame, column string, rows []int32) []string {
	list := make([]string, len(rows))
	if all, err := frame.Cells(column); err == nil {
		for i, row := range rows {
			list[i] = all.At(int(row))
		}
	}
	return list
}

// which says which rows are measured.
func (m *measured) which(r *Run) string {
	name := r.Measured.title()
	if n := len(r.Measured.Rows); len(m.rows) < n {
		return fmt.Sprintf("%s of the %s rows of %s, drawn at random", grouped(len(m.rows)), grouped(n),
			name)
	}
	return countOf(len(m.rows), "row", "rows") + " of " + name
}

// result is a line of the table of results.
type result struct {
	Head, ID                       string // of the first line of a head
	Metric, Value, Guessing, Known string
	Remark                         string
}

// results returns the lines of a head.
func (h *headOutputs) results(of *head) []result {
	known := grouped(h.score.Known)
	if h.score.Known == 0 {
		return []result{{of.Name, of.ID, "no label is known", "–", "–", known, ""}}
	}
	var list []result
	for i, f := range h.score.Figures {
		if strings.HasSuffix(f.Name, "loss") {
			continue
		}
		guess := h.guess.Figure(f.Name)
		line := result{Metric: FigureName(f.Name), Value: minus(FormatFigure(f)),
			Guessing: minus(FormatFigure(guess))}
		if i == 0 {
			line.Head, line.ID, line.Known = of.Name, of.ID, known
			line.Remark = Remark(h.score, h.guess)
		}
		list = append(list, line)
	}
	return list
}

// remarks says what the labels of a head met.
func (h *headOutputs) remarks() (list []string) {
	name := short(h.Column)
	if n := h.score.Unknown; n > 0 {
		list = append(list, fmt.Sprintf("%s: the true label of %s was not in training. No answer can be "+
			"right there, and all count as wrong.", name, countOf(n, "row", "rows")))
	}
	if n := h.score.Rare; n > 0 {
		list = append(list, fmt.Sprintf("%s: the true label of %s is rarer than min_count. They do not "+
			"count.", name, countOf(n, "row", "rows")))
	}
	return list
}

// remarks says what the inputs of the measured rows met.
func (m *measured) remarks() (list []string) {
	for _, f := range m.file.Features {
		n := m.notes[f.Column]
		var parts []string
		for _, p := range []struct {
			count     int
			one, many string // the verb
			what      string
		}{
			{n.Missing, "is", "are", "missing"},
			{n.Unknown, "has", "have", "an unknown or rare " + Unit(f.Encoder)},
			{n.OutOfRange, "is", "are", "outside the range of training"},
			{n.Cut, "is", "are", "cut, being too long"},
		} {
			if p.count > 0 {
				parts = append(parts, countOf(p.count, p.one, p.many)+" "+p.what)
			}
		}
		if parts != nil {
			list = append(list, fmt.Sprintf("%s: of %s, %s.", suggest.Printable(f.Column),
				countOf(n.Rows, "measured row", "measured rows"), strings.Join(parts, ", ")))
		}
	}
	return list
}

// Unit returns what an encoder finds unknown in a value.
func Unit(e feature.Encoder) string {
	switch e.Kind() {
	case "text", "tokens":
		return "word"
	case "sequence":
		return "id"
	case "labels":
		return "label"
	}
	return "value"
}
