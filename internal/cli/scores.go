package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"braid/experiment"
	"braid/modelfile"
	"braid/target"
)

// printScores prints a table: for each head its figures, those of guessing beside them, and the
// number of rows whose label is known.
func printScores(w io.Writer, part string, f *modelfile.File, m *experiment.Measured) {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(t, "head\tmetric\t%s\tguessing\trows known\t\n", part)
	for i, c := range f.Targets {
		score, guess := m.Scores[i], m.Guesses[i]
		if score.Known == 0 {
			fmt.Fprintf(t, "%s\t-\t-\t-\t0\tno label is known\n", c.Column)
			continue
		}
		name, known := c.Column, strconv.Itoa(score.Known)
		for _, f := range score.Figures {
			if strings.HasSuffix(f.Name, "loss") {
				continue
			}
			g := guess.Figure(f.Name)
			remark := ""
			if name != "" && !better(f, g) {
				remark = "no better than guessing"
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", name, f.Name, figure(f), figure(g), known, remark)
			name, known = "", ""
		}
	}
	t.Flush()
}

// better reports whether a figure is better than that of guessing.
func better(f, guess target.Figure) bool {
	return float64(f.Better)*(f.Value-guess.Value) > 0
}

// figure formats the value of a figure: a share in percent, another number with four digits.
func figure(f target.Figure) string {
	switch {
	case math.IsNaN(f.Value):
		return "n/a"
	case strings.HasSuffix(f.Name, "accuracy"):
		return fmt.Sprintf("%.1f %%", 100*f.Value)
	}
	return strconv.FormatFloat(f.Value, 'g', 4, 64)
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
	s := scoresJSON{part, m.Rows, map[string]headJSON{}}
	for i, c := range f.Targets {
		s.Heads[c.Column] = headJSON{
			c.Decoder.Kind(), m.Scores[i].Known, figures(m.Scores[i]), figures(m.Guesses[i]),
		}
	}
	return json.NewEncoder(w).Encode(s)
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
