// Package kinds decodes configurations of layers, losses, metrics and optimizers. A table has an
// example of each kind.
package kinds

import (
	"fmt"
	"reflect"
	"slices"

	"braid/internal/suggest"
)

// Member is a configuration of one kind.
type Member interface {
	Kind() string
}

// Decode returns a new value of the type of the first member with the given kind, read from its
// configuration in JSON. what names the members in errors, such as "layer". An unknown field, a
// field given twice and data after the object are errors: an ignored setting would change the
// result.
func Decode[M Member](what, kind string, config []byte, members []M) (M, error) {
	var none M
	for i, m := range members {
		if err := NotNil(m, "an example of its type"); err != nil {
			return none, fmt.Errorf("custom %s %d is %w", what, i, err)
		}
	}
	found := slices.IndexFunc(members, func(m M) bool { return m.Kind() == kind })
	if found < 0 {
		var have []string
		for _, m := range members {
			have = append(have, m.Kind())
		}
		return none, suggest.Unknown(what+" kind", kind, have)
	}
	t := reflect.TypeOf(members[found])
	pointer := t.Kind() == reflect.Pointer
	if pointer {
		t = t.Elem()
	}
	value := reflect.New(t)
	if err := Unmarshal(config, value.Interface()); err != nil {
		return none, fmt.Errorf("%s: %w", kind, err)
	}
	if !pointer {
		value = value.Elem()
	}
	return value.Interface().(M), nil
}
