package augment

import (
	"slices"

	"braid/internal/kinds"
)

// members lists an example of each augmentation of this package.
var members = []Augment{
	Affine{},
	Brightness{},
	Contrast{},
	Crop{},
	Cutout{},
	Flip{},
}

// Decode returns the augmentation of a kind with a configuration in JSON. Custom ones are found by
// their Kind among custom: each is an example of its type, and Decode returns a new value.
func Decode(kind string, config []byte, custom ...Augment) (Augment, error) {
	return kinds.Decode("augmentation", kind, config, slices.Concat(custom, members))
}
