package digitqa

import (
	"fmt"
	"slices"
	"strconv"

	"braid/feature"
	"braid/predictor"
)

// Rules say which answers of a model of this package's questions agree. There are none for a nil
// pointer.
type Rules struct {
	question, digit, answer int       // the index of an input and of two heads
	ids                     [][]int32 // of each of Questions
}

// RulesOf returns the rules of a model. They are nil if it has no question in words, or no heads
// for a digit and an answer.
func RulesOf(m *predictor.Model) *Rules {
	r := &Rules{
		question: slices.IndexFunc(m.Inputs, func(in predictor.Input) bool {
			return in.Name == "question" && in.Alone()
		}),
		digit:  slices.IndexFunc(m.Heads, func(h predictor.Head) bool { return h.Name == "digit" }),
		answer: slices.IndexFunc(m.Heads, func(h predictor.Head) bool { return h.Name == "answer" }),
	}
	if r.question < 0 || r.digit < 0 || r.answer < 0 ||
		m.Heads[r.digit].Classes() != classes || !slices.Equal(m.Heads[r.answer].Labels, noYes) {
		return nil
	}
	words, ok := m.Inputs[r.question].Column.Encoder.(*feature.TokensEncoder)
	if !ok {
		return nil
	}
	for _, q := range Questions {
		ids := make([]int32, m.Inputs[r.question].Shape.Size())
		if words.ReadText(ids, q.Text) != nil {
			return nil // it knows other words
		}
		r.ids = append(r.ids, ids)
	}
	return r
}

// asked returns the question of a row, nil if it is another.
func (r *Rules) asked(b *predictor.Batch, row int) *Question {
	if r == nil {
		return nil
	}
	for i, ids := range r.ids {
		if slices.Equal(b.Inputs[r.question].Int32s()[row*len(ids):][:len(ids)], ids) {
			return &Questions[i]
		}
	}
	return nil
}

// Contradictions returns a sentence if the answers to a row cannot both be right. answers has an
// element for each head.
func (r *Rules) Contradictions(
	b *predictor.Batch, row int, answers []predictor.Answer,
) []string {
	q := r.asked(b, row)
	if q == nil {
		return nil
	}
	digit, answer := answers[r.digit], answers[r.answer]
	if truth, ok := q.truth(digit.Label); !ok || truth == answer.Label {
		return nil
	}
	return []string{fmt.Sprintf("%s says %s, but %s says %s to %q", digit.Head, digit.Label,
		answer.Head, answer.Label, q.Text)}
}

// truth returns the true answer to the question for a digit.
func (q *Question) truth(digit string) (label string, ok bool) {
	n, err := strconv.ParseInt(digit, 10, 32)
	if err != nil || n < 0 || n >= classes {
		return "", false
	}
	if q.True(int32(n)) {
		return noYes[1], true
	}
	return noYes[0], true
}

// Truth returns the true answer of a row that follows from a known digit. known has labels by head.
func (r *Rules) Truth(
	head int, b *predictor.Batch, row int, known map[string]string,
) (label string, ok bool) {
	q := r.asked(b, row)
	if q == nil || head != r.answer {
		return "", false
	}
	digit, ok := known["digit"]
	if !ok {
		return "", false
	}
	return q.truth(digit)
}

// Asked reports whether a head answers questions.
func (r *Rules) Asked(head string) bool { return r != nil && head == "answer" }
