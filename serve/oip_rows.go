package serve

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/go-faster/jx"

	"braid/internal/suggest"
	"braid/internal/value"
	"braid/predictor"
	"braid/tensor"
)

// rows makes a model's rows of the inputs, at most so many. Their memory counts with the body's, and that of the
// answers. The caller frees them.
func (q *inference) rows(m *predictor.Model, most int, b *body, outputs []wanted) (*predictor.Rows, error) {
	n, err := q.count(most)
	if err != nil {
		return nil, err
	}
	found, err := q.match(m)
	if err != nil {
		return nil, err
	}
	size := int64(n) * rowSize(m)
	for i, in := range found {
		if in.pixels() {
			size += int64(n) * int64(m.Inputs[i].Shape.Size())
		}
	}
	for _, out := range outputs {
		size += int64(n) * int64(out.classes) * int64(classSize(&m.Heads[out.head]))
	}
	if size > uncounted {
		if err := b.take(size, forWork); err != nil {
			return nil, err
		}
	}
	made := m.Rows(n)
	for i, in := range found {
		if err := in.read(made.Inputs[i], &m.Inputs[i]); err != nil {
			m.Free(made)
			return nil, err
		}
	}
	return made, nil
}

// pixels tells whether an input's numbers are read as bytes first, which takes memory besides the rows'.
func (in *input) pixels() bool { return in.datatype == "UINT8" && in.data != nil }

// digits is the most that a number of an answer takes as JSON, with the comma.
const digits = 16

// rowSize is the memory that a row takes, in bytes: inputs, answers, and the answers' text.
func rowSize(m *predictor.Model) int64 {
	size := 0
	for _, in := range m.Inputs {
		size += 4 * in.Shape.Size()
	}
	for _, h := range m.Heads {
		size += (4 + digits) * h.Shape.Size()
	}
	return int64(size)
}

// count is how many rows all inputs have.
func (q *inference) count(most int) (int, error) {
	n := 0
	for i := range q.inputs {
		in := &q.inputs[i]
		if len(in.shape) == 0 || in.shape[0] < 1 {
			return 0, bad("input %q has shape %v, want rows first, 1 or more", suggest.Shorten(in.name), in.shape)
		}
		if i > 0 && in.shape[0] != n {
			return 0, bad("input %q has %d rows, the inputs before it have %d", suggest.Shorten(in.name), in.shape[0], n)
		}
		if n = in.shape[0]; n > most {
			return 0, tooLarge("%d rows, at most %d are answered at once", n, most)
		}
	}
	return n, nil
}

// match finds what the request gives for each of the model's inputs.
func (q *inference) match(m *predictor.Model) ([]*input, error) {
	found := make([]*input, len(m.Inputs))
	for i := range q.inputs {
		in := &q.inputs[i]
		at := slices.IndexFunc(m.Inputs, func(have predictor.Input) bool { return have.Name == in.name })
		if at < 0 {
			return nil, bad("%v", suggest.Unknown("input", suggest.Shorten(in.name), inputNames(m)))
		}
		if found[at] != nil {
			return nil, bad("two inputs are named %q", in.name)
		}
		found[at] = in
		if err := in.check(&m.Inputs[at]); err != nil {
			return nil, err
		}
	}
	for i, in := range found {
		if in == nil {
			return nil, bad("input %q is missing, want each of %s", m.Inputs[i].Name, suggest.List(inputNames(m)))
		}
	}
	return found, nil
}

func inputNames(m *predictor.Model) []string {
	list := make([]string, len(m.Inputs))
	for i, in := range m.Inputs {
		list[i] = in.Name
	}
	return list
}

// check tests an input's type and shape, and that so much data can be there, before memory is taken for it.
func (in *input) check(of *predictor.Input) error {
	types := datatypes(of)
	if !slices.Contains(types, in.datatype) {
		return bad("input %q has datatype %q, want one of %s", in.name, suggest.Shorten(in.datatype), suggest.List(types))
	}
	want := of.Shape
	if in.datatype == "BYTES" {
		want = tensor.Shape{1}
	}
	if !slices.Equal(in.shape[1:], want) && !(in.datatype == "BYTES" && len(in.shape) == 1) {
		return bad("input %q has shape %v, want rows, then %v", in.name, in.shape, []int(want))
	}
	values := in.shape[0] * want.Size() // rows are bounded, and so is a network's input
	if in.data == nil && in.size < 0 {
		return bad("input %q has no data", in.name)
	}
	width := widths[in.datatype]
	if in.data == nil && width > 0 && in.size != width*values {
		return bad("input %q has %d bytes of binary data, want %d: %d values of %s", in.name, in.size, width*values, values, in.datatype)
	}
	if in.data != nil && len(in.data) < 2*values-1 || in.data == nil && width == 0 && in.size < 4*values {
		return bad("input %q has too little data for shape %v", in.name, in.shape)
	}
	return nil
}

// widths are the sizes in bytes of a value as binary data; of BYTES each value has its own.
var widths = map[string]int{"UINT8": 1, "FP32": 4, "INT32": 4}

// datatypes are the types that an input takes, the one that people have first.
func datatypes(in *predictor.Input) []string {
	list := make([]string, 0, 3)
	if in.Pixels != nil {
		list = append(list, "UINT8")
	}
	if in.Text != nil {
		list = append(list, "BYTES")
	}
	if in.DType == tensor.Int32 {
		return append(list, "INT32")
	}
	return append(list, "FP32")
}

// read fills in the values.
func (in *input) read(to tensor.Tensor, of *predictor.Input) error {
	if in.data != nil {
		return in.readJSON(to, of)
	}
	if err := in.readBinary(to, of); err != nil {
		return err
	}
	return in.checkNumbers(to, of)
}

// checkNumbers tests binary numbers: a network does not take every id, nor NaN.
func (in *input) checkNumbers(t tensor.Tensor, of *predictor.Input) error {
	width := of.Shape.Size()
	switch {
	case in.datatype == "INT32" && of.Vocabulary > 0:
		for i, id := range t.Int32s() {
			if id < 0 || int(id) >= of.Vocabulary {
				return bad("input %q: row %d, element %d is id %d, want 0 to %d", in.name, i/width, i%width, id, of.Vocabulary-1)
			}
		}
	case in.datatype == "FP32":
		values := t.Float32s()
		if i := notFinite(values); i >= 0 {
			return bad("input %q: row %d, element %d is %v, want a finite number",
				in.name, i/width, i%width, values[i])
		}
	}
	return nil
}

func (in *input) readJSON(to tensor.Tensor, of *predictor.Input) error {
	err := in.readValues(to, of)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("input %q: %w", in.name, err)
	var ours *fault
	if known(err) != nil || errors.As(err, &ours) {
		return err
	}
	return bad("%v", err)
}

func (in *input) readValues(to tensor.Tensor, of *predictor.Input) error {
	if in.data.Type() != jx.Array {
		return errors.New("data is no list")
	}
	switch in.datatype {
	case "UINT8":
		return in.readPixels(to, of)
	case "INT32":
		return value.IDs(to.Int32s(), in.shape, of.Vocabulary, in.data)
	case "FP32":
		return value.Floats(to.Float32s(), in.shape, in.data)
	}
	size := of.Shape.Size()
	var r value.Reader
	return value.Each(in.data, in.shape, "texts", func(at int, token []byte) error {
		text, err := r.String(token)
		if err == nil {
			err = readText(of, to.Int32s()[at*size:][:size], text)
		}
		if err != nil {
			err = fmt.Errorf("text %d: %w", at, err)
		}
		return err
	})
}

func (in *input) readPixels(to tensor.Tensor, of *predictor.Input) error {
	b := bodies.Get().(*body)
	defer bodies.Put(b)
	pixels := b.empty(to.Len())[:to.Len()]
	if err := value.Pixels(pixels, in.shape, in.data); err != nil {
		return err
	}
	of.Pixels.Floats(to.Float32s(), pixels)
	return nil
}

func (in *input) readBinary(to tensor.Tensor, of *predictor.Input) error {
	switch in.datatype {
	case "UINT8":
		of.Pixels.Floats(to.Float32s(), in.binary)
	case "INT32":
		_, err := binary.Decode(in.binary, binary.LittleEndian, to.Int32s())
		return err
	case "FP32":
		_, err := binary.Decode(in.binary, binary.LittleEndian, to.Float32s())
		return err
	case "BYTES":
		size, rest := of.Shape.Size(), in.binary
		for row := range in.shape[0] {
			if len(rest) < 4 || uint32(len(rest)-4) < binary.LittleEndian.Uint32(rest) {
				return bad("input %q: text %d has no length before it, or is shorter than that", in.name, row)
			}
			n := binary.LittleEndian.Uint32(rest)
			if err := readText(of, to.Int32s()[row*size:][:size], rest[4:4+n]); err != nil {
				return err
			}
			rest = rest[4+n:]
		}
		if len(rest) > 0 {
			return bad("input %q: %d bytes follow its texts", in.name, len(rest))
		}
	}
	return nil
}

// readText writes the token ids of a text.
func readText(of *predictor.Input, ids []int32, text []byte) error {
	if len(text) > maxText {
		return tooLarge("input %q has a text of %d bytes, want at most %d", of.Name, len(text), maxText)
	}
	if !utf8.Valid(text) {
		return bad("input %q has a text that is not UTF-8", of.Name)
	}
	err := of.ReadText(ids, string(text))
	var question *predictor.Unanswerable
	if err != nil && !errors.As(err, &question) {
		return &fault{err}
	}
	return err
}
