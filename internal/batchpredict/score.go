package batchpredict

import (
	"slices"

	"braid/feature"
	"braid/predictor"
)

// Score counts right answers where the true ones are known: from the file with the rows, or from
// Prediction.Truth.
type Score struct {
	Rows  int         // all of them
	Bad   int         // rows that could not be answered
	Heads []HeadScore // in the model's order
	All   Tally       // rows with a true answer for every head; right if every answer is

	Notes feature.Notes // rows with unknown words, and with texts longer than the model reads
}

// HeadScore is the score of a head.
type HeadScore struct {
	Name string
	Tally
}

// Tally counts rows whose true answer is known.
type Tally struct{ Rows, Right int }

// Share is the share of right rows, from 0 to 1. It is NaN if there are no rows.
func (t Tally) Share() float64 { return float64(t.Right) / float64(t.Rows) }

// counter counts a score.
type counter struct {
	Score
	truth Truth
	heads []head
	given map[string]string // the true answers in a row, by head; only for addRow
}

func newCounter(m *predictor.Model, truth Truth) *counter {
	c := &counter{truth: truth, heads: heads(m), given: map[string]string{}}
	for i := range c.heads {
		c.Heads = append(c.Heads, HeadScore{Name: c.heads[i].Column})
	}
	return c
}

// add counts a block's rows.
func (c *counter) add(b *block) {
	c.Rows += b.n
	for row := range b.n {
		if b.bad[row] != nil {
			c.Bad++
			continue
		}
		c.Notes.Add(b.notes[row])
		c.addRow(b, row)
	}
}

// addRow compares a row's answers with the true ones. Those that are not given may follow from
// others.
func (c *counter) addRow(b *block, row int) {
	clear(c.given)
	for i, truths := range b.truths {
		if truths[row] >= 0 {
			c.given[c.heads[i].Column] = c.heads[i].labels[truths[row]]
		}
	}
	if len(c.given) == 0 {
		return
	}
	known, right := 0, 0
	for i := range c.heads {
		h := &c.heads[i]
		truth := b.truths[i][row]
		if truth < 0 && c.truth != nil {
			if label, ok := c.truth(i, b.rows, row, c.given); ok {
				truth = slices.Index(h.labels, label)
			}
		}
		if truth < 0 {
			continue
		}
		known++
		c.Heads[i].Rows++
		if h.Best(b.rows.Output(i, row)) == truth {
			right++
			c.Heads[i].Right++
		}
	}
	if known == len(c.heads) {
		c.All.Rows++
		if right == known {
			c.All.Right++
		}
	}
}
