package report

import (
	"context"
	"fmt"
	"math"
	"slices"

	"braid/data"
	"braid/experiment"
	"braid/feature"
	"braid/internal/random"
	"braid/modelfile"
	"braid/target"
)

// mostImportant is the number of inputs before the rest is folded.
const mostImportant = 30

// importance says what each head loses if an input is shuffled.
type importance struct {
	Rows, Repeats string
	Heads         []importantHead
	Inputs        []importantInput // those that matter most first
	More          []importantInput
}

// importantHead is the head of a column of the table.
type importantHead struct{ Name, Metric, Value string }

// importantInput is a line of the table.
type importantInput struct {
	Name   string
	Losses []loss

	matters float64 // the mean share of the heads' lead over guessing that is lost
}

// loss is what a head loses.
type loss struct {
	Text  string
	Level int // 0 to 10: the share of its lead over guessing
}

// shuffledRows returns how many rows are answered, and how often, for each shuffled column.
func shuffledRows(measured, columns, trained int) (rows, repeats int) {
	most := min(allShuffled, max(trained, 0)) / max(columns, 1)
	most = min(max(most, leastShuffled), mostShuffled)
	rows = min(measured, most)
	return rows, min(max(most/rows, 1), 5)
}

// importance shuffles each input among the measured rows, in turn. All that a column fills moves
// together, as if its cells were shuffled.
func (m *measured) importance(ctx context.Context, r *Run) (*importance, error) {
	trained := 0 // a tenth of the rows that training answered
	if r.History != nil {
		trained = len(r.History.Epochs) * r.training().Rows / 10
	}
	n, repeats := shuffledRows(len(m.rows), len(m.file.Features), trained)
	chosen := sample(rowsUpTo(len(m.rows)), n, "report importance")
	table := m.table.Take(chosen)
	heads := make([]shuffledHead, len(m.heads))
	all := &importance{Rows: countOf(n, "row", "rows")}
	if repeats > 1 {
		all.Repeats = fmt.Sprintf(", %d times", repeats)
	}
	for i := range m.heads {
		if err := heads[i].begin(&m.heads[i], chosen); err != nil {
			return nil, err
		}
		f := heads[i].full
		all.Heads = append(all.Heads, importantHead{
			short(heads[i].of.Column), FigureName(f.Name), minus(FormatFigure(f))})
	}
	order := make([]int32, n)
	for c, f := range m.file.Features {
		lost := make([]float64, len(heads))
		for repeat := range repeats {
			random.New(1, "report shuffle", uint64(c), uint64(repeat)).Permutation(order)
			outputs, err := m.shuffled(ctx, table, f, order)
			if err != nil {
				return nil, err
			}
			for i := range heads {
				worse, err := heads[i].lost(outputs)
				if err != nil {
					return nil, err
				}
				lost[i] += worse / float64(repeats)
			}
		}
		in := importantInput{Name: short(f.Column)}
		for i := range heads {
			l, share := heads[i].loss(lost[i])
			in.Losses = append(in.Losses, l)
			in.matters += share / float64(len(heads))
		}
		all.Inputs = append(all.Inputs, in)
	}
	slices.SortStableFunc(all.Inputs, func(a, b importantInput) int {
		switch {
		case a.matters > b.matters:
			return -1
		case a.matters < b.matters:
			return 1
		}
		return 0
	})
	if len(all.Inputs) > mostImportant {
		all.Inputs, all.More = all.Inputs[:mostImportant], all.Inputs[mostImportant:]
	}
	return all, nil
}

func rowsUpTo(n int) []int32 {
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(i)
	}
	return rows
}

// shuffled predicts a table with the columns that a feature fills in another order.
func (m *measured) shuffled(
	ctx context.Context, table *data.Table, f modelfile.Feature, order []int32,
) (map[string][]float32, error) {
	moved := table.Take(order)
	fills := map[string]bool{}
	for _, in := range f.Encoder.Inputs(f.Column) {
		fills[in.Name] = true
	}
	var columns []data.Column
	for _, name := range table.Names() {
		from := table
		if fills[name] {
			from = moved
		}
		column, err := from.Column(name)
		if err != nil {
			return nil, err
		}
		columns = append(columns, column)
	}
	mixed, err := data.NewTable(columns...)
	if err != nil {
		return nil, err
	}
	return experiment.Outputs(ctx, m.file.Model, mixed)
}

// shuffledHead measures a head on the rows that are shuffled.
type shuffledHead struct {
	of    *headOutputs
	cells []string
	full  target.Figure // nothing is shuffled
	lead  float64       // over guessing; 0 if there is none
}

// begin measures the head with nothing shuffled.
func (s *shuffledHead) begin(h *headOutputs, rows []int32) error {
	s.of = h
	var outputs []float32
	for _, at := range rows {
		s.cells = append(s.cells, h.cells[at])
		outputs = append(outputs, h.row(int(at))...)
	}
	var err error
	if s.full, err = s.figure(outputs); err != nil {
		return err
	}
	guess, err := target.Guessing(h.Decoder, s.cells)
	if err != nil {
		return err
	}
	if g := guess.Figure(s.full.Name); Better(s.full, g) {
		s.lead = math.Abs(s.full.Value - g.Value)
	}
	return nil
}

// figure returns the figure of the answers.
func (s *shuffledHead) figure(outputs []float32) (target.Figure, error) {
	_, name := s.of.Decoder.Deciding()
	score, err := s.of.Decoder.Score(outputs, s.cells)
	return score.Figure(name), err
}

// lost returns how much worse the figure of outputs is.
func (s *shuffledHead) lost(outputs map[string][]float32) (float64, error) {
	f, err := s.figure(outputs[feature.Name(s.of.Column)])
	return float64(f.Better) * (s.full.Value - f.Value), err
}

// loss returns a loss as the table shows it, and the share of the head's lead that it is.
func (s *shuffledHead) loss(lost float64) (loss, float64) {
	if math.IsNaN(lost) {
		return loss{Text: "–"}, 0
	}
	change := -lost * float64(s.full.Better) // of the figure
	var text string
	switch {
	case isShare(s.full.Name):
		text = fmt.Sprintf("%.1f", 100*change)
	case s.full.Name == "mae":
		text = inUnit(change)
	default:
		text = decimals(change)
	}
	l := loss{Text: signed(text, change)}
	if s.lead == 0 {
		return l, 0
	}
	share := min(max(lost/s.lead, 0), 1)
	l.Level = int(math.Round(levels * share))
	return l, share
}
