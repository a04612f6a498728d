package value

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-faster/jx"
)

// listSeparator separates the values of a list in a cell, as in data.JSONLines.
const listSeparator = ";"

const wantedCell = "a text, a number, true, false, or a list of those"

// Cell returns the cell of a table that a JSON value stands for, as data.JSONLines reads it: the
// text of a string, the digits of a number, true and false. null is "", a missing cell. The values
// of a list have semicolons between them.
func Cell(raw []byte) (string, error) {
	if len(raw) == 0 || raw[0] != '[' {
		return scalar(raw)
	}
	cell, err := appendList(nil, raw)
	return string(cell), err
}

// appendList appends the cell of a list.
func appendList(to, raw []byte) ([]byte, error) {
	d := jx.DecodeBytes(raw)
	elements, err := d.ArrIter()
	count := 0
	for ; err == nil && elements.Next(); count++ {
		d.Next() // skips spaces
		var element jx.Raw
		if element, err = d.Raw(); err != nil {
			break
		}
		text, err := scalar(element)
		switch {
		case err != nil || element[0] == 'n':
			return nil, fmt.Errorf("got a list with %s, want texts, numbers, true and false",
				Shorten(element))
		case strings.Contains(text, listSeparator):
			return nil, fmt.Errorf("got a list with the value %q, want values without %s, which separates "+
				"them in a cell", Shorten([]byte(text)), listSeparator)
		case count > 0:
			to = append(to, listSeparator...)
		}
		to = append(to, text...)
	}
	if err == nil {
		err = elements.Err()
	}
	if count == 0 { // no values, which is not a missing cell
		to = append(to, listSeparator...)
	}
	return to, err
}

// scalar returns the cell of a value that is no list.
func scalar(raw []byte) (string, error) {
	switch {
	case len(raw) == 0:
		return "", errors.New("got nothing, want " + wantedCell)
	case raw[0] == '"':
		text, err := (&Reader{}).String(raw)
		return string(text), err
	case string(raw) == "null":
		return "", nil
	case raw[0] == '{' || raw[0] == '[':
		return "", fmt.Errorf("got %s, want %s", Shorten(raw), wantedCell)
	}
	return string(raw), nil
}
