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

// field is the value of a named field in a request. It is valid as long as the request's body: it
// may be a subslice of that.
type field struct {
	raw     []byte // JSON; nil: the field is from a form, and content is its value
	content []byte
	charset string // of content that is text, in lower case; "": UTF-8
	escaped bool   // content has escapes of URLs: %2B, and + for a space
}

// Limits of the fields of a request, far above what most models take.
const (
	maxFields = 32
	maxName   = 256 // bytes
)

// mostFields is the most fields of a request: maxFields, or what a served model takes.
func (s *Server) mostFields() int {
	most := maxFields
	for _, m := range s.models {
		most = max(most, 1+len(m.current.Load().Columns)) // and the model's name
	}
	return most
}

// fields returns the fields of a body that is a form or JSON.
func (b *body) fields(contentType string) (map[string]field, error) {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, wrongType(suggest.Shorten(contentType))
	}
	switch media {
	case "application/json":
		return b.jsonFields()
	case "multipart/form-data":
		return b.formFields(params["boundary"])
	case "application/x-www-form-urlencoded": // the type that curl -d gives to JSON, too
		text := bytes.TrimLeft(value.TrimMark(b.content), " \t\r\n")
		if bytes.HasPrefix(text, []byte("{")) {
			return b.jsonFields()
		}
		return b.queryFields()
	}
	return nil, wrongType(suggest.Shorten(media))
}

func wrongType(got string) error {
	return unsupported("Content-Type is %s, want application/json or multipart/form-data", got)
}

// jsonFields returns the members of a JSON object. Their values are subslices of the body.
func (b *body) jsonFields() (map[string]field, error) {
	text := value.TrimMark(b.content)
	if err := checkJSON(text); err != nil {
		return nil, err
	}
	given := b.newFields()
	err := value.Members(text, func(name, raw []byte) error {
		return given.add(name, field{raw: raw})
	})
	var p *problem
	switch {
	case err == nil:
		return given.fields, nil
	case !errors.As(err, &p):
		err = bad("the JSON %s", plain(err))
	}
	return nil, jsonProblem(text, err)
}

// fieldMap are the fields of a request by name.
type fieldMap struct {
	fields map[string]field
	most   int
}

func (b *body) newFields() fieldMap {
	return fieldMap{map[string]field{}, b.server.mostFields()}
}

// add adds a field. Its name must be new.
func (given fieldMap) add(name []byte, f field) error {
	if len(name) > maxName {
		return bad("a field is named %q, want at most %d bytes", quoted(name), maxName)
	}
	if _, twice := given.fields[string(name)]; twice {
		return &fieldError{string(name), bad("two fields are named %q", name)}
	}
	if len(given.fields) == given.most {
		return bad("there are more than %d fields", given.most)
	}
	given.fields[string(name)] = f
	return nil
}

// modelName returns the name of a model that a field gives.
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
	return string(text[:min(len(text), maxName)]), nil // all models' names are shorter
}

// queryFields reads a form that is written as a URL's query.
func (b *body) queryFields() (map[string]field, error) {
	if found := http.DetectContentType(b.content); !strings.HasPrefix(found, "text/plain") {
		return nil, wrongType("application/x-www-form-urlencoded, but the body is " + found)
	}
	given := b.newFields()
	for pair := range bytes.SplitSeq(bytes.TrimRight(b.content, "\r\n"), []byte("&")) {
		name, content, ok := bytes.Cut(pair, []byte("="))
		switch {
		case len(pair) == 0:
			continue
		case !ok:
			return nil, bad("the form has %q, want NAME=VALUE", quoted(pair))
		case len(name) > 3*maxName:
			return nil, bad("a field is named %q, want at most %d bytes", quoted(name), maxName)
		}
		f := field{content: content, escaped: true}
		if err := given.add(unescape(nil, name, true), f); err != nil {
			return nil, err
		}
	}
	return given.fields, nil
}

// text returns the content of a form's field as UTF-8.
func (b *body) text(name string, f field) ([]byte, error) {
	switch f.charset {
	case "", "utf-8", "utf8", "us-ascii":
		return b.unescaped(f, true)
	case "iso-8859-1", "latin1":
	default:
		charset := suggest.Shorten(f.charset)
		return nil, unsupported("%q: the charset is %q, want utf-8", name, charset)
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

// unescaped returns the content of a form's field without escapes. plus is whether + stands for a
// space, which in base64 it does not.
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

// unescape appends text to to. It replaces escapes such as %2B by their byte, and + by a space if
// plus is true. It leaves a % that begins no escape.
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

// buffer returns an empty buffer with capacity size, for a copy of some of the body. It takes
// memory from the budget if the body has, which free gives back.
func (b *body) buffer(size int) ([]byte, error) {
	if b.held[forBody] > 0 {
		if err := b.take(int64(size), forWork); err != nil {
			return nil, err
		}
	}
	return make([]byte, 0, size), nil
}
