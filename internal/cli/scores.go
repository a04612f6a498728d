package cli

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"braid/experiment"
	"braid/feature"
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
			if j == 0 && !better(f, g) {
				remark = "no better than guessing"
			}
			lines = append(lines, []string{
				name, figureName(f.Name), figure(f), figure(g), known, remark,
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

// better reports whether a figure is better than that of guessing.
func better(f, guess target.Figure) bool {
	return float64(f.Better)*(f.Value-guess.Value) > 0
}

// figureNames are the figures whose names for people differ from those for programs.
var figureNames = map[string]string{
	"f1": "F1", "macro_f1": "macro F1", "micro_f1": "micro F1", "auroc": "AUROC", "mae": "MAE",
	"rmse": "RMSE", "r2": "R2",
}

// figureName returns the name of a figure for people.
func figureName(name string) string {
	if short, ok := figureNames[name]; ok {
		return short
	}
	return strings.ReplaceAll(name, "_", " ")
}

// figure formats the value of a figure: a share in percent, one that is at most 1 with three
// decimals, a number in the unit of its column with four digits.
func figure(f target.Figure) string {
	switch {
	case math.IsNaN(f.Value):
		return "n/a"
	case strings.HasSuffix(f.Name, "accuracy"):
		return fmt.Sprintf("%.1f %%", 100*f.Value)
	case f.Name == "mae", f.Name == "rmse":
		return inUnit(f.Value)
	}
	return strconv.FormatFloat(math.Round(1000*f.Value)/1000+0, 'f', 3, 64) // + 0: no -0.000
}

// inUnit formats a number of any size with four digits, or all those before the point.
func inUnit(v float64) string {
	size := math.Abs(v)
	if size != 0 && size < 1e-3 || size >= 1e12 {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	decimals := 3
	for ; size >= 10 && decimals > 0; size /= 10 {
		decimals--
	}
	if size != 0 && size < 1 {
		decimals++
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
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
			{n.Missing, "missing"}, {n.Unknown, "with an unknown or rare " + unit(c.Encoder)},
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

// unit returns what an encoder finds unknown in a value.
func unit(e feature.Encoder) string {
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
