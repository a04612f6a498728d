package batchpredict

import (
	"fmt"
	"strings"

	"braid/feature"
	"braid/internal/value"
	"braid/predictor"
	"braid/tensor"
)

// Takes describes a model's columns for errors: "image" (an image of 28 x 28).
func Takes(m *predictor.Model) string {
	var list []string
	for i := range m.Columns {
		c := &m.Columns[i]
		list = append(list, fmt.Sprintf("%q (%s)", c.Name, kind(c)))
	}
	return strings.Join(list, ", ")
}

// kind describes what a column takes.
func kind(c *predictor.Column) string {
	in := c.Inputs[0]
	words, isText := c.Encoder.(*feature.TokensEncoder)
	switch {
	case c.ReadsFiles():
		return "an image of " + value.Dims(in.Shape)
	case isText:
		return fmt.Sprintf("a text of up to %d %ss", in.Shape.Size(), words.Unit())
	case !c.IsNumbers():
		return c.Encoder.Kind()
	case in.DType == tensor.Uint8:
		return value.Dims(in.Shape) + " pixels"
	case in.DType == tensor.Int32:
		return value.Dims(in.Shape) + " ids"
	}
	return value.Dims(in.Shape) + " numbers"
}

// Text returns the first column of texts with a fixed vocabulary, and its encoder. They are nil if
// there is none.
func Text(m *predictor.Model) (*predictor.Column, *feature.TokensEncoder) {
	for i := range m.Columns {
		if e, ok := m.Columns[i].Encoder.(*feature.TokensEncoder); ok {
			return &m.Columns[i], e
		}
	}
	return nil, nil
}

// example returns a text that a column reads, in quotes, or "" if it is not a column of texts.
func example(c *predictor.Column) string {
	if e, ok := c.Encoder.(*feature.TokensEncoder); ok {
		return fmt.Sprintf("%q", e.Suggest())
	}
	return ""
}
