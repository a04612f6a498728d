package batchpredict

import (
	"slices"

	"braid/predictor"
)

// Score is how many answers are right where the true ones are known: given with the rows, or told by the rules of
// the model's file.
type Score struct {
	Rows  int         // all of them
	Bad   int         // those that could not be answered
	Heads []HeadScore // in the model's order
	All   Tally       // rows of which every head's true answer is known, and all answers right

	DroppedWords int // unknown words that were left out of the texts
	DroppedRows  int // rows that had such words
	CutRows      int // rows with a text longer than what is read of it
}

// HeadScore is the score of a head.
type HeadScore struct {
	Name string
	Tally
}

// Tally counts rows whose true answer is known.
type Tally struct{ Rows, Right int }

// Share is how many of the rows are right, from 0 to 1; NaN where there are none.
func (t Tally) Share() float64 { return float64(t.Right) / float64(t.Rows) }

// counter keeps a score.
type counter struct {
	Score
	model *predictor.Model
	heads []head
	given map[string]string // of a row: the true answers, by head
}

func newCounter(m *predictor.Model) *counter {
	c := &counter{model: m, heads: heads(m), given: map[string]string{}}
	for i := range c.heads {
		c.Heads = append(c.Heads, HeadScore{Name: c.heads[i].Name})
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
		if n := b.dropped[row]; n > 0 {
			c.DroppedWords += n
			c.DroppedRows++
		}
		if b.cut[row] {
			c.CutRows++
		}
		c.addRow(b, row)
	}
}

func (c *counter) addRow(b *block, row int) {
	clear(c.given)
	for i, truths := range b.truths {
		if truths[row] >= 0 {
			c.given[c.heads[i].Name] = c.heads[i].labels[truths[row]]
		}
	}
	if len(c.given) == 0 {
		return
	}
	known, right := 0, 0
	for i := range c.heads {
		h := &c.heads[i]
		truth := b.truths[i][row]
		if truth < 0 {
			label, ok := c.model.Truth(h.Name, b.rows, row, c.given)
			if !ok {
				continue
			}
			truth = slices.Index(h.labels, label)
		}
		known++
		c.Heads[i].Rows++
		if h.Best(h.numbers(b.rows.Answers[i], row)) == truth {
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
