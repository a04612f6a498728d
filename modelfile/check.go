package modelfile

import (
	"errors"
	"fmt"

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
	for _, check := range []func() error{f.checkColumns, f.checkSamples} {
		if err := check(); err != nil {
			return fmt.Errorf("model file: %w", err)
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
