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
	if checked, ok := d.(interface{ check() error }); ok && err == nil {
		if err := checked.check(); err != nil {
			return nil, fmt.Errorf("%s: %w", kind, err)
		}
	}
	return d, err
}
