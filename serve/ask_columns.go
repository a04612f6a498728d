package serve

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"braid/feature"
	"braid/internal/suggest"
	"braid/internal/value"
)

// readColumns reads the fields of a request to a model that reads columns of people's data. Each is
// the cell of a column; a column without a field is missing. The caller frees the rows.
func (s *Server) readColumns(v *version, b *body, given map[string]field) (*askRequest, error) {
	features := v.File.Features
	values := make([]feature.Value, len(features))
	var columns, missing []string
	hasFile := false
	for i, c := range features {
		columns = append(columns, c.Column)
		f, ok := given[c.Column]
		if !ok {
			missing = append(missing, c.Column)
			continue
		}
		var err error
		if values[i], err = b.cell(c.Column, c.Encoder, f); err != nil {
			return nil, columnError(c.Column, err)
		}
		if values[i].Content != nil {
			hasFile, values[i].Most = true, s.config.Image
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(columns, name) {
			return nil, bad("%v", suggest.Unknown("column", suggest.Shorten(name), columns))
		}
	}
	a := &askRequest{rows: v.NewBatch(1)}
	var wrong error
	encode := func() error {
		wrong = v.Encode(a.rows, 0, values, make([]feature.Note, len(values)))
		return nil
	}
	var err error
	if hasFile { // one is decoded after the other
		err = s.decode(b, s.config.Image, encode)
	} else {
		err = encode()
	}
	if err == nil && wrong != nil {
		if err = wrong; known(err) == nil {
			err = bad("%v", err)
		}
	}
	if err != nil {
		v.Free(a.rows)
		return nil, err
	}
	if missing != nil {
		a.notes = append(a.notes, "no value is given for "+strings.Join(missing, ", "))
	}
	return a, nil
}

// columnError returns a problem with a column's value with the column's name.
func columnError(column string, err error) error {
	var p *problem
	if errors.As(err, &p) {
		return problemf(p.status, p.reason, "column %q: %s", column, p.text)
	}
	return fmt.Errorf("column %q: %w", column, err)
}

// maxCell is the most bytes of a cell.
const maxCell = 1 << 16

// cell returns the cell of a column that a field gives. In JSON it is a string, a number, true or
// false; null is a missing cell. A file is the content of a form's field, or a string in base64.
func (b *body) cell(column string, e feature.Encoder, f field) (v feature.Value, err error) {
	_, readsFiles := e.(feature.FileReader)
	if f.raw == nil && readsFiles {
		v.Content, err = b.unescaped(f, false)
		if len(v.Content) == 0 { // an empty field of a form
			v.Content = nil
		}
		return v, err
	}
	var text []byte
	switch {
	case f.raw == nil:
		text, err = b.text(column, f)
	case f.raw[0] == '"':
		r := value.Reader{Memory: b.buffer}
		text, err = r.String(f.raw)
	case string(f.raw) == "null":
		return v, nil
	case f.raw[0] == '[' || f.raw[0] == '{' || readsFiles:
		return v, bad("got %s, want %s", value.Shorten(f.raw), wantedCell(readsFiles))
	default:
		text = f.raw
	}
	switch {
	case known(err) != nil:
		return v, err
	case err != nil:
		return v, bad("%v", err)
	case !utf8.Valid(text):
		return v, bad("got a text that is not UTF-8")
	case readsFiles && len(bytes.TrimSpace(text)) > 0:
		to, err := b.buffer(len(text))
		if err != nil {
			return v, err
		}
		if v.Content, err = value.Base64(to, text); err != nil {
			return v, bad("%v; want %s", err, wantedCell(true))
		}
		return v, nil
	case len(text) > maxCell:
		return v, tooLarge("got a text of %d bytes, want at most %d", len(text), maxCell)
	}
	v.Text = string(text)
	return v, nil
}

// wantedCell says what a cell of a request may be.
func wantedCell(file bool) string {
	if file {
		return "a picture in base64"
	}
	return "a text, a number, true or false, or null"
}
