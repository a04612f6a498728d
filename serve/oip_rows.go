package serve

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/go-faster/jx"

	"braid/feature"
	"braid/internal/kernel"
	"braid/internal/suggest"
	"braid/internal/value"
	"braid/predictor"
	"braid/tensor"
)

// readRows converts the inputs to at most most rows of a model. It takes memory for them and for
// the answers from the budget. The caller frees the rows.
func (q *inference) readRows(
	m *predictor.Model, most int, b *body, outputs []wanted,
) (*predictor.Batch, error) {
	if len(q.inputs) == 0 {
		const text = `"inputs" is empty, want one or more of %s`
		return nil, bad(text, suggest.List(inputNames(m)))
	}
	n, err := q.count(most)
	if err != nil {
		return nil, err
	}
	found, err := q.match(m)
	if err != nil {
		return nil, err
	}
	size := int64(n) * rowSize(m)
	for _, out := range outputs {
		size += int64(n) * int64(out.classes) * int64(classSize(&m.Heads[out.head]))
	}
	if size > uncounted {
		if err := b.take(size, forWork); err != nil {
			return nil, err
		}
	}
	rows := m.NewBatch(n)
	for i, in := range found {
		spec := &m.Inputs[i]
		switch {
		case in != nil:
			err = in.read(b, rows, i, spec)
		case spec.IsFirst():
			err = leaveOut(m, spec, rows)
		default: // the cells of its column fill it
		}
		if err != nil {
			m.Free(rows)
			return nil, err
		}
	}
	return rows, nil
}

// leaveOut writes the missing value to all rows of the column of an input that a request does not
// have.
func leaveOut(m *predictor.Model, spec *predictor.Input, rows *predictor.Batch) error {
	for row := range rows.N {
		if _, err := spec.Column.Encode(rows, row, feature.Value{}); err != nil {
			return missingInput(spec.Name, neededInputs(m))
		}
	}
	return nil
}

// missingInput returns the error of a request without one of the inputs that it needs.
func missingInput(name string, needed []string) error {
	return bad("input %q is missing, want each of %s", name, suggest.List(needed))
}

// numberSize is the most bytes of an answer's number in JSON, with its comma.
const numberSize = 16

// rowSize returns the memory of a row, in bytes: its inputs, its answers, and their JSON.
func rowSize(m *predictor.Model) int64 {
	size := 0
	for _, in := range m.Inputs {
		size += 4 * in.Shape.Size()
		if in.Of.DType == tensor.Uint8 {
			size += in.Shape.Size()
		}
	}
	for i := range m.Heads {
		h := &m.Heads[i]
		_, bytes, text := outputType(h)
		size += (bytes + text) * h.Shape.Size()
	}
	return int64(size)
}

// count returns the number of rows, which is the first dimension of each input.
func (q *inference) count(most int) (int, error) {
	n := 0
	for i := range q.inputs {
		in := &q.inputs[i]
		if len(in.shape) == 0 || in.shape[0] < 1 {
			name := suggest.Shorten(in.name)
			return 0, bad("input %q has shape %v, want rows first, 1 or more", name, in.shape)
		}
		if i > 0 && in.shape[0] != n {
			return 0, bad("input %q has %d rows, the inputs before it have %d",
				suggest.Shorten(in.name), in.shape[0], n)
		}
		if n = in.shape[0]; n > most {
			return 0, tooLarge("%d rows, at most %d are answered at once", n, most)
		}
	}
	return n, nil
}

// match returns the request's inputs in the order of the model's. An input is nil if the cells of
// its column fill it, or if the request has no input of its column.
func (q *inference) match(m *predictor.Model) ([]*input, error) {
	names := inputNames(m)
	found := make([]*input, len(names))
	for i := range q.inputs {
		in := &q.inputs[i]
		at := slices.Index(names, in.name)
		if at < 0 {
			return nil, bad("%v", suggest.Unknown("input", suggest.Shorten(in.name), names))
		}
		if found[at] != nil {
			return nil, bad("two inputs are named %q", in.name)
		}
		found[at] = in
		if err := in.check(&m.Inputs[at]); err != nil {
			return nil, err
		}
	}
	given := map[*predictor.Column]bool{}
	for i, in := range found {
		if in != nil {
			given[m.Inputs[i].Column] = true
		}
	}
	for i, in := range found {
		spec := &m.Inputs[i]
		first := found[slices.Index(names, spec.Column.Inputs[0].Name)]
		isFilled := !spec.IsFirst() && first != nil && first.datatype == "BYTES"
		if in != nil && isFilled {
			return nil, bad("input %q is given, and so are the cells of input %q, which fill it",
				in.name, first.name)
		}
		if in == nil && !isFilled && given[spec.Column] {
			var parts []string
			for _, part := range spec.Column.Inputs {
				parts = append(parts, part.Name)
			}
			return nil, missingInput(names[i], parts)
		}
	}
	return found, nil
}

// neededInputs returns the names of the inputs in a model's metadata that are not optional.
func neededInputs(m *predictor.Model) (list []string) {
	for i := range m.Inputs {
		in := &m.Inputs[i]
		if in.IsFirst() && !feature.Describe(in.Column.Encoder).Optional {
			list = append(list, in.Name)
		}
	}
	return list
}

func inputNames(m *predictor.Model) []string {
	list := make([]string, len(m.Inputs))
	for i, in := range m.Inputs {
		list[i] = in.Name
	}
	return list
}

// check tests an input's datatype, its shape, and that its data is not too short for that, before
// memory is taken for the rows.
func (in *input) check(spec *predictor.Input) error {
	types := datatypes(spec)
	if !slices.Contains(types, in.datatype) {
		return bad("input %q has datatype %q, want one of %s",
			in.name, suggest.Shorten(in.datatype), suggest.List(types))
	}
	want := spec.Shape
	if in.datatype == "BYTES" {
		want = tensor.Shape{1}
	}
	if !slices.Equal(in.shape[1:], want) && !(in.datatype == "BYTES" && len(in.shape) == 1) {
		return bad("input %q has shape %v, want rows, then %v", in.name, in.shape, []int(want))
	}
	values := in.shape[0] * want.Size() // no overflow: both factors are limited
	size := valueSizes[in.datatype]
	switch {
	case in.data == nil && in.size < 0:
		return bad("input %q has no data", in.name)
	case in.data == nil && size > 0 && in.size != size*values:
		return bad("input %q has %d bytes of binary data, want %d: %d values of %s",
			in.name, in.size, size*values, values, in.datatype)
	case in.data == nil && size == 0 && in.size < 4*values, // each text has its length before it
		in.data != nil && len(in.data) < 2*values-1: // a digit each, and commas
		return bad("input %q has too little data for shape %v", in.name, in.shape)
	}
	return nil
}

// valueSizes are the bytes of a value in binary data. BYTES values have different sizes.
var valueSizes = map[string]int{"UINT8": 1, "FP32": 4, "INT32": 4}

// datatypes returns the datatypes that an input accepts. Those of pixels and of cells of a column,
// which clients have, come first, and that of the network is the last.
func datatypes(in *predictor.Input) []string {
	list := make([]string, 0, 3)
	if in.Of.DType == tensor.Uint8 {
		list = append(list, "UINT8")
	}
	if in.IsFirst() && !in.Column.IsNumbers() {
		list = append(list, "BYTES")
	}
	if in.DType == tensor.Int32 {
		return append(list, "INT32")
	}
	return append(list, "FP32")
}

// read converts the data of an input to the rows of the model's input with index i.
func (in *input) read(b *body, rows *predictor.Batch, i int, spec *predictor.Input) error {
	if in.data != nil {
		return in.readJSON(b, rows, i, spec)
	}
	if err := in.readBinary(b, rows, i, spec); err != nil {
		return err
	}
	return in.checkNumbers(rows.Inputs[i], spec)
}

// checkNumbers returns an error if binary data has unknown ids, NaN or infinities.
func (in *input) checkNumbers(t tensor.Tensor, spec *predictor.Input) error {
	width := spec.Shape.Size()
	switch {
	case in.datatype == "INT32" && spec.Vocabulary > 0:
		for i, id := range t.Int32s() {
			if id < 0 || int(id) >= spec.Vocabulary {
				return bad("input %q: row %d, element %d is id %d, want 0 to %d",
					in.name, i/width, i%width, id, spec.Vocabulary-1)
			}
		}
	case in.datatype == "FP32":
		values := t.Float32s()
		if i := kernel.FirstNonFinite(values); i >= 0 {
			return bad("input %q: row %d, element %d is %v, want a finite number",
				in.name, i/width, i%width, values[i])
		}
	}
	return nil
}

// readJSON converts JSON data. Its errors name the input.
func (in *input) readJSON(b *body, rows *predictor.Batch, i int, spec *predictor.Input) error {
	err := in.readValues(b, rows, i, spec)
	if err == nil {
		return nil
	}
	return asMistake(fmt.Errorf("input %q: %w", in.name, err))
}

// asMistake returns an error that is the client's mistake, unless it is known to be another.
func asMistake(err error) error {
	var internal *internalError
	if known(err) != nil || errors.As(err, &internal) {
		return err
	}
	return bad("%v", err)
}

func (in *input) readValues(b *body, rows *predictor.Batch, i int, spec *predictor.Input) error {
	if in.data.Type() != jx.Array {
		return errors.New("data is no list")
	}
	switch in.datatype {
	case "UINT8":
		err := value.Pixels(rows.Bytes(i), in.shape, in.data)
		if err == nil {
			spec.Column.Standardize(rows, 0, rows.N)
		}
		return err
	case "INT32":
		return value.IDs(rows.Inputs[i].Int32s(), in.shape, spec.Vocabulary, in.data)
	case "FP32":
		return value.Floats(rows.Inputs[i].Float32s(), in.shape, in.data)
	}
	r := value.Reader{Memory: b.buffer}
	return value.Each(in.data, in.shape, "texts", func(at int, token []byte) error {
		text, err := r.String(token)
		switch {
		case err != nil:
		case spec.Column.ReadsFiles():
			var content []byte
			if content, err = b.buffer(len(text)); err == nil { // longer than what it stands for
				content, err = value.Base64(content, text)
			}
			if err == nil {
				err = encodeFile(b, spec, rows, at, content)
			}
		default:
			err = encodeText(spec, rows, at, text)
		}
		if err != nil {
			err = fmt.Errorf("text %d: %w", at, err)
		}
		return err
	})
}

// readBinary converts binary data.
func (in *input) readBinary(b *body, rows *predictor.Batch, i int, spec *predictor.Input) error {
	switch in.datatype {
	case "UINT8":
		copy(rows.Bytes(i), in.binary)
		spec.Column.Standardize(rows, 0, rows.N)
	case "INT32":
		_, err := binary.Decode(in.binary, binary.LittleEndian, rows.Inputs[i].Int32s())
		return err
	case "FP32":
		_, err := binary.Decode(in.binary, binary.LittleEndian, rows.Inputs[i].Float32s())
		return err
	case "BYTES":
		rest := in.binary
		for row := range in.shape[0] {
			if len(rest) < 4 || uint32(len(rest)-4) < binary.LittleEndian.Uint32(rest) {
				return bad("input %q: text %d has no length before it, or is shorter than that", in.name, row)
			}
			content := rest[4:][:binary.LittleEndian.Uint32(rest)]
			rest = rest[4+len(content):]
			if spec.Column.ReadsFiles() {
				if err := encodeFile(b, spec, rows, row, content); err != nil {
					return asMistake(fmt.Errorf("input %q: file %d: %w", in.name, row, err))
				}
			} else if err := encodeText(spec, rows, row, content); err != nil {
				return err
			}
		}
		if len(rest) > 0 {
			return bad("input %q: %d bytes follow its texts", in.name, len(rest))
		}
	}
	return nil
}

// encodeFile encodes the content of a file, which is missing if it is empty.
func encodeFile(
	b *body, spec *predictor.Input, rows *predictor.Batch, row int, content []byte,
) error {
	v := feature.Value{Content: content}
	if len(content) == 0 {
		v.Content = nil
	}
	_, err := b.server.encode(b, spec.Column, rows, row, v)
	return err
}

// encodeText encodes a text of an input's column.
func encodeText(spec *predictor.Input, rows *predictor.Batch, row int, text []byte) error {
	if len(text) > maxCell {
		const format = "input %q has a text of %d bytes, want at most %d"
		return tooLarge(format, spec.Name, len(text), maxCell)
	}
	if !utf8.Valid(text) {
		return bad("input %q has a text that is not UTF-8", spec.Name)
	}
	_, err := spec.Column.Encode(rows, row, feature.Value{Text: string(text)})
	if err != nil && known(err) == nil {
		err = bad("input %q: %v", spec.Name, err)
	}
	return err
}
