package serve

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/go-faster/jx"

	"braid/internal/suggest"
	"braid/internal/value"
)

// maxEscaped is the most bytes of a name with escapes, which a decoder copies. Each byte of the
// longest may be an escape of six.
const maxEscaped = 6 * maxLabel

// tooLongEscaped returns the error of a string of size bytes that has escapes.
func tooLongEscaped(size int) error {
	return tooLarge("a string with escapes has %d bytes, at most %d are read", size, maxEscaped)
}

// checkJSON tests what a decoder does not: how deep text is nested, that it is one value, and how
// long names with escapes are.
func checkJSON(text []byte) error {
	depth, begin, escaped := 0, 0, false // begin of the string that contains i; 0: none
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case begin > 0:
			if c == '\\' {
				i++
				escaped = true
			} else if c == '"' {
				if n := i - begin; escaped && n > maxEscaped && isName(text[i+1:]) {
					return tooLongEscaped(n)
				}
				begin = 0
			}
		case c == '"':
			begin, escaped = i+1, false
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
	return nil // the decoder reports what is missing
}

// isName reports whether a string is the name of a member: a colon comes next.
func isName(next []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(next, " \t\n\r"), []byte(":"))
}

// members calls visit with the name of each member of an object, but not of optional ones that are
// null. visit decodes the value. Names must be unique.
func members(d *jx.Decoder, visit func(key []byte) error) error {
	if got := d.Next(); got != jx.Object {
		return fmt.Errorf("got %s, want an object", typeNames[got])
	}
	names := make(value.Names, 0, 8) // few objects have more
	return d.ObjBytes(func(_ *jx.Decoder, key []byte) error {
		if len(names) == maxTensors {
			return bad("an object has more than %d members", maxTensors)
		}
		if err := names.Add(key); err != nil {
			return bad("an object %v", err)
		}
		got := d.Next()
		if got == jx.Null && memberTypes[string(key)].optional {
			return d.Null()
		}
		if err := visit(key); err != nil {
			return memberError(key, got, err)
		}
		return nil
	})
}

// quoted returns what an error quotes of text. Unlike suggest.Shorten alone it does not copy all of
// a long text.
func quoted(text []byte) string { return suggest.Shorten(string(text[:min(len(text), maxName)])) }

// typeNames are the names of JSON types in errors.
var typeNames = map[jx.Type]string{
	jx.Invalid: "no JSON",
	jx.String:  "a string",
	jx.Number:  "a number",
	jx.Null:    "null",
	jx.Bool:    "a truth value",
	jx.Array:   "a list",
	jx.Object:  "an object",
}

// memberTypes are the types of all members of requests. No name has two types.
var memberTypes = map[string]struct {
	typ      jx.Type
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

// wrongMember is the error of a member that does not have its type.
type wrongMember struct {
	text  string // the member, and its type
	cause error  // nil: the text says all
}

func (w *wrongMember) Error() string {
	if w.cause == nil {
		return w.text
	}
	return w.text + ": " + plain(w.cause)
}

// memberError returns an error that names the member and its type, if err does not.
func memberError(key []byte, got jx.Type, err error) error {
	var p *problem
	var w *wrongMember
	want, ok := memberTypes[string(key)]
	if !ok || errors.As(err, &p) || errors.As(err, &w) {
		return err
	}
	if got != want.typ {
		text := fmt.Sprintf("%q is %s, want %s", key, typeNames[got], want.text)
		return &wrongMember{text: text}
	}
	return &wrongMember{fmt.Sprintf("%q is not %s", key, want.text), err}
}

// plain returns the text of a decoder's error without the decoder's functions. It shortens the
// text, which may quote much of the client's.
func plain(err error) string {
	const most = 200
	text := functionNames.Replace(err.Error())
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// functionNames removes what the decoder's errors say of its functions.
var functionNames = strings.NewReplacer("callback: ", "", "skip: ", "", "array: ", "")

// list decodes the list that is the member key, of at most most elements. parse decodes an element.
func list[T any](
	d *jx.Decoder, key string, most int, parse func(*T, *jx.Decoder) error,
) ([]T, error) {
	elements := make([]T, 0, 4) // most lists have fewer
	err := d.Arr(func(*jx.Decoder) error {
		if len(elements) == most {
			return bad("%q has more than %d entries", key, most)
		}
		var zero T
		elements = append(elements, zero)
		return parse(&elements[len(elements)-1], d)
	})
	return elements, err
}

// jsonProblem returns the problem of a request's JSON that was not read because of err. If the JSON
// is not valid, the problem has the reason and the position; else err's text.
func jsonProblem(text []byte, err error) error {
	var p *problem
	var w *wrongMember
	invalid := value.CheckSyntax(text)
	hasMember := errors.As(err, &w)
	switch {
	case invalid != nil && hasMember:
		return bad("%s: %v", w.text, invalid)
	case invalid != nil:
		return bad("the JSON cannot be read: %v", invalid)
	case errors.As(err, &p):
		return err
	case hasMember:
		return bad("%v", w)
	}
	return bad("the JSON cannot be read: %s", plain(err))
}
