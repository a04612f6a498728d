package kinds

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Cut returns the value of one field of a JSON object, nil if there is none, and the object without
// it. The field's name may have any case.
func Cut(object []byte, name string) (value json.RawMessage, rest []byte, err error) {
	d := json.NewDecoder(bytes.NewReader(object))
	start, err := d.Token()
	if err != nil {
		return nil, nil, err
	}
	if start != json.Delim('{') {
		return nil, nil, fmt.Errorf("got %.20q, want a JSON object", object)
	}
	rest = []byte{'{'}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		var content json.RawMessage
		if err := d.Decode(&content); err != nil {
			return nil, nil, err
		}
		if strings.EqualFold(key.(string), name) { // the decoder returns only strings as keys
			if value != nil {
				return nil, nil, fmt.Errorf("the field %q is given twice", name)
			}
			value = content
			continue
		}
		if len(rest) > 1 {
			rest = append(rest, ',')
		}
		given, err := json.Marshal(key)
		if err != nil {
			return nil, nil, err
		}
		rest = append(append(append(rest, given...), ':'), content...)
	}
	if _, err := d.Token(); err != nil {
		return nil, nil, err
	}
	if len(bytes.TrimSpace(object[d.InputOffset():])) > 0 {
		return nil, nil, errors.New("data follows the JSON object")
	}
	return value, append(rest, '}'), nil
}
