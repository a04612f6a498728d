package modelfile

import (
	"errors"
	"fmt"
	"slices"

	"braid"
	"braid/internal/suggest"
	"braid/tensor"
)

// check checks that the descriptions of inputs and heads fit the model. The order of the checks is
// fixed, so a file with several mistakes always gives the same error.
func (f *File) check() error {
	if f.Model == nil {
		return errors.New("model file: Model is missing")
	}
	for _, check := range []func() error{
		f.checkColumns, f.checkInputs, f.checkLabels, f.checkRules, f.checkSamples,
	} {
		if err := check(); err != nil {
			return fmt.Errorf("model file: %w", err)
		}
	}
	return nil
}

func (f *File) checkInputs() error {
	for i, in := range f.Inputs {
		if _, err := find("input", f.Model.Inputs(), in.Name); err != nil {
			return err
		}
		if first := slices.IndexFunc(f.Inputs,
			func(other Input) bool { return other.Name == in.Name }); first < i {
			return fmt.Errorf("Inputs names %q twice (entries %d and %d), want each input once", in.Name,
				first, i)
		}
		if p := in.Pixels; p != nil && !(p.Std > 0 && p.Mean-p.Mean == 0 && p.Std-p.Std == 0) {
			return fmt.Errorf("input %q: pixels with mean %v and standard deviation %v, want finite "+
				"numbers, and a deviation above 0", in.Name, p.Mean, p.Std)
		}
		if in.Text != nil && in.Text.Tokenizer == nil {
			return fmt.Errorf("input %q: text without a tokenizer", in.Name)
		}
	}
	return nil
}

func (f *File) checkLabels() error {
	for i, l := range f.Labels {
		head, err := find("head", f.Model.Heads(), l.Head)
		if err != nil {
			return err
		}
		if first := slices.IndexFunc(f.Labels,
			func(other Labels) bool { return other.Head == l.Head }); first < i {
			return fmt.Errorf("Labels names %q twice (entries %d and %d), want each head once", l.Head,
				first, i)
		}
		want, of := head.Shape.Size(), "one for each number"
		switch {
		case head.IsBinary():
			want, of = 2, "no and yes"
		case head.IsClassifier():
			of = "one for each class"
		}
		if len(l.Labels) != want {
			return fmt.Errorf("head %q has %d labels, want %d, %s", l.Head, len(l.Labels), want, of)
		}
		known := map[string]bool{}
		for _, label := range l.Labels {
			if known[label] {
				return fmt.Errorf("head %q has the label %q twice, want different labels", l.Head, label)
			}
			known[label] = true
		}
	}
	return nil
}

func (f *File) checkRules() error {
	for i, r := range f.Rules {
		if err := f.checkRule(r); err != nil {
			return fmt.Errorf("rule %d: %w", i, err)
		}
	}
	return nil
}

func (f *File) checkRule(r Rule) error {
	if _, err := find("input", f.Model.Inputs(), r.Input); err != nil {
		return err
	}
	if i := slices.IndexFunc(f.Inputs, func(in Input) bool { return in.Name == r.Input }); i < 0 ||
		f.Inputs[i].Text == nil {
		return fmt.Errorf("input %q takes no text, want one that does", r.Input)
	}
	if err := f.checkAnswers(r.Head, r.Label); err != nil {
		return err
	}
	if err := f.checkAnswers(r.Of, r.Labels...); err != nil {
		return err
	}
	if r.Head == r.Of {
		return fmt.Errorf("head %q depends on itself, want two heads", r.Head)
	}
	if len(r.Labels) == 0 { // the rule would never apply
		return fmt.Errorf("no labels of head %q, want one or more", r.Of)
	}
	return nil
}

// checkAnswers checks that a head is a classifier with the given labels.
func (f *File) checkAnswers(name string, labels ...string) error {
	head, err := find("head", f.Model.Heads(), name)
	if err != nil {
		return err
	}
	if !head.IsClassifier() {
		return fmt.Errorf("head %q has numbers for outputs, want one of classes, or of yes and no", name)
	}
	i := slices.IndexFunc(f.Labels, func(l Labels) bool { return l.Head == name })
	if i < 0 {
		return fmt.Errorf("head %q has no labels, which a rule needs: add them to Labels", name)
	}
	for _, label := range labels {
		if have := f.Labels[i].Labels; !slices.Contains(have, label) {
			return fmt.Errorf("head %q: %w", name, suggest.Unknown("label", suggest.Shorten(label), have))
		}
	}
	return nil
}

// checkSamples checks that the samples have all inputs and heads of the model, with equal numbers
// of rows.
func (f *File) checkSamples() error {
	if f.Samples == nil {
		return nil
	}
	rows := -1
	test := func(what string, specs []braid.Spec, given braid.Tensors,
		bytes func(name string) bool) error {
		for _, s := range specs {
			t, ok := given[s.Name]
			shape := t.Shape()
			fits := t.DType() == s.DType || t.DType() == tensor.Uint8 && bytes(s.Name)
			if !ok || !fits || len(shape) == 0 || !shape[1:].Equal(s.Shape) ||
				rows >= 0 && shape[0] != rows {
				return fmt.Errorf("samples of %s %q are %s of shape %v, want %s of shape %v a row",
					what, s.Name, t.DType(), shape, s.DType, s.Shape)
			}
			if err := t.Check(); err != nil {
				return fmt.Errorf("samples of %s %q: %w", what, s.Name, err)
			}
			rows = shape[0]
		}
		if len(given) != len(specs) {
			return fmt.Errorf("samples of %d %ss, want %d", len(given), what, len(specs))
		}
		return nil
	}
	takesBytes := func(name string) bool { return f.pixels(name) != nil }
	if err := test("input", f.Model.Inputs(), f.Samples.Inputs, takesBytes); err != nil {
		return err
	}
	return test("head", f.Model.Heads(), f.Samples.Heads, func(string) bool { return false })
}

// find returns the input or head with a name.
func find(what string, specs []braid.Spec, name string) (braid.Spec, error) {
	var have []string
	for _, s := range specs {
		if s.Name == name {
			return s, nil
		}
		have = append(have, s.Name)
	}
	return braid.Spec{}, suggest.Unknown(what, suggest.Shorten(name), have)
}
