package optim

import (
	"slices"

	"braid/internal/kinds"
)

// members has a line for each optimizer of this package.
var members = []Optimizer{
	Adam{},
}

// Decode reads an optimizer from its kind and its configuration as JSON. Optimizers from elsewhere are
// found among custom, by their Kind: each is an example whose type is made anew.
func Decode(kind string, config []byte, custom ...Optimizer) (Optimizer, error) {
	return kinds.Decode("optimizer", kind, config, slices.Concat(custom, members))
}
