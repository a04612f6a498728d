package layer

import (
	"fmt"
	"reflect"

	"braid"
)

// readLike reads a configuration into a new value of example's type.
func readLike(example braid.Layer, config []byte) (braid.Layer, error) {
	t := reflect.TypeOf(example)
	pointer := t.Kind() == reflect.Pointer
	if pointer {
		t = t.Elem()
	}
	value := reflect.New(t)
	if err := strict(config, value.Interface()); err != nil {
		return nil, fmt.Errorf("%s: %w", example.Kind(), err)
	}
	if pointer {
		return value.Interface().(braid.Layer), nil
	}
	return value.Elem().Interface().(braid.Layer), nil
}
