package loss

import (
	"slices"

	"braid/internal/kinds"
)

// members lists the losses of this package.
var members = []Loss{
	BinaryCrossentropy{},
	BinaryFocalCrossentropy{},
	CategoricalCrossentropy{},
	CategoricalFocalCrossentropy{},
	CosineSimilarity{},
	Hinge{},
	Huber{},
	KLDivergence{},
	LogCosh{},
	MeanAbsoluteError{},
	MeanAbsolutePercentageError{},
	MeanSquaredError{},
	MeanSquaredLogarithmicError{},
	Poisson{},
	SparseCategoricalCrossentropy{},
	SquaredHinge{},
}

// Decode returns the loss of a kind with a configuration in JSON. Custom losses are found by their
// Kind among custom: each is an example of its type, and Decode returns a new value.
func Decode(kind string, config []byte, custom ...Loss) (Loss, error) {
	return kinds.Decode("loss", kind, config, slices.Concat(custom, members))
}
