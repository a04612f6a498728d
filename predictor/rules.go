package predictor

import (
	"fmt"
	"slices"

	"braid/modelfile"
)

// rule is a rule of the model's file with the indices of its input and heads.
type rule struct {
	modelfile.Rule
	input, head, of int
	ids             []int32 // of the text
}

// applies reports whether a row's text is the rule's.
func (u *rule) applies(b *Batch, row int) bool {
	n := len(u.ids)
	return slices.Equal(b.Inputs[u.input].Int32s()[row*n:][:n], u.ids)
}

// readRules resolves the names in the file's rules. They exist: reading the file checked them.
func (m *Model) readRules() error {
	for i, r := range m.File.Rules {
		u := rule{
			Rule:  r,
			input: slices.IndexFunc(m.Inputs, func(in Input) bool { return in.Name == r.Input }),
			head:  slices.IndexFunc(m.Heads, func(h Head) bool { return h.Name == r.Head }),
			of:    slices.IndexFunc(m.Heads, func(h Head) bool { return h.Name == r.Of }),
		}
		in := &m.Inputs[u.input]
		u.ids = make([]int32, in.Shape.Size())
		if err := in.Text.ReadText(u.ids, r.Text); err != nil {
			return fmt.Errorf("rule %d: %w", i, err)
		}
		m.rules = append(m.rules, u)
	}
	return nil
}

// Contradictions returns a sentence for each rule of the model's file that the answers to a row
// break. answers has an element for each head.
func (m *Model) Contradictions(b *Batch, row int, answers []Answer) []string {
	var list []string
	for i := range m.rules {
		u := &m.rules[i]
		if !u.applies(b, row) {
			continue
		}
		a, of := answers[u.head], answers[u.of]
		if (a.Label == u.Label) != slices.Contains(u.Labels, of.Label) {
			const format = "%s says %s, but %s says %s to %q"
			list = append(list, fmt.Sprintf(format, of.Head, of.Label, a.Head, a.Label, u.Text))
		}
	}
	return list
}

// Truth returns the true label of a head that follows, by the rules of the model's file, from the
// known labels of other heads. ok is false if none follows.
func (m *Model) Truth(
	head string, b *Batch, row int, known map[string]string,
) (label string, ok bool) {
	for i := range m.rules {
		u := &m.rules[i]
		if u.Head != head || !u.applies(b, row) {
			continue
		}
		of, isKnown := known[u.Of]
		if !isKnown {
			continue
		}
		if slices.Contains(u.Labels, of) {
			return u.Label, true
		}
		if labels := m.Heads[u.head].Labels; len(labels) == 2 { // the other one
			return labels[1-slices.Index(labels, u.Label)], true
		}
	}
	return "", false
}
