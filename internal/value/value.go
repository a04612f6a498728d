// Package value reads the values that people give for a model's inputs, one row at a time: JSON,
// the fields of a form, images in base64. predict and serve accept the same because both read here.
//
//	a text input    a string, or token ids
//	an image        a PNG or JPEG as a file or in base64, or pixels from 0 to 255
//	other pixels    numbers from 0 to 255
//	numbers         numbers
//
// Numbers stand in one list or in lists nested as the input's shape.
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

// Reader reads values for one goroutine.
type Reader struct {
	// Text writes the token ids of a text.
	Text func(in *predictor.Input, ids []int32, text []byte) error
	// Image makes pixels of the input's height and width of an image file.
	Image func(in *predictor.Input, file []byte) ([]uint8, error)
	// Memory returns an empty buffer with so much capacity. nil stands for make.
	Memory func(size int) ([]byte, error)

	numbers []uint8
}

// JSON reads a value of JSON into a row of t. It returns the pixels of an input that has pixels,
// which are valid until the next call.
func (r *Reader) JSON(
	in *predictor.Input, t tensor.Tensor, row int, raw []byte,
) (pixels []uint8, err error) {
	if len(raw) == 0 {
		return nil, errors.New("got nothing")
	}
	if raw[0] != '"' || !in.IsText() && !in.IsImage() {
		pixels, err := r.list(in, t, row, raw)
		switch {
		case err != nil && in.IsText():
			err = fmt.Errorf("%w, or a text", err)
		case err != nil && in.IsImage() && raw[0] != '[':
			err = fmt.Errorf("%w, or a PNG or JPEG in base64", err)
		}
		return pixels, err
	}
	text, err := r.String(raw)
	switch {
	case err != nil:
		return nil, err
	case in.IsText():
		return nil, r.Text(in, rowOf(t.Int32s(), in, row), text)
	}
	return r.base64(in, t, row, text)
}

// Form reads the content of a form's field. A text input takes it as it is. For an image it is a
// file, base64, or a list of pixels, told apart by the first bytes: clients do not always say which.
// Other inputs take JSON.
func (r *Reader) Form(
	in *predictor.Input, t tensor.Tensor, row int, content []byte,
) (pixels []uint8, err error) {
	content = TrimMark(content)
	start := bytes.TrimLeft(content, spaces)
	switch {
	case in.IsText():
		if !utf8.Valid(content) {
			return nil, fmt.Errorf("got %s, want a text in UTF-8", kindOf(content))
		}
		return nil, r.Text(in, rowOf(t.Int32s(), in, row), content)
	case in.IsImage() && !isText(content):
		return r.file(in, t, row, content)
	case in.IsImage() && !bytes.HasPrefix(start, []byte("[")):
		return r.base64(in, t, row, content)
	}
	return r.list(in, t, row, bytes.TrimRight(start, spaces))
}

// spaces are JSON's.
const spaces = " \t\r\n"

// isText reports whether content is text, by its first 512 bytes.
func isText(content []byte) bool {
	utf16 := bytes.Contains(content[:min(len(content), 2)], []byte{0xff})
	return !utf16 && strings.HasPrefix(http.DetectContentType(content), "text/plain")
}

// kindOf names what content is by its first bytes: image/png.
func kindOf(content []byte) string {
	kind, _, _ := strings.Cut(http.DetectContentType(content), ";")
	if kind == "text/plain" || kind == "application/octet-stream" {
		return "bytes of an unknown kind"
	}
	return kind
}

// String reads a string of JSON. The result is a subslice of raw unless raw has escapes.
func (r *Reader) String(raw []byte) ([]byte, error) {
	if len(raw) == 0 || raw[0] != '"' {
		return nil, fmt.Errorf("got %s, want a string", Shorten(raw))
	}
	if len(raw) == 1 || raw[len(raw)-1] != '"' {
		return nil, errors.New("is no JSON: a string has no end")
	}
	text := raw[1 : len(raw)-1]
	if !utf8.Valid(text) {
		return nil, errors.New("is no JSON: a string is not UTF-8")
	}
	if bytes.IndexByte(text, '\\') < 0 {
		if at := bytes.IndexFunc(text, func(c rune) bool { return c < ' ' }); at >= 0 {
			c := text[at]
			return nil, fmt.Errorf("is no JSON: byte %d of a string is %q, want it escaped", at, c)
		}
		return text, nil
	}
	to, err := r.memory(len(text))
	if err != nil {
		return nil, err
	}
	if text, err = jx.DecodeBytes(raw).StrAppend(to); err != nil {
		return nil, fmt.Errorf("is no JSON: %w", err)
	}
	return text, nil
}

func (r *Reader) memory(size int) ([]byte, error) {
	if r.Memory == nil {
		return make([]byte, 0, size), nil
	}
	return r.Memory(size)
}

// base64 reads an image file in base64.
func (r *Reader) base64(in *predictor.Input, t tensor.Tensor, row int, text []byte) ([]uint8, error) {
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

func (r *Reader) file(in *predictor.Input, t tensor.Tensor, row int, file []byte) ([]uint8, error) {
	pixels, err := r.Image(in, file)
	if err == nil {
		in.Pixels.Floats(rowOf(t.Float32s(), in, row), pixels)
	}
	return pixels, err
}

// list reads a list of numbers.
func (r *Reader) list(in *predictor.Input, t tensor.Tensor, row int, raw []byte) ([]uint8, error) {
	switch {
	case in.Pixels != nil:
		return r.pixels(in, t, row, raw)
	case in.DType == tensor.Int32:
		return nil, IDs(rowOf(t.Int32s(), in, row), in.Shape, in.Vocabulary, raw)
	}
	return nil, Floats(rowOf(t.Float32s(), in, row), in.Shape, raw)
}

func (r *Reader) pixels(in *predictor.Input, t tensor.Tensor, row int, raw []byte) ([]uint8, error) {
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

// rowOf is a row of a tensor's values.
func rowOf[T any](values []T, in *predictor.Input, row int) []T {
	size := in.Shape.Size()
	return values[row*size:][:size]
}
