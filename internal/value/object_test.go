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
	"unicode/utf8"

	"braid/tensor"
)

// Object takes what encoding/json takes, but for names that come twice, and gives the same values.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{
		`{"x": [1, 2, 3, 4, 5, 6], "y": 7}`, `{"x": [[1,2,3],[4,5,6]], "z": "a\"]}"}`, `{}`,
		` { "a" : -1.5e+3 } `, `{"\u0078": [0.5,1,1,1,1,-0]}`, `{"x": [1, 2, 3, 4, 5, 06]}`,
		`{"x": [1,2,3,4,5,6],}`, `{"x": {"y": [1]}}`, `{"x": 5} 6`, `{"x"`, `{"x": [1,,2]}`, `[1]`,
		`{"x": [[1,2,3],4,5,6]}`, `{"a":"\`, `{"x":1,"\u0078":2}`, `{"x":1,"y":2,"x":3}`, "{\"\xff\":1}",
		`{"x":tru}`, `{"x":nulll}`, `{"x":1.}`, `{"x":-}`, `{"x":1e}`, "{\"x\":\"\x1f\"}", `{"x":"\ud8"}`,
		`{"x": ["y", 2, 3, 4, 5, 6]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		fields := map[string][]byte{}
		err := object(line, func(name, value []byte) error {
			if _, twice := fields[string(name)]; twice {
				t.Errorf("%q: %q is visited twice", line, name)
			}
			fields[string(name)] = value
			return nil
		})
		var want map[string]json.RawMessage
		wanted := json.Unmarshal(line, &want)
		if want == nil && wanted == nil {
			wanted = errors.New("is null")
		}
		if err != nil && strings.Contains(err.Error(), "has two members named") {
			if members := countMembers(line); members > 0 && members <= len(want) {
				t.Fatalf("%q: %v, of %d names", line, err, len(want))
			}
			return
		}
		if (err == nil) != (wanted == nil) {
			t.Fatalf("%q: %v, encoding/json: %v", line, err, wanted)
		}
		for name, value := range fields {
			if err == nil && utf8.ValidString(name) && !bytes.Equal(value, want[name]) {
				t.Fatalf("%q: %q is %q, want %q", line, name, value, want[name])
			}
			compareNumbers(t, value)
		}
		if err == nil && len(fields) != countMembers(line) {
			t.Fatalf("%q: %d names, want %d", line, len(fields), countMembers(line))
		}
	})
}

// object is Members whose names must differ, as callers read objects.
func object(text []byte, visit func(name, value []byte) error) error {
	var names Names
	return Members(text, func(name, value []byte) error {
		if err := names.Add(name); err != nil {
			return err
		}
		return visit(name, value)
	})
}

// countMembers is the number of an object's members, 0 if it is none.
func countMembers(object []byte) int {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return 0
	}
	n := 0
	for ; d.More(); n++ {
		var value json.RawMessage
		if _, err := d.Token(); err != nil || d.Decode(&value) != nil {
			return 0
		}
	}
	return n
}

// What is not JSON is refused with the byte where it ends to be JSON, whatever is wrong besides.
func TestSyntax(t *testing.T) {
	deep := strings.Repeat("[", 1<<20)
	for line, want := range map[string]string{
		"":                 "is nothing, want a JSON object",
		"\v{}":             "is ?{}, want a JSON object",
		" [{}]":            "is an array, want a JSON object with the names of the model's inputs",
		`{"a": 1, "a": 2}`: `has two members named "a"`,
		`{"a": 1, "a": 2`:  `has two members named "a"`,
		`{"a": 1,}`:        "is not JSON: invalid character '}' looking for beginning of object key",
		`{"a": 1} x`:       "is not JSON: invalid character 'x' after top-level value at byte 10",
		`{"a": 1}}`:        "is not JSON: invalid character '}' after top-level value at byte 9",
		`{"a": 0x1}`:       "is not JSON: invalid character 'x' after object key:value pair at byte 8",
		`{"a": "b`:         "is not JSON: unexpected end of JSON input at byte 8",
		`{"a": ` + deep:    "is not JSON: invalid character '[' exceeded max depth at byte 10006",
	} {
		err := object([]byte(line), func(name, value []byte) error { return nil })
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.40q: error is %v, want %s", line, err, want)
		}
	}
	for list, want := range map[string]string{
		"[1,2":    "is not JSON: unexpected end of JSON input at byte 4",
		"[1,2]]":  "is not JSON: invalid character ']' after top-level value at byte 6",
		"[1,2,3x": "is not JSON: invalid character 'x' after array element at byte 7",
		"x":       "got x, want 2 numbers",
		"":        "got nothing, want 2 numbers",
		"[300 2]": "is not JSON: invalid character '2' after array element at byte 6",
		"[0.5,2]": "pixel 0 is 0.5, want a whole number from 0 to 255",
	} {
		err := Pixels(make([]uint8, 2), tensor.Shape{2}, []byte(list))
		if err == nil || err.Error() != want {
			t.Errorf("%s: error is %v, want %s", list, err, want)
		}
	}
	if err := CheckSyntax([]byte(`{"a": [1, 2]}`)); err != nil {
		t.Errorf("the error of JSON is %v", err)
	}
}

// An error of visit comes back as it is, and ends the walk.
func TestObjectVisit(t *testing.T) {
	refused, visited := errors.New("refused"), ""
	err := object([]byte(`{"a": 1, "b": [2], "c": x}`), func(name, value []byte) error {
		if visited += string(name) + string(value); string(name) == "b" {
			return refused
		}
		return nil
	})
	if err != refused || visited != "a1b[2]" {
		t.Errorf("error is %v after %s", err, visited)
	}
}

// Numbers are read without memory for each.
func TestNumberAllocations(t *testing.T) {
	list := []byte("[" + strings.Repeat("[0.5, -1e2, 250],", 299) + "[1, 2, 3]]")
	to, shape := make([]float32, 900), tensor.Shape{300, 3}
	allocations := testing.AllocsPerRun(10, func() {
		if err := Floats(to, shape, list); err != nil {
			t.Error(err)
		}
	})
	if allocations > 10 || to[898] != 2 {
		t.Errorf("900 numbers took %v allocations, the last but one is %v", allocations, to[898])
	}
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
		p, ok := pixel(token)
		isByte := err == nil && v >= 0 && v <= 255 && v == math.Trunc(v)
		if ok != isByte || ok && float64(p) != v {
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

// inner reports whether each is an array of n elements.
func inner(list []json.RawMessage, n int) bool {
	for _, raw := range list {
		var within []json.RawMessage
		if json.Unmarshal(raw, &within) != nil || len(within) != n {
			return false
		}
	}
	return true
}
