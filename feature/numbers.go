package feature

import (
	"fmt"

	"braid"
	"braid/data"
	"braid/layer"
	"braid/tensor"
)

// NumbersEncoder is the encoder of an input whose numbers people give themselves: as lists in JSON,
// as arrays of a request, or from a program. A cell of text has none. No feature learns it: inputs
// of a network that is built in Go have it unless they have another encoder.
type NumbersEncoder struct {
	DType      tensor.DType  `json:"dtype"`               // Float32, Int32, or Uint8, standardized
	Shape      tensor.Shape  `json:"shape"`               // of a row
	Vocabulary int           `json:"vocabulary,omitzero"` // of Int32: ids are below it; 0: any
	Standard   data.Standard `json:"standard,omitzero"`   // of Uint8
}

// Kind is "numbers".
func (*NumbersEncoder) Kind() string { return "numbers" }

func (e *NumbersEncoder) check() error {
	if err := e.Shape.Check(); err != nil {
		return err
	}
	if e.DType == tensor.Uint8 {
		return checkStandard(e.Standard)
	}
	return atLeast("vocabulary", e.Vocabulary)
}

// Inputs returns the input.
func (e *NumbersEncoder) Inputs(column string) []Input {
	return []Input{{Name(column), e.DType, e.Shape, e.Vocabulary, e.Standard}}
}

// Encode returns an error, as no text has the numbers.
func (e *NumbersEncoder) Encode(Value, []Slot) (Note, error) {
	what := "numbers"
	switch e.DType {
	case tensor.Int32:
		what = "ids"
	case tensor.Uint8:
		what = "numbers from 0 to 255"
	}
	return 0, fmt.Errorf("want a list of %d %s", e.Shape.Size(), what)
}

// Branch adds the numbers in one row, or a vector for each id.
func (e *NumbersEncoder) Branch(g *braid.Graph, column string, inputs []*braid.Node) Branch {
	values := inputs[0]
	if e.DType == tensor.Int32 {
		values, _ = embedded(g, column, values, e.Vocabulary, defaultWidth)
	}
	return Branch{Out: g.Add(Part(column, "flat"), layer.Flatten{}, values)}
}
