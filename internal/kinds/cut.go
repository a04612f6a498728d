package kinds

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Cut returns the value of one field of a JSON object, nil if there is none, and the object without
// it. The field's name may have any case.
func Cut(object []byte, name string) (value json.RawMessage, rest []byte, err error) {
	rest = []byte{'{'}
	err = eachField(object, func(given string, content json.RawMessage) error {
		if strings.EqualFold(given, name) {
			if value != nil {
				return fmt.Errorf("the field %q is given twice", name)
			}
			value = content
			return nil
		}
		if len(rest) > 1 {
			rest = append(rest, ',')
		}
		quoted, err := json.Marshal(given)
		rest = append(append(append(rest, quoted...), ':'), content...)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return value, append(rest, '}'), nil
}
