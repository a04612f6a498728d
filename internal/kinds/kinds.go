// Package kinds reads configurations of layers, losses, metrics and optimizers: members of a table, each
// found by its kind and decoded strictly.
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

	"braid/internal/names"
)

// Member is a configuration that names its kind.
type Member interface {
	Kind() string
}

// Decode returns a new value of the type of the member with a kind, read from its configuration as
// JSON. The first member with the kind counts. What is the sort of members for errors, such as
// "layer". A field that the type does not have, a field given twice and data after the object are
// errors: a setting that is not understood would change what is computed.
func Decode[M Member](what, kind string, config []byte, members []M) (M, error) {
	var none M
	at := slices.IndexFunc(members, func(m M) bool { return m.Kind() == kind })
	if at < 0 {
		var have []string
		for _, m := range members {
			have = append(have, m.Kind())
		}
		return none, names.Unknown(what+" kind", kind, have)
	}
	t := reflect.TypeOf(members[at])
	pointer := t.Kind() == reflect.Pointer
	if pointer {
		t = t.Elem()
	}
	value := reflect.New(t)
	if err := strict(config, value); err != nil {
		return none, fmt.Errorf("%s: %w", kind, err)
	}
	if !pointer {
		value = value.Elem()
	}
	return value.Interface().(M), nil
}

// strict decodes a JSON object into the value that to points at.
func strict(config []byte, to reflect.Value) error {
	if to.Elem().Kind() == reflect.Struct {
		if err := checkFields(config, fields(to.Elem().Type())); err != nil {
			return err
		}
	}
	d := json.NewDecoder(bytes.NewReader(config))
	d.DisallowUnknownFields() // of structs within
	if err := d.Decode(to.Interface()); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("data follows the JSON object")
	}
	return nil
}

// checkFields checks the names of an object's members.
func checkFields(config []byte, have []string) error {
	d := json.NewDecoder(bytes.NewReader(config))
	start, err := d.Token()
	if err != nil {
		return err
	}
	if start != json.Delim('{') {
		return fmt.Errorf("got %.20q, want a JSON object", config)
	}
	var seen []string
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		name := token.(string) // an object's members have names
		same := func(other string) bool { return strings.EqualFold(name, other) }
		if !slices.ContainsFunc(have, same) {
			return names.Unknown("field", names.Shorten(name), have)
		}
		if slices.ContainsFunc(seen, same) {
			return fmt.Errorf("the field %q is given twice", name)
		}
		seen = append(seen, name)
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return err
		}
	}
	return nil
}

// fields returns the names under which JSON has a struct's fields.
func fields(t reflect.Type) []string {
	var list []string
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case !f.IsExported() || tag == "-" || f.Anonymous && tag == "":
		case tag != "":
			list = append(list, tag)
		default:
			list = append(list, f.Name)
		}
	}
	return list
}
