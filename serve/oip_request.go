package serve

import (
	"bytes"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-faster/jx"

	"braid/internal/suggest"
	"braid/internal/value"
	"braid/predictor"
)

// headerLength is the HTTP header with the length of the JSON before binary data.
const headerLength = "Inference-Header-Content-Length"

// inference is an inference request of the Open Inference Protocol.
type inference struct {
	id      string
	inputs  []input
	outputs []output      // nil: all
	binary  bool          // outputs are binary data unless they say otherwise
	timeout time.Duration // 0: the server's
	rest    []byte        // the inputs' binary data
	most    int           // inputs, or outputs
}

// input is a tensor of a request.
type input struct {
	name, datatype string
	shape          []int
	data           jx.Raw // JSON; nil: binary
	size           int    // bytes of binary data; -1: none
	binary         []byte
	shared         bool // it names shared memory
}

// output is a tensor that a request asks for.
type output struct {
	name    string
	binary  *bool // nil: as the request says
	classes int64 // how many of the most probable classes, as texts; 0: all numbers
	shared  bool  // it names shared memory
}

// Limits of a request, far above what any needs.
const (
	maxDepth   = 32 // of nested JSON
	maxAxes    = 8
	maxTensors = 64   // members of an object; inputs and outputs, if the model has no more
	maxLabel   = 4096 // bytes of a name or datatype
	maxID      = 1024 // bytes
)

// parseInference parses the body of a request to a model.
func parseInference(r *http.Request, content []byte, m *predictor.Model) (*inference, error) {
	q := &inference{most: max(maxTensors, len(m.Inputs), len(m.Heads))}
	text := content
	if length := r.Header.Get(headerLength); length != "" {
		n, err := strconv.Atoi(length)
		if err != nil || n < 0 || n > len(content) {
			const text = "%s is %q, want the length of the JSON part: up to the body's %d bytes"
			return nil, bad(text, headerLength, suggest.Shorten(length), len(content))
		}
		text, q.rest = content[:n], content[n:]
	}
	if err := q.parse(value.TrimMark(text)); err != nil {
		return nil, err
	}
	for i := range q.inputs {
		in := &q.inputs[i]
		if in.shared {
			return nil, noSharedMemory("input", in.name)
		}
		if in.size < 0 {
			continue
		}
		if in.data != nil {
			return nil, bad("input %q has both data and binary_data_size", suggest.Shorten(in.name))
		}
		if in.size > len(q.rest) {
			const text = "input %q has binary_data_size %d, only %d bytes follow the JSON part: is %s right?"
			return nil, bad(text, suggest.Shorten(in.name), in.size, len(q.rest), headerLength)
		}
		in.binary, q.rest = q.rest[:in.size], q.rest[in.size:]
	}
	if len(q.rest) > 0 {
		return nil, bad("%d bytes follow the inputs' binary data", len(q.rest))
	}
	return q, nil
}

// parse parses the JSON of a request.
func (q *inference) parse(text []byte) error {
	if err := checkJSON(text); err != nil {
		return err
	}
	d := jx.GetDecoder()
	defer jx.PutDecoder(d)
	d.ResetBytes(text)
	if d.Next() != jx.Object {
		return bad(`the body is no JSON object, want {"inputs": [...]}`)
	}
	err := members(d, func(key []byte) (err error) {
		switch string(key) {
		case "id":
			var id []byte
			if id, err = decodeText(d); len(id) > maxID {
				return bad("the id has %d bytes, want at most %d", len(id), maxID)
			}
			if !utf8.Valid(id) {
				return bad("the id is not UTF-8")
			}
			q.id = string(id)
		case "parameters":
			err = q.parameters(d)
		case "inputs":
			q.inputs, err = list(d, "inputs", q.most, (*input).parse)
		case "outputs":
			q.outputs, err = list(d, "outputs", q.most, (*output).parse)
		default:
			err = d.Skip()
		}
		return err
	})
	if err != nil {
		return jsonProblem(text, err)
	}
	if q.inputs == nil {
		return bad(`the request has no "inputs"`)
	}
	return nil
}

// decodeName decodes a name or datatype. It cuts a string that is longer than any of them.
func decodeName(d *jx.Decoder) (string, error) {
	text, err := decodeText(d)
	return string(text[:min(len(text), maxLabel)]), err
}

// decodeText decodes a string. One with escapes, which the decoder copies, must be short.
func decodeText(d *jx.Decoder) ([]byte, error) {
	if d.Next() != jx.String {
		return d.StrBytes() // its error
	}
	raw, err := d.Raw()
	switch n := len(raw) - len(`""`); {
	case err != nil:
		return nil, err
	case bytes.IndexByte(raw, '\\') < 0:
		return raw[1:][:n], nil
	case n > maxEscaped:
		return nil, tooLongEscaped(n)
	}
	return jx.DecodeBytes(raw).StrBytes()
}

func (q *inference) parameters(d *jx.Decoder) error {
	return members(d, func(key []byte) (err error) {
		switch string(key) {
		case "binary_data_output":
			q.binary, err = d.Bool()
		case "timeout": // microseconds, as Triton's parameter
			var us int64
			if us, err = d.Int64(); err == nil && (us < 0 || us > int64(time.Hour/time.Microsecond)) {
				return bad("timeout is %d microseconds, want 0 to an hour", us)
			}
			q.timeout = time.Duration(us) * time.Microsecond
		default:
			err = d.Skip()
		}
		return err
	})
}

// parse decodes the JSON object of an input.
func (in *input) parse(d *jx.Decoder) error {
	in.size = -1
	return members(d, func(key []byte) (err error) {
		switch string(key) {
		case "name":
			in.name, err = decodeName(d)
		case "datatype":
			in.datatype, err = decodeName(d)
		case "shape":
			in.shape = make([]int, 0, 4) // most have fewer axes
			err = d.Arr(func(d *jx.Decoder) error {
				n, err := d.Int()
				if err == nil && len(in.shape) == maxAxes {
					return bad("input %q has a shape of more than %d axes", suggest.Shorten(in.name), maxAxes)
				}
				in.shape = append(in.shape, n)
				return err
			})
		case "data":
			in.data, err = d.Raw()
		case "parameters":
			err = members(d, func(key []byte) (err error) {
				in.shared = in.shared || isShared(key, d)
				if string(key) != "binary_data_size" {
					return d.Skip()
				}
				if in.size, err = d.Int(); err == nil && in.size < 0 {
					name := suggest.Shorten(in.name)
					return bad("input %q has binary_data_size %d, want 0 or more", name, in.size)
				}
				return err
			})
		default:
			err = d.Skip()
		}
		return err
	})
}

// parse decodes the JSON object of an output.
func (out *output) parse(d *jx.Decoder) error {
	return members(d, func(key []byte) (err error) {
		switch string(key) {
		case "name":
			out.name, err = decodeName(d)
		case "parameters":
			err = members(d, out.parameter(d))
		default:
			err = d.Skip()
		}
		return err
	})
}

// parameter returns a function that decodes the value of a parameter.
func (out *output) parameter(d *jx.Decoder) func(key []byte) error {
	return func(key []byte) error {
		out.shared = out.shared || isShared(key, d)
		switch string(key) {
		case "binary_data":
			binary, err := d.Bool()
			out.binary = &binary
			return err
		case "classification":
			n, err := d.Int64()
			if err == nil && n < 0 {
				name := suggest.Shorten(out.name)
				return bad("output %q has classification %d, want how many classes", name, n)
			}
			out.classes = n
			return err
		}
		return d.Skip()
	}
}

// isShared reports whether a parameter names shared memory, as in Triton's extension. null does
// not.
func isShared(key []byte, d *jx.Decoder) bool {
	return bytes.HasPrefix(key, []byte("shared_memory_")) && d.Next() != jx.Null
}

// noSharedMemory returns the error of a tensor in shared memory. Ignoring the parameter would read
// other data, or leave the client without an answer.
func noSharedMemory(what, name string) error {
	const text = "%s %q names shared memory, which this server does not have: " +
		"send the data in the request, as JSON or binary data"
	return bad(text, what, suggest.Shorten(name))
}
