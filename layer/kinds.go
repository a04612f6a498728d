package layer

import (
	"slices"

	"braid"
	"braid/internal/kinds"
)

// members has a line for each layer of this package.
var members = []braid.Layer{
	Activation{},
	Add{},
	BatchNormalization{},
	Concatenate{},
	Dense{},
	Dropout{},
	Embedding{},
	Flatten{},
	LSTM{},
	LayerNormalization{},
}

// Decode reads a layer from its kind and its configuration as JSON, which a model file holds. Layers
// from elsewhere are found among custom, by their Kind: each is an example whose type is made anew.
func Decode(kind string, config []byte, custom ...braid.Layer) (braid.Layer, error) {
	return kinds.Decode("layer", kind, config, slices.Concat(custom, members))
}
