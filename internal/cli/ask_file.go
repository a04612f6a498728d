package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"braid/feature"
	"braid/internal/suggest"
	"braid/predictor"
	"braid/target"
)

// mostChoices is the number of a head's answers that are printed.
const mostChoices = 3

// rowReply is the model's answer about one row of people's own data, and the line of --json.
type rowReply struct {
	Model   string     `json:"model"`
	Version string     `json:"version"`
	Heads   []rowHead  `json:"heads"`
	Notes   []string   `json:"notes"`
	choices [][]choice // of each head, the most probable first
}

// rowHead is the answer of a head.
type rowHead struct {
	Name        string   `json:"name"`
	Label       string   `json:"label"`
	Probability float64  `json:"probability"`
	Number      *float64 `json:"number,omitempty"`
	Answers     []choice `json:"answers,omitempty"` // all, in the model's order
}

type choice struct {
	Label       string  `json:"label"`
	Probability float64 `json:"probability"`
}

// askFile answers one row, whose values are arguments COLUMN=VALUE.
func askFile(
	ctx context.Context, s streams, m *predictor.Model, args []string, asJSON bool,
) error {
	values, notes, err := rowValues(ctx, s, m, args)
	if err != nil {
		return err
	}
	b := m.NewBatch(1)
	defer m.Free(b)
	met := make([]feature.Note, len(values))
	if err := m.Encode(b, 0, values, met); err != nil {
		return err
	}
	if err := m.Predict(b); err != nil {
		return err
	}
	if err := m.CheckOutputs(b, 0); err != nil {
		return err
	}
	r := &rowReply{Model: m.Name(), Version: m.Version(), Notes: notes}
	for i, c := range m.File.Features {
		if values[i].Text != "" || values[i].Content != nil {
			r.Notes = append(r.Notes, describeNote(c.Column, c.Encoder.Kind(), values[i], met[i])...)
		}
	}
	for i, a := range m.Decode(b, 0) {
		r.add(m.File.Targets[i].Column, a)
	}
	if asJSON {
		return printLine(s.out, r)
	}
	_, err = fmt.Fprint(s.out, r)
	return err
}

// columnExample returns arguments of ask for a model.
func columnExample(m *predictor.Model) string {
	var list []string
	for _, c := range m.File.Features[:min(len(m.File.Features), mostChoices)] {
		value := "..."
		if _, ok := c.Encoder.(feature.FileReader); ok {
			value = "picture.png"
		}
		list = append(list, shellWord(c.Column+"="+value))
	}
	return strings.Join(list, " ")
}

// rowValues returns the value of each of the model's columns, and notes on those without one.
func rowValues(
	ctx context.Context, s streams, m *predictor.Model, args []string,
) (values []feature.Value, notes []string, err error) {
	features := m.File.Features
	values, given := make([]feature.Value, len(features)), make([]bool, len(features))
	var names []string
	for _, c := range features {
		names = append(names, c.Column)
	}
	for _, arg := range args {
		i, text, err := columnOf(m, names, arg)
		if err != nil {
			return nil, nil, err
		}
		if given[i] {
			return nil, nil, usage("%q has two values, want one", names[i])
		}
		given[i] = true
		if _, ok := features[i].Encoder.(feature.FileReader); !ok || text == "" {
			values[i].Text = text
			continue
		}
		if values[i].Content, err = readImage(ctx, s, text); err != nil {
			return nil, nil, fmt.Errorf("column %q: %s: %w", names[i], displayName(text), err)
		}
		values[i].Most = mostDecoded
	}
	var missing []string
	for i, name := range names {
		if !given[i] {
			missing = append(missing, name)
		}
	}
	notes = []string{}
	if missing != nil {
		notes = append(notes, "no value is given for "+strings.Join(missing, ", "))
	}
	return values, notes, nil
}

// columnOf returns the column that an argument COLUMN=VALUE names, and its value. The name of a
// column may have equals signs.
func columnOf(
	m *predictor.Model, names []string, arg string,
) (column int, value string, err error) {
	column = -1
	for i, name := range names {
		rest, ok := strings.CutPrefix(arg, name+"=")
		if ok && (column < 0 || len(name) > len(names[column])) {
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
	for _, t := range m.File.Targets {
		if t.Column == name {
			return 0, "", usage("%q is what the model predicts, want values of %s", name,
				suggest.List(names))
		}
	}
	return 0, "", usage("%v", suggest.Unknown("column", name, names))
}

// describeNote returns sentences on what an encoder met in a value.
func describeNote(column, kind string, v feature.Value, note feature.Note) []string {
	var list []string
	value := column
	if v.Text != "" {
		value = fmt.Sprintf("%s %q", column, suggest.Shorten(v.Text))
	}
	if note&feature.Missing != 0 {
		list = append(list, value+" stands for a missing value")
	}
	if note&feature.Unknown != 0 {
		what := "is a value that training did not have, or rarely"
		switch kind {
		case "text":
			what = "has words that training did not have, or rarely"
		case "sequence", "labels":
			what = "has values that training did not have, or rarely"
		}
		list = append(list, value+" "+what)
	}
	if note&feature.OutOfRange != 0 {
		list = append(list, value+" is outside the range of training")
	}
	if note&feature.Cut != 0 {
		list = append(list, value+" is longer than what the model reads, and is cut")
	}
	return list
}

// add adds the answer of a head.
func (r *rowReply) add(name string, a target.Answer) {
	h := rowHead{Name: name, Label: a.Text, Probability: a.Probability}
	if a.Choices == nil {
		h.Number = &a.Number
	}
	for _, c := range a.Choices {
		h.Answers = append(h.Answers, choice(c))
	}
	sorted := slices.Clone(h.Answers)
	slices.SortStableFunc(sorted, func(x, y choice) int {
		return cmp.Compare(y.Probability, x.Probability)
	})
	r.Heads, r.choices = append(r.Heads, h), append(r.choices, sorted)
}

// String returns a line for each head, with its most probable answers, then the notes.
func (r *rowReply) String() string {
	nameWidth, labelWidth := 0, 0
	for _, h := range r.Heads {
		nameWidth = max(nameWidth, utf8.RuneCountInString(suggest.Printable(h.Name)))
		if h.Number == nil {
			labelWidth = max(labelWidth, utf8.RuneCountInString(suggest.Printable(h.Label)))
		}
	}
	var b strings.Builder
	for i, h := range r.Heads {
		line := fmt.Sprintf("%-*s  %-*s", nameWidth, suggest.Printable(h.Name), labelWidth,
			suggest.Printable(h.Label))
		if h.Number == nil {
			line += fmt.Sprintf("  %s  %-*s", percent(h.Probability), barCells, bar(h.Probability))
		}
		var next []string
		for _, c := range r.choices[i] {
			if c.Label != h.Label && len(next)+1 < mostChoices && c.Probability >= leastRunner {
				next = append(next, suggest.Printable(c.Label)+" "+strings.TrimSpace(percent(c.Probability)))
			}
		}
		if next != nil {
			line += "  then " + strings.Join(next, ", ")
		}
		fmt.Fprintln(&b, strings.TrimRight(line, " "))
	}
	for _, n := range r.Notes {
		b.WriteString(wrap("Note: " + suggest.Printable(n) + "."))
	}
	return b.String()
}
