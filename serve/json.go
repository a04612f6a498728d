package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-faster/jx"

	"braid/internal/suggest"
)

// maxEscaped is how many bytes a string with escapes may have where nothing longer makes sense: the decoder copies it,
// in steps. All characters of the longest text may be escapes.
const maxEscaped = 6 * maxText

// checkJSON tests what a decoder does not: how deep a text is nested, that it is one value, and how long the strings
// with escapes are: at most maxEscaped, or as long as is given where they are values.
func checkJSON(text []byte, value int) error {
	depth, quoted, escaped := 0, 0, false // quoted: where the string began that i is in
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted > 0:
			if c == '\\' {
				i++
				escaped = true
			} else if c == '"' {
				if n := i - quoted; escaped && n > maxEscaped && (n > value || isName(text[i+1:])) {
					return tooLarge("a string with escapes has %d bytes, at most %d are read", n, maxEscaped)
				}
				quoted = 0
			}
		case c == '"':
			quoted, escaped = i+1, false
		case c == '[' || c == '{':
			if depth++; depth > maxDepth {
				return bad("the JSON is nested deeper than %d levels", maxDepth)
			}
		case c == ']' || c == '}':
			if depth--; depth == 0 {
				if rest := bytes.TrimLeft(text[i+1:], " \t\n\r"); len(rest) > 0 {
					return bad("%d bytes follow the JSON", len(rest))
				}
				return nil
			}
		}
	}
	return nil // what is missing the decoder tells
}

// isName tells whether a string is a member's name by what follows it.
func isName(text []byte) bool {
	text = bytes.TrimLeft(text, " \t\n\r")
	return len(text) > 0 && text[0] == ':'
}

// members visits an object's members, each of them once. Null stands for one that may be left out.
func members(d *jx.Decoder, visit func(key []byte) error) error {
	if got := d.Next(); got != jx.Object {
		return fmt.Errorf("got %s, want an object", kindNames[got])
	}
	seen := make([][]byte, 0, 8) // parts of the JSON, or copies; few objects have more
	return d.ObjBytes(func(_ *jx.Decoder, key []byte) error {
		for _, before := range seen {
			if bytes.Equal(before, key) {
				return bad("two members are named %q", shorten(before))
			}
		}
		if len(seen) == maxTensors {
			return bad("an object has more than %d members", maxTensors)
		}
		seen = append(seen, key)
		got := d.Next()
		if got == jx.Null && kinds[string(key)].optional {
			return d.Null()
		}
		if err := visit(key); err != nil {
			return memberProblem(key, got, err)
		}
		return nil
	})
}

// shorten is suggest.Shorten without a copy of all.
func shorten(text []byte) string { return suggest.Shorten(string(text[:min(len(text), maxName)])) }

// kindNames are the decoder's types in words.
var kindNames = map[jx.Type]string{
	jx.Invalid: "no JSON", jx.String: "a string", jx.Number: "a number", jx.Null: "null", jx.Bool: "a truth value",
	jx.Array: "a list", jx.Object: "an object",
}

// kinds are what the members of requests are, wherever they stand.
var kinds = map[string]struct {
	kind     jx.Type
	text     string
	optional bool // null means that it is left out
}{
	"id":                 {jx.String, "a string", true},
	"name":               {jx.String, "a string", false},
	"datatype":           {jx.String, "a string", false},
	"shape":              {jx.Array, "a list of whole numbers", false},
	"inputs":             {jx.Array, "a list of objects", false},
	"outputs":            {jx.Array, "a list of objects", true},
	"parameters":         {jx.Object, "an object", true},
	"timeout":            {jx.Number, "a whole number", true},
	"binary_data_size":   {jx.Number, "a whole number", true},
	"binary_data":        {jx.Bool, "true or false", true},
	"binary_data_output": {jx.Bool, "true or false", true},
	"classification":     {jx.Number, "a whole number", true},
	"data":               {jx.Array, "a list of values", true},
}

// misread is the error of a member that is not what it should be.
type misread struct {
	text  string // which member, and what it should be
	cause error  // nil: the text says all
}

func (m *misread) Error() string {
	if m.cause == nil {
		return m.text
	}
	return m.text + ": " + plain(m.cause)
}

// memberProblem says which member is wrong, and what it should be, where the error does not.
func memberProblem(key []byte, got jx.Type, err error) error {
	var p *problem
	var m *misread
	want, known := kinds[string(key)]
	if !known || errors.As(err, &p) || errors.As(err, &m) {
		return err
	}
	if got != want.kind {
		return &misread{text: fmt.Sprintf("%q is %s, want %s", key, kindNames[got], want.text)}
	}
	return &misread{fmt.Sprintf("%q is not %s", key, want.text), err}
}

// plain is a decoder's error without the way that it took through our functions, and not too long: it may repeat
// what the client wrote.
func plain(err error) string {
	const most = 200
	text := waysThrough.Replace(err.Error())
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// waysThrough are what the decoder tells of functions.
var waysThrough = strings.NewReplacer("callback: ", "", "skip: ", "", "array: ", "")

// list visits a list's entries.
func list(d *jx.Decoder, what string, visit func() error) error {
	if d.Next() != jx.Array {
		return fmt.Errorf("%q is no list", what)
	}
	n := 0
	return d.Arr(func(*jx.Decoder) error {
		if n++; n > maxTensors {
			return bad("%q has more than %d entries", what, maxTensors)
		}
		return visit()
	})
}

// jsonProblem says what is wrong with a request's JSON. If it is no JSON, encoding/json says why and
// where. Else the decoder does, if the server has no words of its own.
func jsonProblem(text []byte, err error) error {
	var p *problem
	var m *misread
	var wrong *json.SyntaxError
	named := errors.As(err, &m)
	switch {
	case errors.As(json.Unmarshal(text, new(bool)), &wrong):
		where := "the JSON cannot be read"
		if named {
			where = m.text
		}
		return bad("%s: %v at byte %d", where, wrong, wrong.Offset)
	case errors.As(err, &p):
		return p
	case named:
		return bad("%v", m)
	}
	return bad("the JSON cannot be read: %s", plain(err))
}
