package kinds

import (
	"fmt"
	"reflect"
	"slices"

	"braid/internal/suggest"
)

// Names holds the names of an enumeration's values in configurations.
type Names[E ~uint8] struct {
	Noun string   // what errors call a value, such as "padding"
	List []string // by value
}

// Has reports whether a value has a name.
func (n Names[E]) Has(value E) bool { return int(value) < len(n.List) }

// String returns the name of a value, or a text such as Padding(9) if it has none.
func (n Names[E]) String(value E) string {
	if n.Has(value) {
		return n.List[value]
	}
	return fmt.Sprintf("%s(%d)", reflect.TypeFor[E]().Name(), uint8(value))
}

// Check returns an error that lists the names if a value has none.
func (n Names[E]) Check(value E) error {
	if n.Has(value) {
		return nil
	}
	return fmt.Errorf("%s, want one of %s", n.String(value), suggest.List(n.List))
}

// Marshal returns the name of a value, for MarshalText.
func (n Names[E]) Marshal(value E) ([]byte, error) {
	if !n.Has(value) {
		return nil, fmt.Errorf("%s is no %s", n.String(value), n.Noun)
	}
	return []byte(n.List[value]), nil
}

// Unmarshal sets a value to the one with a name, for UnmarshalText.
func (n Names[E]) Unmarshal(value *E, name []byte) error {
	at := slices.Index(n.List, string(name))
	if at < 0 {
		return suggest.Unknown(n.Noun, string(name), n.List)
	}
	*value = E(at)
	return nil
}
