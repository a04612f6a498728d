package serve

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/go-faster/jx"

	"braid/internal/suggest"
	"braid/tensor"
)

// extensions are what the server does beyond the protocol.
var extensions = []string{"binary_tensor_data", "classification"}

// about is the server's metadata.
func (s *Server) about(w http.ResponseWriter, _ *http.Request) error {
	return replyJSON(w, struct {
		Name       string   `json:"name"`
		Version    string   `json:"version"`
		Extensions []string `json:"extensions"`
	}{"braid", Version(), extensions})
}

func replyJSON(w http.ResponseWriter, value any) error {
	content, err := json.Marshal(value)
	if err == nil {
		reply(w, http.StatusOK, content)
	}
	return err
}

// modelJSON is a model's metadata.
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

// metadata is what /v2/models/NAME says of a version, but for failures to load another.
func (v *version) metadata() modelJSON {
	m := modelJSON{Name: v.name, Versions: []string{v.Version()}, Platform: "braid_safetensors"}
	for i := range v.Inputs {
		in := &v.Inputs[i]
		types := datatypes(in)
		shape := in.Shape
		if types[0] == "BYTES" {
			shape = tensor.Shape{1}
		}
		t := tensorJSON{Name: in.Name, Datatype: types[0], Shape: append([]int{-1}, shape...)}
		if len(types) > 1 { // what the network itself takes
			t.Parameters = map[string]any{"also_datatype": types[1], "also_shape": append([]int{-1}, in.Shape...)}
		}
		m.Inputs = append(m.Inputs, t)
	}
	for _, h := range v.Heads {
		t := tensorJSON{Name: h.Name, Datatype: "FP32", Shape: append([]int{-1}, h.Shape...)}
		if h.Labels != nil {
			t.Parameters = map[string]any{"labels": h.Labels}
		}
		m.Outputs = append(m.Outputs, t)
	}
	return m
}

// version finds the model that a request's path names.
func (s *Server) version(r *http.Request) (*version, error) {
	v, err := s.model(r.PathValue("model"))
	if err != nil {
		return nil, err
	}
	if asked := r.PathValue("version"); asked != "" && asked != v.Version() {
		return nil, notFound("model %q has no version %q, it has %q", v.name, suggest.Shorten(asked), v.Version())
	}
	return v, nil
}

func (s *Server) modelAbout(w http.ResponseWriter, r *http.Request) error {
	v, err := s.version(r)
	if err != nil {
		return err
	}
	m := v.metadata()
	if failed := s.byName[v.name].failed.Load(); failed != nil {
		m.Parameters = map[string]any{"load_error": failed.err.Error(), "load_failed_at": failed.when.UTC().Format(time.RFC3339)}
	}
	return replyJSON(w, m)
}

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
	e := w.(*entry)
	e.model = v
	b, err := s.admit(w, r)
	if err != nil {
		return err
	}
	defer s.leave(b)
	deadline := b.deadline
	q, err := parseInference(r, b.content)
	if err != nil {
		return err
	}
	if own := time.Now().Add(q.timeout); q.timeout > 0 && own.Before(deadline) {
		deadline = own
	}
	outputs, err := q.wanted(v.Model)
	if err != nil {
		return err
	}
	rows, err := q.rows(v.Model, s.config.Rows, b, outputs)
	if err != nil {
		return err
	}
	defer v.Free(rows)
	if err := v.batch.answer(b.ctx, rows, deadline); err != nil {
		return err
	}
	e.rows = rows.N
	return q.answer(w, v, rows, outputs)
}

// appendString appends a string of JSON.
func appendString(text []byte, s string) []byte {
	e := jx.Writer{Buf: text}
	e.Str(s)
	return e.Buf
}
