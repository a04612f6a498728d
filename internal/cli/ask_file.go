package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"braid/feature"
	"braid/internal/batchpredict"
	"braid/internal/suggest"
	"braid/predictor"
)

// askRow answers one row, whose values are arguments COLUMN=VALUE.
func (a *asker) askRow(ctx context.Context, s streams, args []string, asJSON bool) error {
	isNumbers := func(c predictor.Column) bool { return c.IsNumbers() }
	if slices.ContainsFunc(a.model.Columns, isNumbers) {
		return fmt.Errorf("model %q takes numbers: its inputs are %s: braid predict can fill them from "+
			"JSON lines", a.model.Name(), batchpredict.Takes(a.model))
	}
	values, missing, err := rowValues(ctx, s, a.model, args)
	if err != nil {
		return err
	}
	r, err := a.answer(values)
	if err != nil {
		return err
	}
	if missing != nil {
		note := "no value is given for " + strings.Join(missing, ", ")
		r.Notes = append([]string{note}, r.Notes...)
	}
	if asJSON {
		return printLine(s.out, r)
	}
	_, err = io.WriteString(s.out, describeReply(r))
	return err
}

// mostExamples is the number of columns in an example.
const mostExamples = 3

// columnExample returns arguments of ask for a model.
func columnExample(m *predictor.Model) string {
	var list []string
	for i := range min(len(m.Columns), mostExamples) {
		value := "..."
		if m.Columns[i].ReadsFiles() {
			value = "picture.png"
		}
		list = append(list, shellWord(m.Columns[i].Name+"="+value))
	}
	return strings.Join(list, " ")
}

// isValue reports whether an argument is a value of one of the model's columns.
func isValue(m *predictor.Model, arg string) bool {
	for i := range m.Columns {
		if strings.HasPrefix(arg, m.Columns[i].Name+"=") {
			return true
		}
	}
	return false
}

// rowValues returns the value of each of the model's columns, and the names of those without one.
func rowValues(
	ctx context.Context, s streams, m *predictor.Model, args []string,
) (values []feature.Value, missing []string, err error) {
	values, given := make([]feature.Value, len(m.Columns)), make([]bool, len(m.Columns))
	for _, arg := range args {
		i, text, err := columnOf(m, arg)
		if err != nil {
			return nil, nil, err
		}
		c := &m.Columns[i]
		if given[i] {
			return nil, nil, usage("%q has two values, want one", c.Name)
		}
		given[i] = true
		if !c.ReadsFiles() || text == "" {
			values[i].Text = text
			continue
		}
		if values[i].Content, err = readImage(ctx, s, text); err != nil {
			return nil, nil, fmt.Errorf("column %q: %s: %w", c.Name, displayName(text), err)
		}
		values[i].Most = mostDecoded
	}
	for i := range m.Columns {
		if !given[i] {
			missing = append(missing, m.Columns[i].Name)
		}
	}
	return values, missing, nil
}

// columnOf returns the column that an argument COLUMN=VALUE names, and its value. The name of a
// column may have equals signs.
func columnOf(m *predictor.Model, arg string) (column int, value string, err error) {
	column = -1
	for i := range m.Columns {
		name := m.Columns[i].Name
		rest, ok := strings.CutPrefix(arg, name+"=")
		if ok && (column < 0 || len(name) > len(m.Columns[column].Name)) {
			column, value = i, rest
		}
	}
	if column >= 0 {
		return column, value, nil
	}
	name, _, ok := strings.Cut(arg, "=")
	if !ok {
		return 0, "", usage("got %q, want COLUMN=VALUE, such as: braid ask %s",
			suggest.Shorten(arg), columnExample(m))
	}
	for i := range m.Heads {
		if m.Heads[i].Column == name {
			return 0, "", usage("%q is what the model predicts, want values of %s", name,
				suggest.List(m.ColumnNames()))
		}
	}
	_, err = m.Column(name)
	return 0, "", usage("%v", err)
}
