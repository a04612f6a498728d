package serve

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/go-faster/jx"

	"braid/feature"
	"braid/internal/suggest"
	"braid/predictor"
	"braid/tensor"
)

// extensions are the protocol's extensions that the server has.
var extensions = []string{"binary_tensor_data", "classification"}

// serverMetadata answers with the server's metadata.
func (s *Server) serverMetadata(w http.ResponseWriter, _ *http.Request) error {
	return replyJSON(w, struct {
		Name       string   `json:"name"`
		Version    string   `json:"version"`
		Extensions []string `json:"extensions"`
	}{"braid", Version(), extensions})
}

// replyJSON writes a value as JSON.
func replyJSON(w http.ResponseWriter, value any) error {
	content, err := json.Marshal(value)
	if err == nil {
		reply(w, http.StatusOK, content)
	}
	return err
}

// modelJSON is a model's metadata, as the protocol defines it.
type modelJSON struct {
	Name       string         `json:"name"`
	Versions   []string       `json:"versions"`
	Platform   string         `json:"platform"`
	Inputs     []tensorJSON   `json:"inputs"`
	Outputs    []tensorJSON   `json:"outputs"`
	Parameters map[string]any `json:"parameters,omitempty"`
}

type tensorJSON struct {
	Name       string         `json:"name"`
	Datatype   string         `json:"datatype"`
	Shape      []int          `json:"shape"`
	Parameters map[string]any `json:"parameters,omitempty"`
}

// metadata returns a version's metadata, without failures to load another version.
func (v *version) metadata() modelJSON {
	m := modelJSON{Name: v.name, Versions: []string{v.Version()}, Platform: "braid_safetensors"}
	for i := range v.Inputs {
		if in := &v.Inputs[i]; in.Column.IsNumbers() || in.IsFirst() {
			m.Inputs = append(m.Inputs, inputMetadata(in))
		}
	}
	for i := range v.Heads {
		m.Outputs = append(m.Outputs, v.outputMetadata(&v.Heads[i]))
	}
	columns := make([]columnAbout, len(v.Columns))
	for i := range v.Columns {
		columns[i] = describeColumn(&v.Columns[i])
	}
	m.Parameters = map[string]any{"columns": columns}
	return m
}

// inputMetadata describes an input, or for a column of cells with several inputs the column.
func inputMetadata(in *predictor.Input) tensorJSON {
	types := datatypes(in)
	t := tensorJSON{Name: in.Name, Datatype: types[0], Shape: []int{-1}}
	t.Parameters = map[string]any{"column": in.Column.Name}
	if feature.Describe(in.Column.Encoder).Optional {
		t.Parameters["optional"] = true
	}
	if t.Datatype == "BYTES" {
		t.Shape = append(t.Shape, 1)
	} else {
		t.Shape = append(t.Shape, in.Shape...)
	}
	if in.Column.ReadsFiles() {
		t.Parameters["file_datatype"] = "BYTES"
	}
	switch {
	case len(types) == 1:
	case in.Alone():
		t.Parameters["also_datatype"] = types[len(types)-1]
		t.Parameters["also_shape"] = append([]int{-1}, in.Shape...)
	default:
		var parts []tensorJSON
		for _, part := range in.Column.Inputs {
			datatype := "FP32"
			if part.DType == tensor.Int32 {
				datatype = "INT32"
			}
			shape := append([]int{-1}, part.Shape...)
			parts = append(parts, tensorJSON{Name: part.Name, Datatype: datatype, Shape: shape})
		}
		t.Parameters["also_inputs"] = parts
	}
	return t
}

// outputMetadata describes the output of a head.
func (v *version) outputMetadata(h *predictor.Head) tensorJSON {
	datatype, _, _ := outputType(h)
	about := v.describeHead(h)
	t := tensorJSON{Name: h.Name, Datatype: datatype, Shape: append([]int{-1}, h.Shape...)}
	t.Parameters = map[string]any{"column": h.Column, "type": about.Type}
	if h.Labels != nil {
		t.Parameters["labels"] = h.Labels
	}
	if about.Unit != "" {
		t.Parameters["unit"] = about.Unit
	}
	return t
}

// version returns the version that a request's path names.
func (s *Server) version(r *http.Request) (*version, error) {
	v, err := s.model(r.PathValue("model"))
	if err != nil {
		return nil, err
	}
	if want := r.PathValue("version"); want != "" && want != v.Version() {
		return nil, notFound("model %q has no version %q, it has %q",
			v.name, suggest.Shorten(want), v.Version())
	}
	return v, nil
}

// modelMetadata answers with a model's metadata.
func (s *Server) modelMetadata(w http.ResponseWriter, r *http.Request) error {
	v, err := s.version(r)
	if err != nil {
		return err
	}
	m := v.metadata()
	if failed := s.byName[v.name].failed.Load(); failed != nil {
		m.Parameters["load_error"] = failed.err.Error()
		m.Parameters["load_failed_at"] = failed.when.UTC().Format(time.RFC3339)
	}
	return replyJSON(w, m)
}

// modelReady answers whether a model is ready. A loaded model is, until the server stops.
func (s *Server) modelReady(w http.ResponseWriter, r *http.Request) error {
	v, err := s.version(r)
	if err != nil {
		return err
	}
	if s.leaving.Load() {
		return s.ready(w, r)
	}
	return replyJSON(w, struct {
		Name  string `json:"name"`
		Ready bool   `json:"ready"`
	}{v.name, true})
}

// infer answers an inference request.
func (s *Server) infer(w http.ResponseWriter, r *http.Request) error {
	v, err := s.version(r)
	if err != nil {
		return err
	}
	x := w.(*exchange)
	x.model = v
	b, err := s.admit(w, r)
	if err != nil {
		return err
	}
	defer s.finish(b)
	deadline := b.deadline
	q, err := parseInference(r, b.content, v.Model)
	if err != nil {
		return err
	}
	if shorter := time.Now().Add(q.timeout); q.timeout > 0 && shorter.Before(deadline) {
		deadline = shorter
	}
	outputs, err := q.wanted(v.Model)
	if err != nil {
		return err
	}
	rows, err := q.readRows(v.Model, s.config.Rows, b, outputs)
	if err != nil {
		return err
	}
	defer v.Free(rows)
	if err := v.batch.answer(b.ctx, rows, deadline); err != nil {
		return err
	}
	x.rows = rows.N
	return q.answer(w, v, rows, outputs)
}

// appendString appends s as a JSON string.
func appendString(text []byte, s string) []byte {
	w := jx.Writer{Buf: text}
	w.Str(s)
	return w.Buf
}
