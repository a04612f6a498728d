package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"braid/experiment"
	"braid/feature"
	"braid/internal/report"
	"braid/internal/suggest"
	"braid/modelfile"
	"braid/target"
)

// printScores prints a table: for each head its figures, those of guessing beside them, and the
// number of rows whose label is known; then what the labels met.
func printScores(w io.Writer, part string, f *modelfile.File, m *experiment.Measured) {
	lines := [][]string{{"head", "metric", part, "guessing", "rows known", ""}}
	for i, c := range f.Targets {
		score, guess := m.Scores[i], m.Guesses[i]
		name, known := suggest.Printable(c.Column), strconv.Itoa(score.Known)
		if score.Known == 0 {
			lines = append(lines, []string{name, "-", "-", "-", known, "no label is known"})
			continue
		}
		for j, f := range score.Figures {
			if strings.HasSuffix(f.Name, "loss") {
				continue
			}
			g := guess.Figure(f.Name)
			remark := ""
			if j == 0 {
				remark = report.Remark(score, guess)
			}
			lines = append(lines, []string{
				name, report.FigureName(f.Name), report.FormatFigure(f),
				report.FormatFigure(g), known, remark,
			})
			name, known = "", ""
		}
	}
	printTable(w, lines)
	for i, c := range f.Targets {
		score, name := m.Scores[i], suggest.Printable(c.Column)
		if score.Unknown > 0 {
			fmt.Fprintf(w, "%s: %s a label that training did not have: wrong\n", name,
				countOf(score.Unknown, "row has", "rows have"))
		}
		if score.Rare > 0 {
			fmt.Fprintf(w, "%s: %s a label that is rarer than min_count, and do not count\n", name,
				countOf(score.Rare, "row has", "rows have"))
		}
	}
}

// countOf returns a number with its noun.
func countOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", many)
}

// printTable prints lines of cells: the first two columns to the left, then numbers to the right,
// and a remark at the end.
func printTable(w io.Writer, lines [][]string) {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, line := range lines {
		var b strings.Builder
		for i, cell := range line {
			if i > 0 {
				b.WriteString("   ")
			}
			width := widths[i]
			if i < 2 || i == len(line)-1 {
				width = -width
			}
			fmt.Fprintf(&b, "%*s", width, cell)
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

// printNotes prints a line for each column in which values are missing, unknown, out of the range
// of training, or too long, in the order of the model's features.
func printNotes(
	w io.Writer, rows int, features []modelfile.Feature, met map[string]feature.Notes,
) {
	var names, texts []string
	width := 0
	for _, c := range features {
		n := met[c.Column]
		var parts []string
		for _, p := range []struct {
			count int
			what  string
		}{
			{n.Missing, "missing"}, {n.Unknown, "with an unknown or rare " + report.Unit(c.Encoder)},
			{n.OutOfRange, "outside the range of training"}, {n.Cut, "cut, as they are too long"},
		} {
			if p.count > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", p.count, p.what))
			}
		}
		if parts != nil {
			names = append(names, suggest.Printable(c.Column))
			texts = append(texts, strings.Join(parts, ", "))
			width = max(width, utf8.RuneCountInString(names[len(names)-1]))
		}
	}
	if names != nil {
		fmt.Fprintf(w, "of %s:\n", countOf(rows, "row", "rows"))
	}
	for i, name := range names {
		fmt.Fprintf(w, "  %-*s  %s\n", width, name, texts[i])
	}
}

// headJSON has the scores of a head for programs.
type headJSON struct {
	Type     string              `json:"type"`
	Known    int                 `json:"known"`
	Metrics  map[string]*float64 `json:"metrics"`
	Guessing map[string]*float64 `json:"guessing"`
}

// scoresJSON has the scores on a part for programs.
type scoresJSON struct {
	Part  string              `json:"part"`
	Rows  int                 `json:"rows"`
	Heads map[string]headJSON `json:"heads"`
}

// writeScores writes the scores as one line of JSON. A figure that is not defined is null.
func writeScores(w io.Writer, part string, f *modelfile.File, m *experiment.Measured) error {
	return printLine(w, scoresJSON{part, m.Rows, headScores(f, m)})
}

// headScores returns the scores of each head.
func headScores(f *modelfile.File, m *experiment.Measured) map[string]headJSON {
	heads := map[string]headJSON{}
	for i, c := range f.Targets {
		heads[c.Column] = headJSON{
			c.Decoder.Kind(), m.Scores[i].Known, figures(m.Scores[i]), figures(m.Guesses[i]),
		}
	}
	return heads
}

func figures(s target.Score) map[string]*float64 {
	list := map[string]*float64{}
	for _, f := range s.Figures {
		list[f.Name] = nil
		if v := f.Value; finite(v) {
			list[f.Name] = &v
		}
	}
	return list
}
