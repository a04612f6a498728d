package balance

import (
	"slices"

	"braid/internal/kinds"
)

// members lists the methods of this package.
var members = []Method{
	Fixed{},
	IMTLG{},
	MGDA{},
	PCGrad{},
	Scaled{},
	Uncertainty{},
	UPGrad{},
}

// Kinds returns the kinds of methods of this package, sorted.
func Kinds() []string {
	var list []string
	for _, m := range members {
		list = append(list, m.Kind())
	}
	slices.Sort(list)
	return list
}

// Decode returns the method of a kind with a configuration in JSON. Custom methods are found by
// their Kind among custom: each is an example of its type, and Decode returns a new value.
func Decode(kind string, config []byte, custom ...Method) (Method, error) {
	return kinds.Decode("balance", kind, config, slices.Concat(custom, members))
}
