package target

import (
	"fmt"
	"slices"

	"braid/internal/kinds"
)

// targets and decoders list an example of each kind of this package.
var (
	targets  = []Target{Binary{}, Category{}, Labels{}, Number{}}
	decoders = []Decoder{BinaryDecoder{}, CategoryDecoder{}, LabelsDecoder{}, NumberDecoder{}}
)

// Kinds returns the kinds of targets of this package, sorted.
func Kinds() []string {
	var list []string
	for _, t := range targets {
		list = append(list, t.Kind())
	}
	return list
}

// Decode returns the target of a kind, read from its settings in JSON. custom holds an example of
// each target from outside this package; Decode returns a new value of the example's type.
func Decode(kind string, config []byte, custom ...Target) (Target, error) {
	return kinds.Decode("target", kind, config, slices.Concat(custom, targets))
}

// DecodeDecoder returns the decoder of a kind, read from what its target has learnt in JSON. custom
// is as in Decode.
func DecodeDecoder(kind string, learnt []byte, custom ...Decoder) (Decoder, error) {
	d, err := kinds.Decode("decoder", kind, learnt, slices.Concat(custom, decoders))
	if err == nil {
		err = Check(d)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Check checks what a decoder of this package has learnt, or was given by a program.
func Check(d Decoder) error {
	if c, ok := d.(interface{ check() error }); ok {
		if err := c.check(); err != nil {
			return fmt.Errorf("%s: %w", d.Kind(), err)
		}
	}
	return nil
}
