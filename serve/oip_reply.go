package serve

import (
	"encoding/binary"
	"net/http"
	"slices"
	"strconv"

	"braid/internal/kernel"
	"braid/internal/suggest"
	"braid/predictor"
	"braid/tensor"
)

// wanted is a head that a request asks for.
type wanted struct {
	head    int  // index
	binary  bool // as binary data, not JSON
	classes int  // how many classes, as texts; 0: all numbers
}

// wanted returns the heads that a request asks for.
func (q *inference) wanted(m *predictor.Model) ([]wanted, error) {
	list := make([]wanted, 0, len(m.Heads))
	if len(q.outputs) == 0 {
		for i := range m.Heads {
			list = append(list, wanted{head: i, binary: q.binary})
		}
		return list, nil
	}
	names := make([]string, len(m.Heads))
	for i, h := range m.Heads {
		names[i] = h.Name
	}
	for _, out := range q.outputs {
		at := slices.Index(names, out.name)
		if at < 0 {
			return nil, bad("%v", suggest.Unknown("output", suggest.Shorten(out.name), names))
		}
		if slices.ContainsFunc(list, func(w wanted) bool { return w.head == at }) {
			return nil, bad("two outputs are named %q", out.name)
		}
		if out.shared {
			return nil, noSharedMemory("output", out.name)
		}
		if _, ok := unitDecoder(&m.Heads[at]); ok && out.classes > 0 {
			const text = "output %q is a number, which has no classes: ask without classification"
			return nil, bad(text, out.name)
		}
		w := wanted{at, q.binary, int(min(out.classes, int64(m.Heads[at].Classes())))}
		if out.binary != nil {
			w.binary = *out.binary
		}
		list = append(list, w)
	}
	return list, nil
}

// answer writes the reply to an inference request: JSON, and the binary data of outputs.
func (q *inference) answer(
	w http.ResponseWriter, v *version, rows *predictor.Batch, outputs []wanted,
) error {
	textSize, restSize := replySizes(v.Model, rows.N, outputs)
	textBody, restBody := bodies.Get().(*body), bodies.Get().(*body) // for their buffers
	rest, hasBinary := restBody.empty(restSize), false
	text := append(textBody.empty(textSize), `{"model_name":"`...)
	text = append(append(text, v.name...), `","model_version":"`...)
	text = append(append(text, v.Version()...), '"')
	if q.id != "" {
		text = appendString(append(text, `,"id":`...), q.id)
	}
	text = append(text, `,"outputs":[`...)
	for i, out := range outputs {
		if i > 0 {
			text = append(text, ',')
		}
		h, t := &v.Heads[out.head], rows.Outputs[out.head]
		var err error
		if out.classes > 0 {
			text, rest, err = appendClasses(text, rest, h, t, out)
		} else if d, ok := unitDecoder(h); ok {
			text, rest, err = appendUnits(text, rest, h, d, t, out.binary)
		} else if text, err = appendOutput(text, h, t, out.binary); out.binary {
			rest, _ = binary.Append(rest, binary.LittleEndian, t.Float32s())
		}
		if err != nil {
			return err
		}
		hasBinary = hasBinary || out.binary
	}
	text = append(text, `]}`...)
	h := w.Header()
	h["Content-Type"] = jsonType
	if hasBinary {
		h[headerLength] = []string{strconv.Itoa(len(text))}
		h["Content-Type"] = binaryType
	}
	h["Content-Length"] = []string{strconv.Itoa(len(text) + len(rest))}
	w.WriteHeader(http.StatusOK)
	for _, content := range [][]byte{text, rest} {
		if _, err := w.Write(content); err != nil {
			return nil // the client has gone; HTTP/2 may still read the buffers
		}
	}
	textBody.content, restBody.content = text, rest
	textBody.recycle()
	restBody.recycle()
	return nil
}

// replySizes returns about the most bytes of a reply's JSON and of its binary data. Buffers of
// these sizes need not grow.
func replySizes(m *predictor.Model, rows int, outputs []wanted) (text, rest int) {
	text = 4 << 10 // names and shapes
	for _, out := range outputs {
		h := &m.Heads[out.head]
		switch {
		case out.classes > 0 && out.binary:
			rest += rows * out.classes * classSize(h)
		case out.classes > 0:
			text += rows * out.classes * classSize(h)
		case out.binary:
			_, size, _ := outputType(h)
			rest += size * rows * h.Shape.Size()
		default:
			_, _, size := outputType(h)
			text += size * rows * h.Shape.Size()
		}
	}
	return text, rest
}

// empty returns an empty buffer of the size: the body's if that is large enough, else a new one.
func (b *body) empty(size int) []byte {
	if size > cap(b.content) {
		return make([]byte, 0, size)
	}
	return b.content[:0]
}

// appendOutput appends an output of numbers to JSON. Their binary data is for the caller to append.
func appendOutput(text []byte, h *predictor.Head, t tensor.Tensor, asBinary bool) ([]byte, error) {
	text = appendType(text, h.Name, "FP32", t.Shape())
	values := t.Float32s()
	if asBinary {
		return appendBinarySize(text, 4*len(values)), nil
	}
	if kernel.FirstNonFinite(values) >= 0 {
		return text, errNotFinite
	}
	text = append(text, `,"data":[`...)
	for i, v := range values {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendFloat(text, float64(v), 'g', -1, 32)
	}
	return append(text, `]}`...), nil
}

// appendType begins an output's JSON object: its name, datatype and shape.
func appendType(text []byte, name, datatype string, shape tensor.Shape) []byte {
	text = appendString(append(text, `{"name":`...), name)
	text = append(append(text, `,"datatype":"`...), datatype...)
	text = append(text, `","shape":`...)
	separator := byte('[')
	for _, n := range shape {
		text = strconv.AppendInt(append(text, separator), int64(n), 10)
		separator = ','
	}
	return append(text, ']')
}

// appendBinarySize ends an output's JSON object whose data is binary.
func appendBinarySize(text []byte, size int) []byte {
	text = append(text, `,"parameters":{"binary_data_size":`...)
	return append(strconv.AppendInt(text, int64(size), 10), `}}`...)
}

// errNotFinite is the error of an answer that JSON cannot represent.
var errNotFinite = problemf(http.StatusUnprocessableEntity, "",
	"the answer has a number that is not finite, which JSON cannot hold: ask for binary data")
