// Package value reads the values that users give for a model's inputs, one row at a time: JSON,
// fields of forms, images in base64. The commands predict and serve accept the same values because
// both read them here.
//
//	a text input    a string, or token ids
//	an image        a PNG or JPEG as a file or in base64, or pixels from 0 to 255
//	other pixels    numbers from 0 to 255
//	numbers         numbers
//
// Numbers are given in one array, or in arrays nested as the input's shape.
package value

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/go-faster/jx"

	"braid/predictor"
	"braid/tensor"
)

// Reader reads values. It is for one goroutine.
type Reader struct {
	// Text writes the token ids of a text.
	Text func(in *predictor.Input, ids []int32, text []byte) error
	// Image decodes an image file to pixels of the input's height and width.
	Image func(in *predictor.Input, file []byte) ([]uint8, error)
	// Memory returns an empty buffer with the given capacity. nil means make.
	Memory func(size int) ([]byte, error)

	numbers []uint8
}

// JSON reads a value that Object found into a row of t. It returns the pixels of an input that has
// pixels; they are valid until the next call.
func (r *Reader) JSON(
	in *predictor.Input, t tensor.Tensor, row int, raw []byte,
) (pixels []uint8, err error) {
	if raw[0] != '"' || in.Text == nil && in.Files == nil {
		pixels, err := r.list(in, t, row, raw)
		switch {
		case err != nil && in.Text != nil:
			err = fmt.Errorf("%w, or a text", err)
		case err != nil && in.Files != nil && raw[0] != '[':
			err = fmt.Errorf("%w, or a PNG or JPEG in base64", err)
		}
		return pixels, err
	}
	text, err := r.String(raw)
	switch {
	case err != nil:
		return nil, err
	case in.Text != nil:
		return nil, r.Text(in, rowOf(t.Int32s(), in, row), text)
	}
	return r.base64(in, t, row, text)
}

// Form reads the content of a form's field into a row of t. For a text input the content is the
// text. For an image it is a file, base64 or a list of pixels: its first bytes decide which,
// because clients do not always say. Other inputs take JSON.
func (r *Reader) Form(
	in *predictor.Input, t tensor.Tensor, row int, content []byte,
) (pixels []uint8, err error) {
	content = TrimMark(content)
	trimmed := bytes.Trim(content, spaces)
	switch {
	case in.Text != nil:
		if !utf8.Valid(content) {
			return nil, fmt.Errorf("got %s, want a text in UTF-8", kindOf(content))
		}
		return nil, r.Text(in, rowOf(t.Int32s(), in, row), content)
	case in.Files != nil && !isText(content):
		return r.file(in, t, row, content)
	case in.Files != nil && !bytes.HasPrefix(trimmed, []byte("[")):
		return r.base64(in, t, row, content)
	}
	return r.list(in, t, row, trimmed)
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

// String reads a string that Object or Each found. The result is a subslice of raw unless raw has
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

// base64 reads an image file in base64.
func (r *Reader) base64(
	in *predictor.Input, t tensor.Tensor, row int, text []byte,
) ([]uint8, error) {
	to, err := r.memory(base64Size(len(text)))
	if err != nil {
		return nil, err
	}
	file, err := Base64(to, text)
	if err != nil {
		dims := Dims(in.Shape)
		return nil, fmt.Errorf("%w; want a PNG or JPEG in base64, or %s pixels", err, dims)
	}
	return r.file(in, t, row, file)
}

// file reads an image file.
func (r *Reader) file(in *predictor.Input, t tensor.Tensor, row int, file []byte) ([]uint8, error) {
	pixels, err := r.Image(in, file)
	if err == nil {
		in.Pixels.Floats(rowOf(t.Float32s(), in, row), pixels)
	}
	return pixels, err
}

// list reads numbers in JSON.
func (r *Reader) list(in *predictor.Input, t tensor.Tensor, row int, raw []byte) ([]uint8, error) {
	switch {
	case in.Pixels != nil:
		return r.pixels(in, t, row, raw)
	case in.DType == tensor.Int32:
		return nil, IDs(rowOf(t.Int32s(), in, row), in.Shape, in.Vocabulary, raw)
	}
	return nil, Floats(rowOf(t.Float32s(), in, row), in.Shape, raw)
}

func (r *Reader) pixels(
	in *predictor.Input, t tensor.Tensor, row int, raw []byte,
) ([]uint8, error) {
	size := in.Shape.Size()
	if cap(r.numbers) < size {
		var err error
		if r.numbers, err = r.memory(size); err != nil {
			return nil, err
		}
	}
	pixels := r.numbers[:size]
	if err := Pixels(pixels, in.Shape, raw); err != nil {
		return nil, err
	}
	in.Pixels.Floats(rowOf(t.Float32s(), in, row), pixels)
	return pixels, nil
}

// rowOf returns a row of a tensor's values.
func rowOf[T any](values []T, in *predictor.Input, row int) []T {
	size := in.Shape.Size()
	return values[row*size:][:size]
}
