package layer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"braid"
	"braid/internal/names"
)

// kinds has a line for each layer of this package: how its configuration is read.
var kinds = []kind{
	{"Concatenate", read[Concatenate]},
	{"Dense", read[Dense]},
	{"Embedding", read[Embedding]},
	{"Flatten", read[Flatten]},
	{"LSTM", read[LSTM]},
}

type kind struct {
	name string
	read func(config []byte) (braid.Layer, error)
}

// Decode reads a layer from its kind and its configuration as JSON, which a model file holds.
// Layers from elsewhere are found among custom, by their Kind: each is an example whose type is
// made anew.
func Decode(name string, config []byte, custom ...braid.Layer) (braid.Layer, error) {
	for _, example := range custom {
		if example.Kind() == name {
			return readLike(example, config)
		}
	}
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
	if i < 0 {
		var have []string
		for _, k := range kinds {
			have = append(have, k.name)
		}
		for _, example := range custom {
			have = append(have, example.Kind())
		}
		return nil, names.Unknown("layer kind", name, have)
	}
	return kinds[i].read(config)
}

func read[L braid.Layer](config []byte) (braid.Layer, error) {
	var l L
	if err := strict(config, &l); err != nil {
		return nil, fmt.Errorf("%s: %w", l.Kind(), err)
	}
	return l, nil
}

// strict refuses fields that the layer does not have: a setting that is not understood would
// change what the model computes.
func strict(config []byte, l any) error {
	d := json.NewDecoder(bytes.NewReader(config))
	d.DisallowUnknownFields()
	return d.Decode(l)
}
