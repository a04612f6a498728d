package optim

import (
	"slices"

	"braid/internal/kinds"
)

// members lists the optimizers of this package.
var members = []Optimizer{
	Adam{},
}

// Decode returns the optimizer of a kind with a configuration in JSON. Custom optimizers are found
// by their Kind among custom: each is an example of its type, and Decode returns a new value.
func Decode(kind string, config []byte, custom ...Optimizer) (Optimizer, error) {
	return kinds.Decode("optimizer", kind, config, slices.Concat(custom, members))
}
