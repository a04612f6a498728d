package cli

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"braid/infer"
)

// score counts right answers where the true ones are known: given with the rows, or told by the rules of the
// model's file.
type score struct {
	model *infer.Model
	heads []output
	rows  int
	bad   int // rows that could not be answered
	known []tally
	all   tally // rows of which every head's true answer is known, and all answers right
	given map[string]string
}

// tally counts rows whose true answer is known.
type tally struct{ rows, right int }

func (t tally) share() float64 { return float64(t.right) / float64(t.rows) }

func newScore(m *infer.Model, heads []output) *score {
	return &score{model: m, heads: heads, known: make([]tally, len(heads)), given: map[string]string{}}
}

// add counts a block's rows.
func (s *score) add(b *block) {
	s.rows += b.n
	for row := range b.n {
		if b.bad[row] != nil {
			s.bad++
			continue
		}
		s.addRow(b, row)
	}
}

func (s *score) addRow(b *block, row int) {
	clear(s.given)
	for i, truths := range b.truths {
		if truths[row] >= 0 {
			s.given[s.heads[i].Name] = s.heads[i].labels[truths[row]]
		}
	}
	if len(s.given) == 0 {
		return
	}
	known, right := 0, 0
	for i := range s.heads {
		h := &s.heads[i]
		truth := b.truths[i][row]
		if truth < 0 {
			label, ok := s.model.Truth(h.Name, b.rows, row, s.given)
			if !ok {
				continue
			}
			truth = slices.Index(h.labels, label)
		}
		known++
		s.known[i].rows++
		if h.Best(h.numbers(b.rows.Answers[i], row)) == truth {
			right++
			s.known[i].right++
		}
	}
	if known == len(s.heads) {
		s.all.rows++
		if right == known {
			s.all.right++
		}
	}
}

// tell tells what was counted: for people, or as JSON.
func (s *score) tell(w io.Writer, log string, took time.Duration) {
	switch log {
	case "text":
		s.print(w, took)
	case "json":
		s.printJSON(w, took)
	}
}

func (s *score) print(w io.Writer, took time.Duration) {
	rows := "rows"
	if s.rows == 1 {
		rows = "row"
	}
	fmt.Fprintf(w, "%d %s in %.1f s, %.0f a second", s.rows, rows, took.Seconds(), float64(s.rows)/took.Seconds())
	if s.bad > 0 {
		fmt.Fprintf(w, "; %d could not be answered", s.bad)
	}
	fmt.Fprintln(w)
	if !slices.ContainsFunc(s.known, func(t tally) bool { return t.rows > 0 }) {
		return
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "head\taccuracy\trows known\t")
	line := func(name string, c tally) {
		if c.rows == 0 {
			fmt.Fprintf(t, "%s\t\t0\t\n", name)
			return
		}
		fmt.Fprintf(t, "%s\t%.2f %%\t%d\t\n", name, 100*c.share(), c.rows)
	}
	for i := range s.heads {
		line(s.heads[i].Name, s.known[i])
	}
	if len(s.heads) > 1 {
		line("all right", s.all)
	}
	t.Flush()
}

func (s *score) printJSON(w io.Writer, took time.Duration) {
	line := fmt.Appendf(nil, `{"rows":%d,"bad":%d,"seconds":%.3f`, s.rows, s.bad, took.Seconds())
	add := func(name, suffix string, t tally) {
		if t.rows > 0 {
			line = fmt.Appendf(line, ",%s:%v,%s:%d", jsonString(name+suffix), t.share(), jsonString(name+"_rows"), t.rows)
		}
	}
	for i := range s.heads {
		add(s.heads[i].Name, "_accuracy", s.known[i])
	}
	if len(s.heads) > 1 {
		add("all_right", "", s.all)
	}
	fmt.Fprintf(w, "%s}\n", line)
}
