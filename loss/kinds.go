package loss

import (
	"slices"

	"braid/internal/kinds"
)

// members has a line for each loss of this package.
var members = []Loss{
	BinaryCrossentropy{},
	SparseCategoricalCrossentropy{},
}

// Decode reads a loss from its kind and its configuration as JSON. Losses from elsewhere are found
// among custom, by their Kind: each is an example whose type is made anew.
func Decode(kind string, config []byte, custom ...Loss) (Loss, error) {
	return kinds.Decode("loss", kind, config, slices.Concat(custom, members))
}
