package kinds

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"braid/internal/suggest"
)

// Unmarshal decodes JSON into the value that to points at. An unknown field of a struct, a field
// given twice and data after the value are errors.
func Unmarshal(text []byte, to any) error {
	if t := reflect.TypeOf(to).Elem(); t.Kind() == reflect.Struct {
		var err error
		if text, err = canonical(text, t); err != nil {
			return err
		}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields() // of structs in lists and maps
	if err := d.Decode(to); err != nil {
		if len(bytes.TrimSpace(text)) == 0 {
			return errors.New("got no text, want a JSON value")
		}
		return complete(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("data follows the JSON value")
	}
	return nil
}

// Field is a field of a struct that is encoded in JSON.
type Field struct {
	Name   string // in JSON
	GoName string // in Go; older files use it
	Type   reflect.Type
	Index  []int // for reflect.Value.FieldByIndex
}

// Fields returns the fields of a struct that are encoded in JSON.
func Fields(t reflect.Type) []Field {
	var list []Field
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case !f.IsExported() || tag == "-" || f.Anonymous && tag == "":
		case tag != "":
			list = append(list, Field{tag, f.Name, f.Type, f.Index})
		default:
			list = append(list, Field{f.Name, f.Name, f.Type, f.Index})
		}
	}
	return list
}

// canonical returns the JSON object of a struct, with each field under its name in JSON, also in
// structs of the struct.
func canonical(object []byte, t reflect.Type) ([]byte, error) {
	have, values := Fields(t), map[string]json.RawMessage{}
	err := eachField(object, func(given string, value json.RawMessage) error {
		found := slices.IndexFunc(have, func(f Field) bool {
			return strings.EqualFold(given, f.Name) || given == f.GoName
		})
		if found < 0 {
			var all []string
			for _, f := range have {
				all = append(all, f.Name)
			}
			return suggest.Unknown("field", suggest.Shorten(given), all)
		}
		f := have[found]
		if values[f.Name] != nil {
			return fmt.Errorf("the field %q is given twice", given)
		}
		if inner := structIn(f.Type); inner != nil && string(value) != "null" {
			var err error
			if value, err = canonical(value, inner); err != nil {
				return fmt.Errorf("%s: %w", f.Name, err)
			}
		}
		values[f.Name] = value
		return nil
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(values)
}

// structIn returns the struct that a value of type t, or the value it points at, is decoded as; nil
// if it is no struct, or decodes itself.
func structIn(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	p := reflect.PointerTo(t)
	if t.Kind() != reflect.Struct || p.Implements(reflect.TypeFor[json.Unmarshaler]()) ||
		p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return nil
	}
	return t
}

// eachField calls visit with each field of a JSON object, in their order.
func eachField(object []byte, visit func(name string, value json.RawMessage) error) error {
	d := json.NewDecoder(bytes.NewReader(object))
	start, err := d.Token()
	switch {
	case err == io.EOF:
		return errors.New("got no text, want a JSON object")
	case err != nil:
		return err
	case start != json.Delim('{'):
		return fmt.Errorf("got %.20q, want a JSON object", object)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return complete(err)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return complete(err)
		}
		// The decoder returns only strings as keys.
		if err := visit(key.(string), value); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return complete(err)
	}
	if len(bytes.TrimSpace(object[d.InputOffset():])) > 0 {
		return errors.New("data follows the JSON object")
	}
	return nil
}

// complete says what is missing if err is the end of a text within a JSON value.
func complete(err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the text ends within the JSON value, want a complete one")
	}
	return err
}
