package value

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"braid/tensor"
)

// The reader of rows takes what encoding/json takes, and gives the same numbers.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{
		`{"x": [1, 2, 3, 4, 5, 6], "y": 7}`, `{"x": [[1,2,3],[4,5,6]], "z": "a\"]}"}`, `{}`, ` { "a" : -1.5e+3 } `, `{"\u0078": [0.5,1,1,1,1,-0]}`,
		`{"x": [1, 2, 3, 4, 5, 06]}`, `{"x": [1,2,3,4,5,6],}`, `{"x": {"y": [1]}}`, `{"x": 5} 6`, `{"x"`, `{"x": [1,,2]}`, `[1]`, `{"x": [[1,2,3],4,5,6]}`, `{"a":"\`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if len(bytes.TrimSpace(line)) == 0 {
			return
		}
		fields := map[string][]byte{}
		twice := false
		err := Object(line, func(name, value []byte) error {
			if _, ok := fields[string(name)]; ok {
				twice = true
			}
			fields[string(name)] = value
			if !json.Valid(value) {
				return errors.New("the value is no JSON")
			}
			return nil
		})
		var want map[string]json.RawMessage
		wanted := json.Unmarshal(line, &want)
		if want == nil {
			wanted = errors.New("is null")
		}
		if (err == nil) != (wanted == nil) {
			t.Fatalf("%q: %v, encoding/json: %v", line, err, wanted)
		}
		if err != nil {
			return
		}
		if len(fields) != len(want) && !twice {
			t.Fatalf("%q: fields %q, want %q", line, fields, want)
		}
		for name, value := range fields {
			if !twice && !bytes.Equal(value, want[strings.ToValidUTF8(name, "\ufffd")]) && strings.ToValidUTF8(name, "") == name {
				t.Fatalf("%q: %q is %q, want %q", line, name, value, want[name])
			}
			compareNumbers(t, value)
		}
	})
}

// compareNumbers reads a value as 6 numbers, flat or 2 x 3.
func compareNumbers(t *testing.T, value []byte) {
	t.Helper()
	var got []float64
	err := Each(value, tensor.Shape{2, 3}, "numbers", func(at int, token []byte) error {
		if at != len(got) {
			t.Fatalf("number %d comes after %d", at, len(got))
		}
		v, err := strconv.ParseFloat(string(token), 64)
		got = append(got, v)
		if p, ok := pixel(token); ok != (v >= 0 && v <= 255 && v == math.Trunc(v)) || ok && float64(p) != v {
			t.Fatalf("%s is pixel %d (%v)", token, p, ok)
		}
		return err
	})
	var flat [6]*float64
	var nested [2][3]*float64
	var list []json.RawMessage
	var want []float64
	if json.Unmarshal(value, &list) == nil && len(list) == 6 && json.Unmarshal(value, &flat) == nil {
		want = all(flat[:])
	} else if len(list) == 2 && json.Unmarshal(value, &nested) == nil && inner(list, 3) {
		want = all(slices.Concat(nested[0][:], nested[1][:]))
	}
	if (err == nil) != (want != nil) || err == nil && !slices.Equal(got, want) {
		t.Fatalf("%q: numbers %v (%v), want %v", value, got, err, want)
	}
}

// all are the numbers, nil where one is missing.
func all(list []*float64) []float64 {
	var values []float64
	for _, v := range list {
		if v == nil {
			return nil
		}
		values = append(values, *v)
	}
	return values
}

// inner tells that each is an array of so many elements.
func inner(list []json.RawMessage, n int) bool {
	for _, raw := range list {
		var within []json.RawMessage
		if json.Unmarshal(raw, &within) != nil || len(within) != n {
			return false
		}
	}
	return true
}
