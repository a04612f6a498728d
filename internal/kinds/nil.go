package kinds

import (
	"fmt"
	"reflect"
)

// IsNil reports whether an interface value is nil or holds a nil pointer, whose methods would
// panic.
func IsNil(v any) bool {
	r := reflect.ValueOf(v)
	return !r.IsValid() || r.Kind() == reflect.Pointer && r.IsNil()
}

// NotNil returns an error if IsNil: "nil, want ...", or "a nil *layer.Dense, want ...". want is
// what the caller needs instead.
func NotNil(v any, want string) error {
	switch {
	case !IsNil(v):
		return nil
	case v == nil:
		return fmt.Errorf("nil, want %s", want)
	}
	return fmt.Errorf("a nil %T, want %s", v, want)
}
