package predictor

import (
	"fmt"
	"slices"

	"braid/modelfile"
)

// rule is a rule of the model's file with its indices.
type rule struct {
	modelfile.Rule
	input, head, of int
	ids             []int32 // of the text
}

// readRules finds what the file's rules speak of. That it is there, the file was checked for when it was read.
func (m *Model) readRules() error {
	for i, r := range m.File.Rules {
		own := rule{
			Rule:  r,
			input: slices.IndexFunc(m.Inputs, func(in Input) bool { return in.Name == r.Input }),
			head:  slices.IndexFunc(m.Heads, func(h Head) bool { return h.Name == r.Head }),
			of:    slices.IndexFunc(m.Heads, func(h Head) bool { return h.Name == r.Of }),
		}
		in := &m.Inputs[own.input]
		own.ids = make([]int32, in.Shape.Size())
		if err := in.ReadText(own.ids, r.Text); err != nil {
			return fmt.Errorf("rule %d: %w", i, err)
		}
		m.rules = append(m.rules, own)
	}
	return nil
}

// Contradictions tells where the answers to one row do not fit together, by the rules of the model's file.
// Answers are by head.
func (m *Model) Contradictions(r *Rows, row int, answers []Answer) []string {
	var list []string
	for _, rule := range m.rules {
		if !slices.Equal(r.Inputs[rule.input].Int32s()[row*len(rule.ids):][:len(rule.ids)], rule.ids) {
			continue
		}
		said, of := answers[rule.head], answers[rule.of]
		if (said.Label == rule.Label) != slices.Contains(rule.Labels, of.Label) {
			list = append(list, fmt.Sprintf("%s says %s, but %s says %s to %q", of.Head, of.Label, said.Head, said.Label, rule.Text))
		}
	}
	return list
}

// Truth is the answer of a head that follows from another's true label, by the rules of the model's file. It is
// false where no rule tells it.
func (m *Model) Truth(head string, r *Rows, row int, known map[string]string) (label string, ok bool) {
	for _, rule := range m.rules {
		if rule.Head != head || !slices.Equal(r.Inputs[rule.input].Int32s()[row*len(rule.ids):][:len(rule.ids)], rule.ids) {
			continue
		}
		of, there := known[rule.Of]
		if !there {
			continue
		}
		labels := m.Heads[rule.head].Labels
		if slices.Contains(rule.Labels, of) {
			return rule.Label, true
		}
		if len(labels) == 2 { // of two answers, the other one
			return labels[1-slices.Index(labels, rule.Label)], true
		}
	}
	return "", false
}
