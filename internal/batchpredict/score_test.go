package batchpredict

import (
	"math"
	"reflect"
	"testing"

	"braid/feature"
)

// True answers are compared with the most probable ones, head by head. Where one is not given, the
// truth may know it from another: to odd number it is yes for red and grün.
func TestScore(t *testing.T) {
	m := testModel(t)
	c, b := newCounter(m, truth), newBlock(m)
	const unknown = -1
	odd, half := []int32{1, 2}, []int32{0, 4}
	rows := []struct {
		question      []int32
		colour, order int     // true answers
		yes           float32 // the model's order; its colour is grün
	}{
		{half, 2, 1, 0.75},             // both right
		{half, 2, 0, 0.75},             // colour right
		{half, 0, 0, 0.25},             // order right
		{half, 2, unknown, 0.75},       // colour right, no rule
		{half, unknown, 1, 0.25},       // order wrong, no rule
		{half, unknown, unknown, 0.75}, // counts for nothing
		{odd, 2, unknown, 0.75},        // both right: yes by the rule
		{odd, 1, unknown, 0.75},        // both wrong: no by the rule
		{odd, 0, unknown, 0.75},        // order right: yes by the rule
		{odd, 2, 0, 0.25},              // both right: what is given comes before the rule
		{odd, unknown, 1, 0.75},        // order right: no rule gives the colour
		{odd, 2, 1, 0.75},              // both right
		{odd, unknown, unknown, 0.75},  // counts for nothing
	}
	b.n = len(rows) + 2
	for row := range b.n {
		b.begin(row)
		b.bad[row] = errBroken // unless it is in rows
		b.truths[colour][row], b.notes[row] = 2, feature.Missing
	}
	for row, r := range rows {
		b.begin(row)
		copy(b.rows.Inputs[1].Int32s()[2*row:], r.question)
		b.truths[colour][row], b.truths[order][row] = r.colour, r.order
		copy(b.rows.Outputs[colour].Float32s()[3*row:], []float32{0.25, 0.125, 0.5})
		b.rows.Outputs[order].Float32s()[row] = r.yes
	}
	b.notes[3], b.notes[4], b.notes[7] = feature.Unknown, feature.Unknown, feature.Cut
	c.add(b)
	want := Score{
		Rows: 15, Bad: 2,
		Heads: []HeadScore{{"colour", Tally{9, 6}}, {"order", Tally{10, 7}}, {"digits", Tally{}}},
		Notes: feature.Notes{Rows: 13, Unknown: 2, Cut: 1},
	}
	if !reflect.DeepEqual(c.Score, want) {
		t.Errorf("score is %+v, want %+v", c.Score, want)
	}
	c.heads, b.truths = c.heads[:2], b.truths[:2] // as of a model without digits
	c.Score = Score{Heads: make([]HeadScore, 2)}
	c.add(b)
	c.add(b)
	if c.All != (Tally{16, 8}) || c.Rows != 30 {
		t.Errorf("of %d rows %+v have all answers right", c.Rows, c.All)
	}
	if share := (Tally{8, 5}).Share(); share != 0.625 || !math.IsNaN(Tally{}.Share()) {
		t.Errorf("the share is %v", share)
	}
}
