package serve

import (
	"bytes"
	"encoding/hex"
	"errors"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"braid/internal/suggest"
	"braid/internal/value"
)

// field is what a request gives by one name. Its content is valid as long as the request's body,
// of which it may be a subslice.
type field struct {
	raw     []byte // a value of JSON; nil: content is from a form
	content []byte
	charset string // of a text, in lower case; "": UTF-8
	escaped bool   // as in an address: %2B, and + for a space
}

// Bounds of a request for people, far above what any model takes.
const (
	maxFields = 32
	maxName   = 256 // bytes of a field's
)

// wantFields is what a body of another kind should be.
const wantFields = "want application/json or multipart/form-data"

// fields reads a form or JSON.
func (b *body) fields(contentType string) (map[string]field, error) {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, wrongKind(suggest.Shorten(contentType))
	}
	switch media {
	case "application/json":
		return b.jsonFields()
	case "multipart/form-data":
		return b.formFields(params["boundary"])
	case "application/x-www-form-urlencoded": // curl -d says so of JSON, too
		text := bytes.TrimLeft(value.TrimMark(b.content), " \t\r\n")
		if bytes.HasPrefix(text, []byte("{")) {
			return b.jsonFields()
		}
		return b.queryFields()
	}
	return nil, wrongKind(suggest.Shorten(media))
}

func wrongKind(is string) error {
	return unsupported("Content-Type is %s, %s", is, wantFields)
}

// jsonFields finds the members of an object. Their values are subslices of the body.
func (b *body) jsonFields() (map[string]field, error) {
	text := value.TrimMark(b.content)
	if err := checkJSON(text, len(text)); err != nil {
		return nil, err
	}
	given := map[string]field{}
	err := value.Object(text, func(name, raw []byte) error {
		return add(given, name, field{raw: raw})
	})
	var p *problem
	switch {
	case err == nil:
		return given, nil
	case !errors.As(err, &p):
		err = bad("the JSON %s", plain(err))
	}
	return nil, jsonProblem(text, err)
}

// add adds a field, of a name that comes once.
func add(given map[string]field, name []byte, f field) error {
	if len(name) > maxName {
		return bad("a field is named %q, want at most %d bytes", shorten(name), maxName)
	}
	if _, twice := given[string(name)]; twice {
		return bad("two fields are named %q", name)
	}
	if len(given) == maxFields {
		return bad("there are more than %d fields", maxFields)
	}
	given[string(name)] = f
	return nil
}

// modelName is the model that a field names.
func (b *body) modelName(f field) (string, error) {
	var text []byte
	var err error
	if f.raw != nil {
		r := value.Reader{Memory: b.buffer}
		text, err = r.String(f.raw)
	} else {
		text, err = b.text("model", f)
	}
	if known(err) != nil {
		return "", err
	}
	if err != nil || !utf8.Valid(text) {
		return "", bad("model is no text, want a name")
	}
	text = bytes.TrimRight(text, "\r\n")
	return string(text[:min(len(text), maxName)]), nil // no model's name is as long
}

// queryFields reads a form that is written like the end of an address.
func (b *body) queryFields() (map[string]field, error) {
	if kind := http.DetectContentType(b.content); !strings.HasPrefix(kind, "text/plain") {
		return nil, wrongKind("application/x-www-form-urlencoded, but the body is " + kind)
	}
	given := map[string]field{}
	for pair := range bytes.SplitSeq(bytes.TrimRight(b.content, "\r\n"), []byte("&")) {
		name, content, ok := bytes.Cut(pair, []byte("="))
		switch {
		case len(pair) == 0:
			continue
		case !ok:
			return nil, bad("the form has %q, want NAME=VALUE", shorten(pair))
		case len(name) > 3*maxName:
			return nil, bad("a field is named %q, want at most %d bytes", shorten(name), maxName)
		}
		f := field{content: content, escaped: true}
		if err := add(given, unescape(nil, name, true), f); err != nil {
			return nil, err
		}
	}
	return given, nil
}

// text is the text of a form's field in UTF-8.
func (b *body) text(name string, f field) ([]byte, error) {
	switch f.charset {
	case "", "utf-8", "utf8", "us-ascii":
		return b.unescaped(f, true)
	case "iso-8859-1", "latin1":
	default:
		return nil, unsupported("%q: the charset is %q, want utf-8", name, suggest.Shorten(f.charset))
	}
	to, err := b.buffer(2 * len(f.content))
	if err != nil {
		return nil, err
	}
	for _, c := range f.content {
		to = utf8.AppendRune(to, rune(c))
	}
	return to, nil
}

// unescaped is a form's content, in which + stands for a space if plus is set. In base64 it does not.
func (b *body) unescaped(f field, plus bool) ([]byte, error) {
	if !f.escaped {
		return f.content, nil
	}
	to, err := b.buffer(len(f.content))
	if err != nil {
		return nil, err
	}
	return unescape(to, f.content, plus), nil
}

// unescape appends text with %2B as the byte that it stands for and, where plus is set, + as a
// space. A % before anything else stays.
func unescape(to, text []byte, plus bool) []byte {
	for i := 0; i < len(text); i++ {
		c := []byte{text[i]}
		switch {
		case text[i] == '+' && plus:
			c[0] = ' '
		case text[i] == '%' && i+2 < len(text):
			if _, err := hex.Decode(c, text[i+1:i+3]); err == nil {
				i += 2
			}
		}
		to = append(to, c[0])
	}
	return to
}

// buffer returns an empty buffer for a copy of so much of the body. It counts in the budget if the
// body does, and free gives it back.
func (b *body) buffer(size int) ([]byte, error) {
	if b.held[forBody] > 0 {
		if err := b.take(int64(size), forWork); err != nil {
			return nil, err
		}
	}
	return make([]byte, 0, size), nil
}
