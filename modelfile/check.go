package modelfile

import (
	"errors"
	"fmt"
	"slices"

	"braid"
	"braid/internal/names"
	"braid/tensor"
)

// check tests that what is said of inputs and heads fits the model. Of several mistakes it is always the same one
// that is told.
func (f *File) check() error {
	if f.Model == nil {
		return errors.New("model file: Model is missing")
	}
	for _, check := range []func() error{f.checkInputs, f.checkLabels, f.checkRules, f.checkSamples} {
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
		if first := slices.IndexFunc(f.Inputs, func(other Input) bool { return other.Name == in.Name }); first < i {
			return fmt.Errorf("Inputs names %q twice (entries %d and %d), want each input once", in.Name, first, i)
		}
		if p := in.Pixels; p != nil && !(p.Std > 0 && p.Mean-p.Mean == 0 && p.Std-p.Std == 0) {
			return fmt.Errorf("input %q: pixels with mean %v and standard deviation %v", in.Name, p.Mean, p.Std)
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
		if first := slices.IndexFunc(f.Labels, func(other Labels) bool { return other.Head == l.Head }); first < i {
			return fmt.Errorf("Labels names %q twice (entries %d and %d), want each head once", l.Head, first, i)
		}
		want, of := head.Shape.Size(), "one for each number"
		switch {
		case saysYes(head):
			want, of = 2, "no and yes"
		case chooses(head):
			of = "one for each class"
		}
		if len(l.Labels) != want {
			return fmt.Errorf("head %q has %d labels, want %d, %s", l.Head, len(l.Labels), want, of)
		}
		known := map[string]bool{}
		for _, label := range l.Labels {
			if known[label] {
				return fmt.Errorf("head %q has the label %q twice, want labels that tell its answers apart", l.Head, label)
			}
			known[label] = true
		}
	}
	return nil
}

// saysYes tells that a head's one number is the probability of yes.
func saysYes(head braid.Spec) bool { return head.Activation == braid.Sigmoid && head.Shape.Size() == 1 }

// chooses tells that a head answers with one of some answers, not with numbers.
func chooses(head braid.Spec) bool {
	return saysYes(head) || head.Activation == braid.Softmax && len(head.Shape) == 1
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
	if i := slices.IndexFunc(f.Inputs, func(in Input) bool { return in.Name == r.Input }); i < 0 || f.Inputs[i].Text == nil {
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
	if len(r.Labels) == 0 { // else the rule would hold for no answer
		return fmt.Errorf("no labels of head %q, want one or more", r.Of)
	}
	return nil
}

// checkAnswers tests that a head's answers are called so.
func (f *File) checkAnswers(name string, labels ...string) error {
	head, err := find("head", f.Model.Heads(), name)
	if err != nil {
		return err
	}
	if !chooses(head) {
		return fmt.Errorf("head %q answers with numbers, want one that answers with one of its labels", name)
	}
	i := slices.IndexFunc(f.Labels, func(l Labels) bool { return l.Head == name })
	if i < 0 {
		return fmt.Errorf("head %q has no labels, which a rule needs: name its answers in Labels", name)
	}
	for _, label := range labels {
		if have := f.Labels[i].Labels; !slices.Contains(have, label) {
			return fmt.Errorf("head %q: %w", name, names.Unknown("label", names.Shorten(label), have))
		}
	}
	return nil
}

// checkSamples tests that samples are whole, of the model's inputs and heads.
func (f *File) checkSamples() error {
	if f.Samples == nil {
		return nil
	}
	rows := -1
	test := func(what string, specs []braid.Spec, given braid.Tensors, bytes func(name string) bool) error {
		for _, s := range specs {
			t, ok := given[s.Name]
			shape := t.Shape()
			fits := t.DType() == s.DType || t.DType() == tensor.Uint8 && bytes(s.Name)
			if !ok || !fits || len(shape) == 0 || !shape[1:].Equal(s.Shape) || rows >= 0 && shape[0] != rows {
				return fmt.Errorf("samples of %s %q are %s of shape %v, it has %s of shape %v a row",
					what, s.Name, t.DType(), shape, s.DType, s.Shape)
			}
			if err := t.Check(); err != nil {
				return fmt.Errorf("samples of %s %q: %w", what, s.Name, err)
			}
			rows = shape[0]
		}
		if len(given) != len(specs) {
			return fmt.Errorf("samples of %d %ss, the model has %d", len(given), what, len(specs))
		}
		return nil
	}
	if err := test("input", f.Model.Inputs(), f.Samples.Inputs, func(name string) bool { return f.pixels(name) != nil }); err != nil {
		return err
	}
	return test("head", f.Model.Heads(), f.Samples.Heads, func(string) bool { return false })
}

// find finds an input or a head by its name.
func find(what string, specs []braid.Spec, name string) (braid.Spec, error) {
	var have []string
	for _, s := range specs {
		if s.Name == name {
			return s, nil
		}
		have = append(have, s.Name)
	}
	return braid.Spec{}, names.Unknown(what, names.Shorten(name), have)
}
