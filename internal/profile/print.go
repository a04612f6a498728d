package profile

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"braid/internal/suggest"
)

const (
	// printWidth is the width of a report for people, in characters.
	printWidth = 98
	// mostPrinted is the number of classes of a head that a report for people lists.
	mostPrinted = 12
	// mostLayers is the number of layers.
	mostLayers = 30
)

// Print writes the report for people to read in a terminal of 100 columns.
func (r *Report) Print(w io.Writer) error {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %s, %s\n\n", r.File, Plural(r.Rows, "row"), Plural(len(r.Columns),
		"column"))
	r.printColumns(&out)
	if r.Parts != nil {
		r.printParts(&out)
	}
	r.printNetwork(&out)
	r.printFindings(&out)
	_, err := io.WriteString(w, out.String())
	return err
}

// cell is a cell of a table, cut to its width.
func cell(text string, width int) string {
	text = shorten(suggest.Printable(strings.Join(strings.Fields(text), " ")), width)
	return text + strings.Repeat(" ", width-utf8.RuneCountInString(text))
}

// width returns the number of characters of the longest text, between two limits.
func width(least, most int, texts []string) int {
	for _, text := range texts {
		least = max(least, utf8.RuneCountInString(text))
	}
	return min(least, most)
}

// printColumns writes a line for each column.
func (r *Report) printColumns(out *strings.Builder) {
	var names []string
	for _, c := range r.Columns {
		names = append(names, c.Column)
	}
	names = append(names, "column")
	first := width(6, 28, names)
	rest := printWidth - first - len("  ignored  category  1,000,000  1,000,000  ")
	line := func(name, use, kind, missing, distinct, values string) {
		text := fmt.Sprintf("%s  %-7s  %-8s  %9s  %9s  %s", cell(name, first), use, kind, missing,
			distinct, cell(values, rest))
		out.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	line("column", "use", "type", "missing", "distinct", "values")
	for _, c := range r.Columns {
		distinct := thousands(c.Distinct)
		if !c.Exact {
			distinct = ">" + distinct
		}
		line(c.Column, c.Use, c.Type, thousands(c.Missing), distinct, c.values())
	}
	out.WriteByte('\n')
}

// values describes the values of a column in a line.
func (c *ColumnReport) values() string {
	switch {
	case c.Type == "" && c.Use != "split" && c.Use != "unused":
		return c.Reason
	case c.Min != nil && (c.Type == "number" || c.Type == ""):
		write := numberWriter(*c.Min, *c.Max)
		return fmt.Sprintf("%s … %s … %s", write(*c.Min), write(*c.Median), write(*c.Max))
	case c.First != "":
		return fmt.Sprintf("%s … %s", c.First, c.Last)
	case c.Type == "text":
		return fmt.Sprintf("%.1f words: %s", c.Words, strings.Join(c.Examples, ", "))
	case c.Pictures > 0:
		return fmt.Sprintf("%s there, %s not", Plural(c.Pictures, "picture"), thousands(c.Lost))
	}
	var list []string
	for _, t := range c.Top {
		list = append(list, fmt.Sprintf("%s %s", shorten(t.Value, 20), thousands(t.Rows)))
	}
	return strings.Join(list, ", ")
}

// printParts writes the rows of the parts, and the classes of each head by part.
func (r *Report) printParts(out *strings.Builder) {
	fmt.Fprintf(out, "%s in training, %s in validation, %s in test", thousands(r.Parts.Train),
		thousands(r.Parts.Validation), thousands(r.Parts.Test))
	if r.Unlabeled > 0 {
		fmt.Fprintf(out, "; %s without any label", thousands(r.Unlabeled))
	}
	out.WriteString("\n\n")
	var names []string
	for _, h := range r.Heads {
		names = append(names, h.Head)
		for _, c := range h.Classes[:min(len(h.Classes), mostPrinted)] {
			names = append(names, "  "+c.Label)
		}
	}
	if len(r.Heads) == 0 {
		return
	}
	first := width(20, 50, names)
	line := func(name string, p PartRows) {
		fmt.Fprintf(out, "%s  %11s  %11s  %11s\n", cellKeepingSpaces(name, first), thousands(p.Train),
			thousands(p.Validation), thousands(p.Test))
	}
	fmt.Fprintf(out, "%s  %11s  %11s  %11s\n", cell("rows with a label", first), "training",
		"validation",
		"test")
	for _, h := range r.Heads {
		line(h.Head, h.Known)
		for i, c := range h.Classes {
			if i == mostPrinted {
				fmt.Fprintf(out, "  and %s more\n", thousands(len(h.Classes)-i))
				break
			}
			line("  "+c.Label, c.PartRows)
		}
	}
	out.WriteByte('\n')
}

// cellKeepingSpaces is cell for a text that begins with spaces.
func cellKeepingSpaces(text string, width int) string {
	indent := text[:len(text)-len(strings.TrimLeft(text, " "))]
	return indent + cell(text, width-len(indent))
}

// printNetwork writes the layers that have weights, and how long an epoch takes.
func (r *Report) printNetwork(out *strings.Builder) {
	n := r.Network
	if n == nil {
		return
	}
	var layers []LayerReport
	var names []string
	for _, l := range n.Layers {
		if l.Parameters > 0 {
			layers, names = append(layers, l), append(names, l.Name)
		}
	}
	first := width(20, 50, names)
	fmt.Fprintf(out, "%s  %-20s  %11s  %11s\n", cell("layers with weights", first), "type", "outputs",
		"weights")
	rest := 0
	for i, l := range layers {
		if i >= mostLayers {
			rest += l.Parameters
			continue
		}
		fmt.Fprintf(out, "%s  %s  %11s  %11s\n", cell(l.Name, first), cell(l.Kind, 20),
			strings.Trim(strings.ReplaceAll(fmt.Sprint(l.Output), " ", "x"), "[]"), thousands(l.Parameters))
	}
	if rest > 0 {
		fmt.Fprintf(out, "and %s, %s weights\n", Plural(len(layers)-mostLayers, "more layer"),
			thousands(rest))
	}
	fmt.Fprintf(out, "%s weights; an epoch of %s of %s takes about %s\n\n", thousands(n.Parameters),
		Plural(n.Steps, "step"), Plural(n.Batch, "row"), seconds(n.Seconds))
}

// seconds writes a duration roughly.
func seconds(s float64) string {
	switch {
	case s < 0.1:
		return "0.1 s"
	case s < 10:
		return fmt.Sprintf("%.1f s", s)
	case s < 120:
		return fmt.Sprintf("%.0f s", s)
	}
	return fmt.Sprintf("%.0f min", s/60)
}

// printFindings writes the findings, broken into lines.
func (r *Report) printFindings(out *strings.Builder) {
	for _, f := range r.Findings {
		text := f.Text
		if f.Column != "" {
			text = f.Column + ": " + text
		}
		for i, line := range strings.Split(text, "\n") {
			prefix := fmt.Sprintf("%-8s ", f.Level)
			if i > 0 {
				prefix = strings.Repeat(" ", len(prefix))
			}
			line = suggest.Wrap(suggest.Printable(line), printWidth-len(prefix), "  ")
			out.WriteString(prefix + strings.ReplaceAll(line, "\n", "\n"+strings.Repeat(" ", 9)) + "\n")
		}
		for _, p := range f.Places {
			text := p.At
			if p.Text != "" {
				text += ": " + p.Text
			}
			out.WriteString(strings.Repeat(" ", 11) + shorten(suggest.Printable(text), 87) + "\n")
		}
	}
	switch {
	case r.Parts == nil:
	case r.Trains:
		out.WriteString("train would start\n")
	default:
		out.WriteString("train would refuse: see the errors\n")
	}
}
