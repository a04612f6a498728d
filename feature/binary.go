package feature

import (
	"fmt"
	"strings"

	"braid"
	"braid/internal/suggest"
	"braid/tensor"
)

// Binary is a column of two values. Without True, they are 1 and 0, true and false, yes and no, y
// and n, t and f, or on and off, in any case of letters. The network reads 1 for true, -1 for
// false, 0 for missing, and whether it is missing. Only an empty cell is missing.
type Binary struct {
	True    string   `json:"true,omitzero"`    // the text that is true; one other text is false
	Missing []string `json:"missing,omitzero"` // words that stand for a missing value
}

// Kind is "binary".
func (Binary) Kind() string { return "binary" }

// Check checks the settings.
func (f Binary) Check() error {
	if f.True != strings.TrimSpace(f.True) {
		return fmt.Errorf("true = %q, want a text without spaces at its ends", f.True)
	}
	return CheckMissing(f.Missing)
}

// truth returns whether a word is true or false. known is false if it is neither.
func truth(word string) (yes, known bool) {
	if len(word) > len("false") {
		return false, false
	}
	for i, pair := range [...][2]string{
		{"1", "0"}, {"true", "false"}, {"yes", "no"}, {"y", "n"}, {"t", "f"}, {"on", "off"},
	} {
		if i == 0 && (word == pair[0] || word == pair[1]) || strings.EqualFold(word, pair[0]) ||
			strings.EqualFold(word, pair[1]) {
			return strings.EqualFold(word, pair[0]), true
		}
	}
	return false, false
}

// Canonical returns true or false, or the cell with True.
func (f Binary) Canonical(cell string) string {
	value := Trim(cell, f.Missing)
	if yes, known := truth(value); known && f.True == "" {
		return fmt.Sprint(yes)
	}
	return value
}

// Learn learns the other value of a column with True. A third value is an error.
func (f Binary) Learn(c Column) (Encoder, error) {
	if err := f.Check(); err != nil {
		return nil, fmt.Errorf("column %q: %w", c.Name, err)
	}
	e := &BinaryEncoder{True: composed(f.True), Missing: f.Missing}
	err := c.Each(func(cell string) error {
		value := Trim(cell, f.Missing)
		if e.True != "" && e.False == "" && value != e.True {
			e.False = strings.Clone(value)
		}
		_, _, err := e.truth(value)
		return err
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// BinaryEncoder reads values that are true or false.
type BinaryEncoder struct {
	True    string   `json:"true,omitzero"`  // "" means words such as yes
	False   string   `json:"false,omitzero"` // with True; "" if training had no other value
	Missing []string `json:"missing,omitzero"`
}

// Kind is "binary".
func (*BinaryEncoder) Kind() string { return "binary" }

// truth returns whether a value is true.
func (e *BinaryEncoder) truth(value string) (yes, known bool, err error) {
	switch {
	case value == "":
		return false, false, nil
	case e.True == "":
		if yes, known = truth(value); !known {
			err = fmt.Errorf("got %q, want true or false, yes or no, 1 or 0, or such; for other values "+
				"say which one is true, as in true: %q", suggest.Shorten(value), suggest.Shorten(value))
		}
		return yes, known, err
	case value == e.True:
		return true, true, nil
	case value == e.False:
		return false, true, nil
	case e.False == "": // training had no other value
		return false, true, nil
	}
	return false, false, fmt.Errorf("got %q, a third value, want %q (true) or %q (false)",
		suggest.Shorten(value), e.True, e.False)
}

// Inputs returns the value and whether it is missing.
func (e *BinaryEncoder) Inputs(column string) []Input {
	return []Input{{Name: Name(column), DType: tensor.Float32, Shape: tensor.Shape{2}}}
}

// Encode writes 1 for true and -1 for false.
func (e *BinaryEncoder) Encode(v Value, row []Slot) (Note, error) {
	yes, known, err := e.truth(Trim(v.Text, e.Missing))
	if err != nil {
		return 0, err
	}
	to := row[0].Floats
	note := Note(0)
	switch {
	case !known:
		to[0], to[1] = 0, 1
		return Missing, nil
	case yes:
		to[0], to[1] = 1, 0
	default:
		to[0], to[1] = -1, 0
		if e.True != "" && e.False == "" {
			note = Unknown
		}
	}
	return note, nil
}

// Branch passes the input on.
func (e *BinaryEncoder) Branch(_ *braid.Graph, _ string, inputs []*braid.Node) Branch {
	return Branch{Out: inputs[0]}
}
