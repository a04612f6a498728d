package feature

import (
	"fmt"
	"slices"

	"braid/internal/kinds"
)

// features lists an example of each feature of this package.
var features = []Feature{
	Binary{},
	Category{},
	Date{},
	Digit{},
	Image{},
	Labels{},
	Number{},
	Sequence{},
	Text{},
	Tokens{},
}

// encoders lists an example of what each of them learns, and NumbersEncoder.
var encoders = []Encoder{
	&BinaryEncoder{},
	&CategoryEncoder{},
	&DateEncoder{},
	&DigitEncoder{},
	&ImageEncoder{},
	&LabelsEncoder{},
	&NumberEncoder{},
	&NumbersEncoder{},
	&SequenceEncoder{},
	&TextEncoder{},
	&TokensEncoder{},
}

// Kinds returns the kinds of features of this package, sorted.
func Kinds() []string {
	var list []string
	for _, f := range features {
		list = append(list, f.Kind())
	}
	return list
}

// Decode returns the feature of a kind, read from its settings in JSON, and checks them. custom
// holds an example of each feature from outside this package; Decode returns a new value of the
// example's type.
func Decode(kind string, settings []byte, custom ...Feature) (Feature, error) {
	f, err := kinds.Decode("column", kind, settings, slices.Concat(custom, features))
	if err != nil {
		return nil, err
	}
	if c, ok := f.(interface{ Check() error }); ok {
		if err := c.Check(); err != nil {
			return nil, fmt.Errorf("%s: %w", kind, err)
		}
	}
	return f, nil
}

// DecodeEncoder returns the encoder of a kind, read from JSON. custom holds an example of each
// encoder from outside this package.
func DecodeEncoder(kind string, content []byte, custom ...Encoder) (Encoder, error) {
	e, err := kinds.Decode("encoder", kind, content, slices.Concat(custom, encoders))
	if err != nil {
		return nil, err
	}
	err = Check(e)
	if p, ok := e.(interface{ prepare() error }); ok && err == nil {
		if err = p.prepare(); err != nil {
			err = fmt.Errorf("%s: %w", kind, err)
		}
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

// Check checks what an encoder of this package has learnt, or was given by a program.
func Check(e Encoder) error {
	if c, ok := e.(interface{ check() error }); ok {
		if err := c.check(); err != nil {
			return fmt.Errorf("%s: %w", e.Kind(), err)
		}
	}
	return nil
}
