package braid

import (
	"fmt"

	"braid/internal/kernel"
	"braid/internal/suggest"
	"braid/tensor"
)

// CheckInputs tests the names, types, shapes and numbers of rows of the inputs, and that all their
// numbers are finite and all ids in range. It returns the number of rows.
func (m *Model) CheckInputs(in Tensors) (rows int, err error) {
	rows, err = m.checkShapes(in)
	for i := 0; i < len(m.inputs) && err == nil; i++ {
		err = m.inputs[i].checkNumbers(in[m.inputs[i].Name])
	}
	if err != nil {
		return 0, err
	}
	return rows, nil
}

// checkShapes is CheckInputs without the test of the numbers.
func (m *Model) checkShapes(in Tensors) (rows int, err error) {
	if len(in) != len(m.inputs) {
		return 0, misnamed("input", m.inputs, in)
	}
	for i := range m.inputs {
		s := &m.inputs[i]
		t, ok := in[s.Name]
		if !ok {
			return 0, misnamed("input", m.inputs, in)
		}
		n, err := s.checkShape(t)
		switch {
		case err != nil:
			return 0, fmt.Errorf("input %q: %w", s.Name, err)
		case n == 0:
			return 0, fmt.Errorf("input %q: got 0 rows, want 1 or more", s.Name)
		case i > 0 && n != rows:
			return 0, fmt.Errorf("input %q has %d rows, the inputs before it have %d", s.Name, n, rows)
		}
		rows = n
	}
	return rows, nil
}

// checkOutputs tests that the tensors to write to fit the model's heads.
func (m *Model) checkOutputs(out Tensors, rows int) error {
	if len(out) != len(m.heads) {
		return misnamed("head", m.heads, out)
	}
	for i := range m.heads {
		h := &m.heads[i]
		t, ok := out[h.Name]
		if !ok {
			return misnamed("head", m.heads, out)
		}
		n, err := h.checkShape(t)
		switch {
		case err != nil:
			return fmt.Errorf("memory for head %q: %w", h.Name, err)
		case n != rows:
			return fmt.Errorf("memory for head %q has %d rows, the inputs have %d", h.Name, n, rows)
		}
	}
	return nil
}

// misnamed returns an error with the names that are missing or unknown.
func misnamed(what string, specs []Spec, given Tensors) error {
	want := make([]string, len(specs))
	for i, s := range specs {
		want[i] = s.Name
	}
	return suggest.Match(what, want, given)
}

// checkShape tests the type and the shape of a tensor and returns its number of rows.
func (s *Spec) checkShape(t tensor.Tensor) (rows int, err error) {
	shape := t.Shape()
	if t.DType() != s.DType || len(shape) == 0 || !shape[1:].Equal(s.Shape) {
		want := fmt.Sprintf("want %s of shape [rows", s.DType)
		for _, n := range s.Shape {
			want += fmt.Sprintf(" %d", n)
		}
		return 0, fmt.Errorf("got %s of shape %v, %s]", t.DType(), shape, want)
	}
	if err := t.Check(); err != nil {
		return 0, err
	}
	return shape[0], nil
}

// checkNumbers tests that all numbers are finite, and all ids in range.
func (s *Spec) checkNumbers(t tensor.Tensor) error {
	width := s.Shape.Size()
	if i := kernel.FirstNonFinite(t.Float32s()); i >= 0 {
		return fmt.Errorf("input %q: row %d, element %d is %v, want a finite number", s.Name, i/width,
			i%width, t.Float32s()[i])
	}
	if i := s.firstOutOfRange(t.Int32s()); i >= 0 {
		return fmt.Errorf("input %q: row %d, element %d is id %d, want 0 to %d",
			s.Name, i/width, i%width, t.Int32s()[i], s.Vocabulary-1)
	}
	return nil
}

// firstOutOfRange returns the index of the first id that is out of range, or -1.
func (s *Spec) firstOutOfRange(ids []int32) int {
	if s.Vocabulary > 0 {
		for i, id := range ids {
			if id < 0 || int(id) >= s.Vocabulary {
				return i
			}
		}
	}
	return -1
}
