package batchpredict

import (
	"fmt"
	"strings"
	"testing"

	"braid/feature"
)

// Labels are compared with the answers, head by head. Where one is not given, the truth may know it
// from another: to odd number it is yes for red and grün.
func TestScore(t *testing.T) {
	m := testModel(t)
	odd, half := []int32{1, 2}, []int32{0, 4}
	rows := []struct {
		question      []int32
		colour, order string  // labels
		yes           float32 // the model's order; its colour is grün
	}{
		{half, "grün", "yes", 0.75}, // both right
		{half, "grün", "no", 0.75},  // colour right
		{half, "red", "0", 0.25},    // order right
		{half, "grün", "", 0.75},    // colour right, no rule
		{half, "", "true", 0.25},    // order wrong, no rule
		{half, "", "", 0.75},        // counts for nothing
		{odd, "grün", "", 0.75},     // both right: yes by the rule
		{odd, `b, "c"`, "", 0.75},   // both wrong: no by the rule
		{odd, "red", "", 0.75},      // order right: yes by the rule
		{odd, "grün", "no", 0.25},   // both right: what is given comes before the rule
		{odd, "", "yes", 0.75},      // order right: no rule gives the colour
		{odd, "grün", "yes", 0.75},  // both right
		{odd, "", "", 0.75},         // counts for nothing
		{half, "pink", "no", 0.25},  // colour wrong, as it is no class; order right
		{half, "red", "what", 0.25}, // colour wrong; a label that cannot be read
	}
	p := &Prediction{Model: m, Truth: truth, Rows: NewJSONLines(stdin(t, ""), "")}
	if _, err := p.Header(); err != nil {
		t.Fatal(err)
	}
	score := func(heads []head) *Scores {
		t.Helper()
		p.heads = heads
		b, batch := &block{}, m.NewBatch(len(rows)+2)
		b.begin(batch.N, p)
		for i := range batch.N {
			b.lines = append(b.lines, 2*i+1)
			b.fail[i] = errBroken // unless it is in rows
			row(b.labels, b.n, i)[colour] = "grün"
		}
		for i, r := range rows {
			copy(batch.Inputs[1].Int32s()[2*i:], r.question)
			labels := row(b.labels, b.n, i)
			b.fail[i], labels[colour], labels[order] = nil, r.colour, r.order
			copy(batch.Outputs[colour].Float32s()[3*i:], []float32{0.25, 0.125, 0.5})
			batch.Outputs[order].Float32s()[i] = r.yes
			answers := row(b.cells, b.n, i)
			answers[heads[colour].cell], answers[heads[order].cell] = "grün", "no"
			if r.yes > 0.5 {
				answers[heads[order].cell] = "yes"
			}
		}
		s := p.newScorer()
		s.add(b, batch, b.n)
		s.add(b, batch, 1) // the first row again
		list, err := s.scores()
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	all := p.heads
	list := score(all)
	if list.Labeled != 14 || list.Rows != 14 || list.Unreadable != 1 || len(list.Targets) != 2 ||
		list.AllKnown != 0 {
		t.Errorf("scores are %+v", list)
	}
	bad := fmt.Sprint(list.BadLabels)
	if !strings.HasPrefix(bad, `[standard input:29: column "order": got "what", want `) {
		t.Errorf("the bad labels are %s", bad)
	}
	for i, want := range [][3]int{colour: {12, 7, 1}, order: {12, 9, 0}} {
		s := list.Scores[i]
		right := s.Figure("accuracy").Value * float64(s.Known)
		if s.Known != want[0] || int(right+0.5) != want[1] || s.Unknown != want[2] {
			t.Errorf("head %d: %v right, %+v, want %v", i, right, s, want)
		}
	}
	list = score(all[:2]) // as of a model without digits
	if list.AllKnown != 9 || list.AllRight != 5 {
		t.Errorf("of %d rows %d have all answers right", list.AllKnown, list.AllRight)
	}
}

// The notes of rows that failed do not count.
func TestCount(t *testing.T) {
	m := testModel(t)
	p := prepared(t, m, NewJSONLines(stdin(t, ""), ""))
	b := &block{}
	b.begin(4, p)
	b.fail[1] = errBroken
	copy(b.notes, []feature.Note{
		1: feature.Unknown, 3: feature.Cut, 5: feature.Unknown, 7: feature.Cut,
	})
	sum := &Summary{Notes: map[string]feature.Notes{}}
	p.count(sum, b, 3)
	want := feature.Notes{Rows: 2, Unknown: 2}
	if got := sum.Notes["question"]; got != want || sum.Rows != 2 || sum.Failed != 1 ||
		sum.First[0] != errBroken {
		t.Errorf("%+v, want the notes %+v", sum, want)
	}
}
