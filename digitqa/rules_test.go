package digitqa_test

import (
	"slices"
	"testing"

	"braid/data"
	"braid/digitqa"
	"braid/modelfile"
	"braid/predictor"
)

// asking returns a model of digitqa, and a batch whose rows have the questions "odd number", "upper
// half" and one of other words.
func asking(t *testing.T) (*predictor.Model, *predictor.Batch) {
	t.Helper()
	built, err := digitqa.Network(3, 2).Build(1)
	if err != nil {
		t.Fatal(err)
	}
	features, targets, err := digitqa.Columns(3, 2, data.Standard{Std: 1})
	if err != nil {
		t.Fatal(err)
	}
	m, err := predictor.New(&modelfile.File{Model: built, Features: features, Targets: targets})
	if err != nil {
		t.Fatal(err)
	}
	b := m.NewBatch(3)
	copy(b.Inputs[1].Int32s(), []int32{5, 6, 2, 3, 3, 6}) // half number
	return m, b
}

func TestContradictions(t *testing.T) {
	m, b := asking(t)
	rules := digitqa.RulesOf(m)
	for _, c := range []struct {
		row           int
		digit, answer string
		want          []string
	}{
		{0, "7", "yes", nil},
		{0, "4", "no", nil},
		{0, "4", "yes", []string{`digit says 4, but answer says yes to "odd number"`}},
		{1, "7", "yes", nil},
		{1, "7", "no", []string{`digit says 7, but answer says no to "upper half"`}},
		{2, "7", "no", nil},
		{2, "7", "yes", nil},
	} {
		got := rules.Contradictions(b, c.row, []predictor.Answer{
			{Head: "digit", Label: c.digit}, {Head: "answer", Label: c.answer},
		})
		if !slices.Equal(got, c.want) {
			t.Errorf("row %d, %s, %s: %q, want %q", c.row, c.digit, c.answer, got, c.want)
		}
	}
}

// The answer to a known question follows from a known digit, and nothing else does.
func TestTruth(t *testing.T) {
	m, b := asking(t)
	rules := digitqa.RulesOf(m)
	for _, c := range []struct {
		head, row   int
		known, want string // a digit; the answer, "" if none follows
	}{
		{1, 0, "3", "yes"}, {1, 0, "8", "no"}, {1, 1, "8", "yes"}, {1, 1, "3", "no"},
		{1, 2, "3", ""}, {1, 0, "", ""}, {1, 0, "ten", ""}, {0, 0, "3", ""},
	} {
		known := map[string]string{"answer": "yes"}
		if c.known != "" {
			known["digit"] = c.known
		}
		if got, ok := rules.Truth(c.head, b, c.row, known); got != c.want || ok != (c.want != "") {
			t.Errorf("%+v: %q, %v", c, got, ok)
		}
	}
}

// A model with other words, heads or labels has no rules.
func TestNoRules(t *testing.T) {
	m, b := asking(t)
	for _, f := range []modelfile.File{
		{Model: m.File.Model}, // without labels and words
		{Model: m.File.Model, Targets: m.File.Targets},
		{Model: m.File.Model, Features: m.File.Features},
	} {
		other, err := predictor.New(&f)
		if err != nil {
			t.Fatal(err)
		}
		rules := digitqa.RulesOf(other)
		if rules != nil || rules.Contradictions(b, 0, nil) != nil {
			t.Errorf("%+v has rules %+v", f, rules)
		}
		if label, ok := rules.Truth(1, b, 0, map[string]string{"digit": "3"}); ok {
			t.Errorf("the answer is %q", label)
		}
	}
}
