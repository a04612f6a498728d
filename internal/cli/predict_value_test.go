package cli

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

// Every line that is no row says why, and on which line.
func TestPredictBadLines(t *testing.T) {
	run, folder := trained(t)
	m := manyRows(t, folder, 1)
	image := strings.Split(strings.TrimPrefix(m.jsonLine(0, false), `{"digit":"`), `"image":`)[1] // and the rest
	numbers := strings.Split(image, "]")[0] + "]"
	row := func(more string) string { return `{"image": ` + numbers + `, "question": "odd number"` + more + `}` }
	for line, want := range map[string]string{
		`[1, 2]`:                        "is an array, want a JSON object with the names of the model's inputs",
		"\x1b[31m\x8b":                  "is ?[31m\ufffd, want a JSON object",
		`7`:                             "is 7, want a JSON object",
		`{`:                             "is no JSON: got its end at byte 2, want a name in quotes",
		`{}`:                            `"image" is missing, want an image of 6 x 5`,
		`{"image" 1}`:                   "got 1} at byte 10, want a colon",
		`{"image": }`:                   "got } at byte 11, want a value",
		`{image: 1}`:                    "got image: 1} at byte 2, want a name in quotes",
		row("") + " {}":                 "got {} at byte",
		row("")[:40]:                    `"image": got nothing, want 30 (6 x 5) numbers`,
		row(`, "Image": 1`):             `unknown input or head "Image", want one of "image", "question", "digit", "answer"; did you mean "image"?`,
		row(`, "image": [1]`):           `"image": got 1 numbers, want 30 (6 x 5)`,
		row(`, "question": [1, 2]`):     `"question": comes twice`,
		row(`, "digit": 1, "digit": 1`): `"digit": comes twice`,
		`{"image": ` + numbers + `}`:    `"question" is missing, want such as "odd number", or --question for all rows`,
		`{"image": ` + numbers + `, "question": "blue number"}`:     `"question": "blue number" has`,
		`{"image": ` + numbers + `, "question": [1]}`:               `"question": got 1 numbers, want 2`,
		`{"image": ` + numbers + `, "question": [1, 8]}`:            `"question": id 1 is 8, want 0 to 7`,
		`{"image": ` + numbers + `, "question": [1, 2.0]}`:          `"question": id 1 is 2.0, want 0 to 7`,
		`{"image": ` + numbers + `, "question": ["odd", "number"]}`: `"question": got "odd", "number"], want 2 numbers`,
		`{"image": ` + numbers + `, "question": "odd number` + "\n": `"question": unexpected end of JSON input`,
		`{"image": {"path": "/etc/passwd"}, "question": [1, 2]}`:    `"image": got {"path": "/etc/passwd"}, want 30 (6 x 5) numbers`,
		`{"image": null}`:      `"image": got null, want 30 (6 x 5) numbers`,
		`{"image": 5}`:         `"image": got 5, want 30 (6 x 5) numbers`,
		`{"image": [1, 2, 3]}`: `"image": got 3 numbers, want 30 (6 x 5)`,
		`{"image": [` + strings.Repeat("1,", 30) + `1]}`:     `"image": got 31 numbers, want 30`,
		`{"image": [1, 2.5]}`:                                `"image": pixel 1 is 2.5, want a whole number from 0 to 255`,
		`{"image": [256]}`:                                   `pixel 0 is 256`,
		`{"image": [-1]}`:                                    `pixel 0 is -1`,
		`{"image": [01]}`:                                    `"image": is no JSON: 01 is no number`,
		`{"image": [1 2]}`:                                   `got 2] at byte 4, want a comma or ]`,
		`{"image": [1,]}`:                                    `"image": got ], want 30 (6 x 5) numbers`,
		`{"image": [[1, 2, 3]]}`:                             `"image": an array within has 3 elements, want 5`,
		`{"image": [[1, 2, 3, 4, 5]]}`:                       `"image": got 1 arrays of numbers, want 6`,
		`{"image": [1, [2]]}`:                                `"image": its arrays are nested otherwise than 6 x 5`,
		`{"image": [[1, 2, 3, 4, 5], 6]}`:                    `"image": its arrays are nested otherwise than 6 x 5`,
		`{"image": [[[1]]]}`:                                 `"image": its arrays are nested otherwise than 6 x 5`,
		`{"image": "?"}`:                                     `"image": "?" is no base64`,
		`{"image": "aGVsbG8="}`:                              `"image": got text ("hello"): want a PNG or a JPEG`,
		row(`, "digit": "ten"`):                              `"digit": unknown answer "ten", want one of "0", "1"`,
		row(`, "digit": 10`):                                 `"digit": true answer is 10, want a label as a string, or its index from 0 to 9`,
		row(`, "digit": -1`):                                 `"digit": true answer is -1`,
		row(`, "digit": 1.5`):                                `"digit": true answer is 1.5`,
		row(`, "digit": true`):                               `"digit": true answer is true`,
		row(`, "digit": [7]`):                                `"digit": true answer is [7]`,
		row(`, "digit": 7 7`):                                `want a comma or }`,
		row(`, "answer": "maybe"`):                           `"answer": unknown answer "maybe", want one of "no", "yes"`,
		`{"image": "` + strings.Repeat("A", mostLine) + `"}`: `line is too long: want 16777216 bytes or less`,
		`{"image": ` + strings.Repeat("[", 1000000):          `"image": its arrays are nested otherwise`,
		`{"question": "` + strings.Repeat("odd ", 100) + `number"}`:  `has 101 words, the model reads 2`,
		`{"image": [` + strings.Repeat("1e999,", 29) + "1e999" + `]`: `pixel 0 is 1e999`,
	} {
		code, out, errs := callWith(strings.NewReader("\n"+row("")+"\n"+line), "predict", run, "--in", "-")
		if code != 1 || len(parseLines(t, out)) != 1 || !strings.Contains(errs, "standard input: line 3: ") || !strings.Contains(errs, want) || len(errs) > 1000 {
			t.Errorf("%.200s: exit code %d\ngot  %.500s\nwant %s", line, code, errs, want)
		}
	}
}

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
		err := object(line, func(name, value []byte) error {
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
	err := numbers(value, tensor.Shape{2, 3}, func(at int, token []byte) error {
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
