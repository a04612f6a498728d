// Package value reads what users give for the columns of a model, one row at a time: JSON, fields
// of forms, files in base64. The commands predict and serve accept the same values because both
// read them here.
//
//	a column of files     a file, its content in base64, or pixels from 0 to 255
//	numbers alone         numbers
//	tokens                a text, or ids
//	any other column      a text, a number, true or false, as in a cell of a table, or a list
//
// Pixels, ids and numbers are given in one array, or in arrays nested as the input's shape. null is
// a missing value.
package value

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/go-faster/jx"

	"braid/feature"
	"braid/predictor"
	"braid/tensor"
)

// Reader reads values. It is for one goroutine.
type Reader struct {
	// Encode converts a value that is not the numbers of an input to a row of a batch.
	Encode func(c *predictor.Column, b *predictor.Batch, row int, v feature.Value) error
	// Memory returns an empty buffer with the given capacity. nil means make.
	Memory func(size int) ([]byte, error)
	// Folder is where paths of files begin. If it is empty, no file is read, and strings are base64.
	Folder string
}

// JSON reads a value that Members found into a row of a batch.
func (r *Reader) JSON(c *predictor.Column, b *predictor.Batch, row int, raw []byte) error {
	switch {
	case raw[0] == '[' && takesNumbers(c) || c.IsNumbers():
		return r.list(c, b, row, raw)
	case string(raw) == "null":
		return r.Encode(c, b, row, feature.Value{})
	case raw[0] == '{' || raw[0] != '"' && c.ReadsFiles():
		return fmt.Errorf("got %s, want %s", Shorten(raw), r.wanted(c))
	case raw[0] == '[':
		cell, err := r.memory(len(raw))
		if err == nil {
			cell, err = appendList(cell, raw)
		}
		if err != nil {
			return err
		}
		return r.text(c, b, row, cell)
	case raw[0] != '"':
		return r.text(c, b, row, raw)
	}
	text, err := r.String(raw)
	switch {
	case err != nil:
		return err
	case c.ReadsFiles() && r.Folder != "" && isPath(text):
		return r.path(c, b, row, text)
	case c.ReadsFiles():
		return r.base64(c, b, row, text)
	}
	return r.text(c, b, row, text)
}

// Form reads the content of a form's field into a row of a batch. For a column of files it is a
// file, base64 or a list of pixels: its first bytes decide which, because clients do not always
// say.
func (r *Reader) Form(c *predictor.Column, b *predictor.Batch, row int, content []byte) error {
	content = TrimMark(content)
	trimmed := bytes.Trim(content, spaces)
	switch {
	case c.IsNumbers(), c.ReadsFiles() && bytes.HasPrefix(trimmed, []byte("[")):
		return r.list(c, b, row, trimmed)
	case c.ReadsFiles() && !isText(content):
		return r.Encode(c, b, row, feature.Value{Content: content})
	case c.ReadsFiles():
		err := r.base64(c, b, row, content)
		var wrong *notBase64
		if errors.As(err, &wrong) {
			err = fmt.Errorf("got a text, not a picture such as a PNG or JPEG: %w", err)
		}
		return err
	}
	return r.text(c, b, row, content)
}

// text reads a cell.
func (r *Reader) text(c *predictor.Column, b *predictor.Batch, row int, text []byte) error {
	if !utf8.Valid(text) {
		return fmt.Errorf("got %s, want a text in UTF-8", kindOf(text))
	}
	return r.Encode(c, b, row, feature.Value{Text: string(text)})
}

// path reads a file.
func (r *Reader) path(c *predictor.Column, b *predictor.Batch, row int, path []byte) error {
	err := r.Encode(c, b, row, feature.Value{Text: string(path), Folder: r.Folder})
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w; want %s", err, r.wanted(c))
	}
	return err
}

// takesNumbers reports whether a list is the numbers of the column's input. In other columns it is
// a cell with several values.
func takesNumbers(c *predictor.Column) bool {
	_, isTokens := c.Encoder.(*feature.TokensEncoder)
	return len(c.Inputs) == 1 && (c.IsNumbers() || c.ReadsFiles() || isTokens)
}

// wanted says what a value of a column may be.
func (r *Reader) wanted(c *predictor.Column) string {
	var list []string
	switch {
	case c.ReadsFiles():
		list = append(list, "a picture in base64")
	case !c.IsNumbers() && takesNumbers(c):
		list = append(list, "a text, a number, true or false")
	case !c.IsNumbers():
		list = append(list, wantedCell)
	}
	if takesNumbers(c) {
		in := c.Inputs[0]
		what := "numbers"
		if in.DType == tensor.Uint8 {
			what = "pixels"
		} else if in.DType == tensor.Int32 {
			what = "ids"
		}
		list = append(list, Dims(in.Shape)+" "+what)
	}
	if c.ReadsFiles() && r.Folder != "" {
		list = append(list, "the path of a picture")
	}
	return strings.Join(list, ", or ")
}

// spaces are the characters that JSON allows between values.
const spaces = " \t\r\n"

// isText reports whether content is text, by its first 512 bytes.
func isText(content []byte) bool {
	utf16 := bytes.Contains(content[:min(len(content), 2)], []byte{0xff})
	return !utf16 && strings.HasPrefix(http.DetectContentType(content), "text/plain")
}

// kindOf names the kind of content by its first bytes: image/png.
func kindOf(content []byte) string {
	kind, _, _ := strings.Cut(http.DetectContentType(content), ";")
	if kind == "text/plain" || kind == "application/octet-stream" {
		return "bytes of an unknown kind"
	}
	return kind
}

// String reads a string that Members or Each found. The result is a subslice of raw unless raw has
// escapes.
func (r *Reader) String(raw []byte) ([]byte, error) {
	switch {
	case raw[0] != '"':
		return nil, fmt.Errorf("got %s, want a string", Shorten(raw))
	case !utf8.Valid(raw):
		return nil, errors.New("a string is not UTF-8")
	case bytes.IndexByte(raw, '\\') < 0:
		return raw[1 : len(raw)-1], nil
	}
	to, err := r.memory(len(raw))
	if err != nil {
		return nil, err
	}
	return jx.DecodeBytes(raw).StrAppend(to)
}

func (r *Reader) memory(size int) ([]byte, error) {
	if r.Memory == nil {
		return make([]byte, 0, size), nil
	}
	return r.Memory(size)
}

// base64 reads a file in base64. An empty text is a missing file.
func (r *Reader) base64(c *predictor.Column, b *predictor.Batch, row int, text []byte) error {
	if len(bytes.Trim(text, spaces)) == 0 {
		return r.Encode(c, b, row, feature.Value{})
	}
	to, err := r.memory(base64Size(len(text)))
	if err != nil {
		return err
	}
	content, err := Base64(to, text)
	if err != nil {
		return &notBase64{fmt.Errorf("%w; want %s", err, r.wanted(c))}
	}
	return r.Encode(c, b, row, feature.Value{Content: content})
}

// notBase64 is the error of a text that is not base64.
type notBase64 struct{ error }

// list reads the numbers of a column's only input.
func (r *Reader) list(c *predictor.Column, b *predictor.Batch, row int, raw []byte) error {
	if !takesNumbers(c) {
		return fmt.Errorf("got %s, want %s", Shorten(raw), r.wanted(c))
	}
	in, slot := c.Inputs[0], c.Slots(b, row)[0]
	var err error
	switch in.DType {
	case tensor.Uint8:
		if err = Pixels(slot.Bytes, in.Shape, raw); err == nil {
			c.Standardize(b, row, row+1)
		}
	case tensor.Int32:
		err = IDs(slot.Ints, in.Shape, in.Vocabulary, raw)
	default:
		err = Floats(slot.Floats, in.Shape, raw)
	}
	if err != nil && !c.IsNumbers() && !bytes.HasPrefix(raw, []byte("[")) {
		err = fmt.Errorf("%w; want %s", err, r.wanted(c))
	}
	return err
}
