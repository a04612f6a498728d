package feature

import (
	"errors"
	"fmt"

	"braid"
	"braid/internal/kinds"
	"braid/tensor"
)

// CategoryEncoding is how a network reads a category.
type CategoryEncoding uint8

// The encodings of categories.
const (
	AutoCategory CategoryEncoding = iota // OneHot up to 8 values, else Embedded
	OneHot                               // a number for each value, of which one is 1
	Embedded                             // a trained vector for each value
)

var categoryEncodings = kinds.Names[CategoryEncoding]{Noun: "encoder", List: []string{
	AutoCategory: "auto", OneHot: "one_hot", Embedded: "embedding"}}

// String returns the encoding's name in configurations.
func (e CategoryEncoding) String() string { return categoryEncodings.String(e) }

// MarshalText writes the name.
func (e CategoryEncoding) MarshalText() ([]byte, error) { return categoryEncodings.Marshal(e) }

// UnmarshalText reads a name.
func (e *CategoryEncoding) UnmarshalText(text []byte) error {
	return categoryEncodings.Unmarshal(e, text)
}

// maxOneHot is the number of values up to which AutoCategory is OneHot.
const maxOneHot = 8

// Category is a column of categories: the exact text of a cell, without spaces at its ends. Only an
// empty cell is missing. Values that training had too seldom share a vector with unknown ones,
// which is thereby trained.
type Category struct {
	MinCount int              `json:"min_count,omitzero"` // of a value in training; 0 means 2
	Max      int              `json:"max,omitzero"`       // values, the most frequent; 0 means 10000
	Encoding CategoryEncoding `json:"encoder,omitzero"`
	Missing  []string         `json:"missing,omitzero"` // words that stand for a missing category
}

// Kind is "category".
func (Category) Kind() string { return "category" }

// Check checks the settings.
func (f Category) Check() error {
	if !categoryEncodings.Has(f.Encoding) {
		return fmt.Errorf("encoder = %w", categoryEncodings.Check(f.Encoding))
	}
	return errors.Join(atLeast("min_count", f.MinCount), atLeast("max", f.Max),
		CheckMissing(f.Missing))
}

// Canonical returns the cell without spaces at its ends.
func (f Category) Canonical(cell string) string { return Trim(cell, f.Missing) }

// Learn learns the values.
func (f Category) Learn(c Column) (Encoder, error) {
	if err := f.Check(); err != nil {
		return nil, fmt.Errorf("column %q: %w", c.Name, err)
	}
	counts := newCounter()
	err := c.Each(func(cell string) error {
		if value := Trim(cell, f.Missing); value != "" {
			counts.addString(value)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	e := &CategoryEncoder{Missing: f.Missing, Values: counts.vocabulary(
		orDefault(f.MinCount, defaultMinCount), orDefault(f.Max, defaultCategories))}
	if size := e.Values.Size(); f.Encoding == Embedded ||
		f.Encoding == AutoCategory && size-firstID > maxOneHot {
		e.Width = embeddingWidth(size)
	}
	return e, nil
}

// CategoryEncoder gives categories ids: 0 is missing, 1 unknown or rare.
type CategoryEncoder struct {
	Missing []string   `json:"missing,omitzero"`
	Values  Vocabulary `json:"values"`
	Width   int        `json:"width,omitzero"` // of the vector of a value; 0 means one-hot
}

// Kind is "category".
func (*CategoryEncoder) Kind() string { return "category" }

func (e *CategoryEncoder) check() error { return atLeast("width", e.Width) }

// Inputs returns the id, or the one-hot numbers.
func (e *CategoryEncoder) Inputs(column string) []Input {
	if e.Width == 0 {
		return []Input{{Name: Name(column), DType: tensor.Float32,
			Shape: tensor.Shape{e.Values.Size()}}}
	}
	return []Input{{Name: Name(column), DType: tensor.Int32, Shape: tensor.Shape{1},
		Vocabulary: e.Values.Size()}}
}

// Encode writes the id of a category.
func (e *CategoryEncoder) Encode(v Value, row []Slot) (Note, error) {
	id, note := int32(noID), Missing
	if value := Trim(v.Text, e.Missing); value != "" {
		id, note = e.Values.id(value), 0
	}
	if id == unknownID {
		note = Unknown
	}
	if e.Width == 0 {
		clear(row[0].Floats)
		row[0].Floats[id] = 1
	} else {
		row[0].Ints[0] = id
	}
	return note, nil
}

// Branch passes one-hot numbers on, or looks up the vector; that of a missing category is 0.
func (e *CategoryEncoder) Branch(g *braid.Graph, column string, inputs []*braid.Node) Branch {
	if e.Width == 0 {
		return Branch{Out: inputs[0]}
	}
	return Branch{Out: bag(g, column, "value", inputs[0], e.Values.Size(), e.Width)}
}
