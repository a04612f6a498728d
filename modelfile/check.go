package modelfile

import (
	"fmt"
	"slices"

	"braid"
	"braid/internal/names"
	"braid/tensor"
)

// check tests that what is said of inputs and heads fits the model.
func (f *File) check() error {
	inputs, heads := f.Model.Inputs(), f.Model.Heads()
	for _, in := range f.Inputs {
		if _, err := find("input", inputs, in.Name); err != nil {
			return err
		}
		if p := in.Pixels; p != nil && !(p.Std > 0 && p.Mean-p.Mean == 0 && p.Std-p.Std == 0) {
			return fmt.Errorf("model file: input %q: pixels with mean %v and standard deviation %v", in.Name, p.Mean, p.Std)
		}
		if in.Text != nil && in.Text.Tokenizer == nil {
			return fmt.Errorf("model file: input %q: text without a tokenizer", in.Name)
		}
	}
	for _, l := range f.Labels {
		spec, err := find("head", heads, l.Head)
		if err != nil {
			return err
		}
		want := spec.Shape.Size()
		if want == 1 {
			want = 2
		}
		if len(l.Labels) != want {
			return fmt.Errorf("model file: head %q has %d labels, want %d", l.Head, len(l.Labels), want)
		}
	}
	for i, r := range f.Rules {
		if err := f.checkRule(r); err != nil {
			return fmt.Errorf("model file: rule %d: %w", i, err)
		}
	}
	if f.Samples != nil {
		return f.checkSamples()
	}
	return nil
}

func (f *File) checkRule(r Rule) error {
	if i := slices.IndexFunc(f.Inputs, func(in Input) bool { return in.Name == r.Input }); i < 0 || f.Inputs[i].Text == nil {
		return fmt.Errorf("%q is no input of text", r.Input)
	}
	for head, labels := range map[string][]string{r.Head: {r.Label}, r.Of: r.Labels} {
		have := f.labels(head)
		for _, label := range labels {
			if !slices.Contains(have, label) {
				return fmt.Errorf("head %q has no label %q", head, label)
			}
		}
	}
	return nil
}

// labels are what a head's answers are called, none where that is not said.
func (f *File) labels(head string) []string {
	for _, l := range f.Labels {
		if l.Head == head {
			return l.Labels
		}
	}
	return nil
}

// checkSamples tests that samples are whole, of the model's inputs and heads.
func (f *File) checkSamples() error {
	rows := -1
	test := func(what string, specs []braid.Spec, given braid.Tensors, bytes func(name string) bool) error {
		for _, s := range specs {
			t, ok := given[s.Name]
			shape := t.Shape()
			fits := t.DType() == s.DType || t.DType() == tensor.Uint8 && bytes(s.Name)
			if !ok || !fits || len(shape) == 0 || !shape[1:].Equal(s.Shape) || rows >= 0 && shape[0] != rows {
				return fmt.Errorf("model file: samples of %s %q are %s of shape %v, it has %s of shape %v a row",
					what, s.Name, t.DType(), shape, s.DType, s.Shape)
			}
			if err := t.Check(); err != nil {
				return fmt.Errorf("model file: samples of %s %q: %w", what, s.Name, err)
			}
			rows = shape[0]
		}
		if len(given) != len(specs) {
			return fmt.Errorf("model file: samples of %d %ss, the model has %d", len(given), what, len(specs))
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
	return braid.Spec{}, fmt.Errorf("model file: %w", names.Unknown(what, name, have))
}
