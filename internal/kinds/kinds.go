// Package kinds decodes configurations of layers, losses, metrics and optimizers. A table has an
// example of each kind.
package kinds

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

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
	if err := decodeStrictly(config, value); err != nil {
		return none, fmt.Errorf("%s: %w", kind, err)
	}
	if !pointer {
		value = value.Elem()
	}
	return value.Interface().(M), nil
}

// decodeStrictly decodes a JSON object into the value that to points at.
func decodeStrictly(config []byte, to reflect.Value) error {
	if to.Elem().Kind() == reflect.Struct {
		var err error
		if config, err = canonical(config, fields(to.Elem().Type())); err != nil {
			return err
		}
	}
	d := json.NewDecoder(bytes.NewReader(config))
	d.DisallowUnknownFields() // of nested structs
	if err := d.Decode(to.Interface()); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("data follows the JSON object")
	}
	return nil
}

// field is a field of a struct: its name in JSON, and its name in Go, which older files use.
type field struct{ name, goName string }

// fields returns the fields of a struct that are encoded in JSON.
func fields(t reflect.Type) []field {
	var list []field
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case !f.IsExported() || tag == "-" || f.Anonymous && tag == "":
		case tag != "":
			list = append(list, field{tag, f.Name})
		default:
			list = append(list, field{f.Name, f.Name})
		}
	}
	return list
}

// canonical returns the object config with each field under its name in JSON.
func canonical(config []byte, have []field) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(config))
	start, err := d.Token()
	if err != nil {
		return nil, err
	}
	if start != json.Delim('{') {
		return nil, fmt.Errorf("got %.20q, want a JSON object", config)
	}
	values := map[string]json.RawMessage{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		given := token.(string) // the decoder returns only strings as keys
		found := slices.IndexFunc(have, func(f field) bool {
			return strings.EqualFold(given, f.name) || given == f.goName
		})
		if found < 0 {
			var all []string
			for _, f := range have {
				all = append(all, f.name)
			}
			return nil, suggest.Unknown("field", suggest.Shorten(given), all)
		}
		if values[have[found].name] != nil {
			return nil, fmt.Errorf("the field %q is given twice", given)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		values[have[found].name] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	rest := bytes.TrimSpace(config[d.InputOffset():])
	if len(rest) > 0 {
		return nil, errors.New("data follows the JSON object")
	}
	return json.Marshal(values)
}
