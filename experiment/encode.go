package experiment

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"

	"braid/internal/kinds"
	"braid/optim"
)

// The values that Write prints are nodes: a plain scalar is printed as it is, if it can be, and a
// quoted one in quotes where YAML or its readers need them.

// textNode returns a node of a text.
func textNode(text string) *node { return &node{form: quotedForm, text: text} }

// wordNode returns a node of a word or a number.
func wordNode(text string) *node { return &node{form: plainForm, text: text} }

// mappingNode returns a mapping without keys.
func mappingNode() *node { return &node{form: mappingForm} }

// put adds a name and its value. A key of the grammar is a word instead: true is not quoted.
func (n *node) put(key string, value *node) { n.add(textNode(key), value) }

// putFields adds the fields of a struct that are not zero.
func (n *node) putFields(v reflect.Value) error {
	for _, f := range kinds.Fields(v.Type()) {
		field := v.FieldByIndex(f.Index)
		if isZero(field) {
			continue
		}
		value, err := encode(field)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		n.add(wordNode(f.Name), value)
	}
	return nil
}

// isZero reports whether a field is the default, which a file leaves out.
func isZero(v reflect.Value) bool {
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok && v.Kind() != reflect.Pointer {
		return z.IsZero()
	}
	return v.IsZero()
}

// encode returns what decode reads as v.
func encode(v reflect.Value) (*node, error) {
	switch m := v.Interface().(type) {
	case optim.Optimizer, optim.Schedule:
		return memberNode(m.(kinded))
	case encoding.TextMarshaler:
		text, err := m.MarshalText()
		return wordNode(string(text)), err
	case json.Marshaler:
		content, err := m.MarshalJSON()
		if err != nil {
			return nil, err
		}
		d := json.NewDecoder(bytes.NewReader(content))
		d.UseNumber()
		return fromJSON(d)
	}
	switch v.Kind() {
	case reflect.String:
		return textNode(v.String()), nil
	case reflect.Bool:
		return wordNode(strconv.FormatBool(v.Bool())), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return wordNode(strconv.FormatInt(v.Int(), 10)), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return wordNode(strconv.FormatUint(v.Uint(), 10)), nil
	case reflect.Float32, reflect.Float64:
		return wordNode(strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits())), nil
	case reflect.Pointer:
		return encode(v.Elem())
	case reflect.Slice, reflect.Array:
		n := &node{form: listForm}
		for i := range v.Len() {
			item, err := encode(v.Index(i))
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, item)
		}
		return n, nil
	case reflect.Map:
		n, keys := mappingNode(), v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int {
			return bytes.Compare([]byte(a.String()), []byte(b.String()))
		})
		for _, key := range keys {
			value, err := encode(v.MapIndex(key))
			if err != nil {
				return nil, err
			}
			n.put(key.String(), value)
		}
		return n, nil
	case reflect.Struct:
		n := mappingNode()
		return n, n.putFields(v)
	case reflect.Interface:
		return memberNode(v.Interface().(kinded))
	}
	return nil, fmt.Errorf("a value of type %s cannot be written", v.Type())
}

// memberNode returns the type of a value with several kinds, and its settings.
func memberNode(m kinded) (*node, error) {
	n := mappingNode()
	n.put("type", textNode(m.Kind()))
	return n, n.putFields(reflect.Indirect(reflect.ValueOf(m)))
}

// fromJSON returns the next value of a JSON text, with the keys of objects in their order.
func fromJSON(d *json.Decoder) (*node, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case string:
		return textNode(t), nil
	case json.Number:
		return wordNode(t.String()), nil
	case bool:
		return wordNode(strconv.FormatBool(t)), nil
	case json.Delim:
		n := &node{form: listForm}
		if t == '{' {
			n.form = mappingForm
		}
		for d.More() {
			if n.form == mappingForm {
				key, err := d.Token()
				if err != nil {
					return nil, err
				}
				n.keys = append(n.keys, textNode(key.(string)))
			}
			item, err := fromJSON(d)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, item)
		}
		_, err := d.Token()
		return n, err
	}
	return wordNode("null"), nil
}

// checkUTF8 returns an error for a text that no YAML file can hold.
func (n *node) checkUTF8() error {
	if !utf8.ValidString(n.text) {
		return fmt.Errorf("%q is not UTF-8", shorten(n.text))
	}
	for _, inner := range [][]*node{n.keys, n.items} {
		for _, m := range inner {
			if err := m.checkUTF8(); err != nil {
				return err
			}
		}
	}
	return nil
}
