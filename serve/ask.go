package serve

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-faster/jx"

	"braid/infer"
	"braid/internal/names"
	"braid/vision"
)

// question is one row as people ask it: what they gave for each input.
type question struct {
	body *body // of the request
	rows *infer.Rows
	saw  []byte // the image that the network sees, as PNG; nil if it sees none
	note []string
}

// reading is what people gave for one input: a text, a file, or numbers. It lives as long as the request's body, of
// which it may be a part.
type reading struct {
	text   []byte
	file   []byte
	pixels []uint8
}

// answerJSON is the reply to /ask.
type answerJSON struct {
	Model          string         `json:"model"`
	Version        string         `json:"version"`
	Heads          []infer.Answer `json:"heads"`
	Contradictions []string       `json:"contradictions,omitempty"`
	Notes          []string       `json:"notes,omitempty"`
	Saw            []byte         `json:"saw,omitempty"` // PNG, base64
}

// ask answers one row with labels and probabilities, for people.
func (s *Server) ask(w http.ResponseWriter, r *http.Request) error {
	b, err := s.admit(w, r)
	if err != nil {
		return err
	}
	defer s.leave(b)
	deadline := time.Now().Add(s.config.Deadline)
	given, err := b.readings(r.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	name := r.URL.Query().Get("model")
	if in, ok := given["model"]; ok {
		if in.pixels != nil || in.file != nil {
			return bad("model is an image or numbers, want a name")
		}
		text := bytes.TrimRight(in.text, "\r\n")
		name = string(text[:min(len(text), maxName)]) // no model's is as long
		delete(given, "model")
	}
	v, err := s.model(name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithDeadline(r.Context(), deadline)
	defer cancel()
	q, err := s.question(ctx, v, b, given)
	if err != nil {
		return err
	}
	defer v.Free(q.rows)
	if err := v.batch.answer(r.Context(), q.rows, deadline); err != nil {
		return err
	}
	if err := v.CheckAnswers(q.rows, 0); err != nil {
		return &problem{status: http.StatusUnprocessableEntity, text: err.Error()}
	}
	reply := answerJSON{Model: v.name, Version: v.Version(), Saw: q.saw, Notes: q.note}
	for i := range v.Heads {
		reply.Heads = append(reply.Heads, v.Heads[i].Answer(q.rows.Answers[i].Float32s()))
	}
	reply.Contradictions = v.Contradictions(q.rows, 0, reply.Heads)
	return replyJSON(w, reply)
}

// question makes a row of what people gave. The caller frees it.
func (s *Server) question(ctx context.Context, v *version, b *body, given map[string]reading) (*question, error) {
	if err := names.Match("field", inputNames(v.Model), given); err != nil {
		return nil, bad("%v", err)
	}
	q := &question{body: b, rows: v.Rows(1)}
	asked := false
	defer func() {
		if !asked {
			v.Free(q.rows)
		}
	}()
	for i := range v.Inputs {
		in := &v.Inputs[i]
		var err error
		switch {
		case in.IsText():
			err = q.takeText(in, i, given[in.Name])
		case in.IsImage():
			err = s.takeImage(ctx, q, in, i, given[in.Name])
		default:
			err = notFound("model %q has an input %q that people cannot give: it takes %s at /v2/models/%s/infer", v.name, in.Name, datatypes(in)[0], v.name)
		}
		if err != nil {
			return nil, err
		}
	}
	asked = true
	return q, nil
}

func (q *question) takeText(in *infer.Input, at int, given reading) error {
	if given.pixels != nil || given.file != nil {
		return bad("%q is an image or numbers, want a text", in.Name)
	}
	ids := q.rows.Inputs[at].Int32s()
	if err := readText(ids, in, given.text); err != nil {
		return err
	}
	q.note = append(q.note, in.Notes(string(given.text))...)
	if !in.Trained(ids) {
		q.note = append(q.note, "the model was not trained on this "+in.Name+", but on "+names.List(in.Text.Questions))
	}
	return nil
}

func (s *Server) takeImage(ctx context.Context, q *question, in *infer.Input, at int, given reading) error {
	height, width := in.Shape[0], in.Shape[1]
	pixels := given.pixels
	switch {
	case pixels != nil:
		if len(pixels) != height*width {
			return bad("%q has %d numbers, want %d x %d", in.Name, len(pixels), height, width)
		}
		if slices.Min(pixels) == slices.Max(pixels) {
			return fmt.Errorf("%q: %w", in.Name, vision.ErrBlank)
		}
	default:
		file := given.file
		if file == nil {
			room, err := q.body.room(base64.RawStdEncoding.DecodedLen(len(given.text)))
			if err != nil {
				return err
			}
			if file, err = decodeBase64(room, given.text); err != nil {
				return bad("%q: %v", in.Name, err)
			}
		}
		var err error
		if pixels, err = s.look(ctx, file, height, width); err != nil {
			return fmt.Errorf("%q: %w", in.Name, err)
		}
	}
	in.Pixels.Floats(q.rows.Inputs[at].Float32s(), pixels)
	var err error
	if q.saw == nil {
		q.saw, err = vision.PNG(pixels, height, width)
	}
	return err
}

// look brings an image to what the network was trained on. Only as many are decoded at once as there are
// processors, so that their memory is bounded.
func (s *Server) look(ctx context.Context, file []byte, height, width int) ([]uint8, error) {
	select {
	case s.decodes <- struct{}{}:
		defer func() { <-s.decodes }()
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, errLate
		}
		return nil, errGone
	}
	grey, err := vision.Decode(file, s.config.Image)
	if err != nil {
		return nil, &unreadable{err}
	}
	return grey.MNIST(height, width)
}

// unreadable is what is wrong with an image: the client's mistake, whatever it is.
type unreadable struct{ error }

func (u *unreadable) Unwrap() error { return u.error }

// decodeBase64 appends what base64 stands for, as people send it: with or without padding, in either alphabet, as a
// data URL.
func decodeBase64(to, text []byte) ([]byte, error) {
	if bytes.HasPrefix(text, []byte("data:")) {
		_, after, ok := bytes.Cut(text, []byte(";base64,"))
		if !ok {
			return nil, errors.New("a data URL without base64")
		}
		text = after
	}
	encoding := base64.RawStdEncoding
	if bytes.ContainsAny(text, "-_") {
		encoding = base64.RawURLEncoding
	}
	content, err := encoding.AppendDecode(to, bytes.TrimRight(text, "="))
	if err != nil {
		return nil, fmt.Errorf("wrong base64: %w", err)
	}
	return content, nil
}

// room gives memory for a copy of so much of the body. It counts where the body does, and free gives it back.
func (b *body) room(size int) ([]byte, error) {
	if b.held > 0 {
		if err := b.take(int64(size)); err != nil {
			return nil, err
		}
	}
	return make([]byte, 0, size), nil
}

// readings reads a form or JSON.
func (b *body) readings(contentType string) (map[string]reading, error) {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, &problem{status: http.StatusUnsupportedMediaType, text: "Content-Type is " + names.Shorten(contentType) + ", want application/json or multipart/form-data"}
	}
	switch media {
	case "application/json":
		return b.readJSON()
	case "multipart/form-data":
		return b.readForm(params["boundary"])
	}
	return nil, &problem{status: http.StatusUnsupportedMediaType, text: "Content-Type is " + names.Shorten(media) + ", want application/json or multipart/form-data"}
}

func (b *body) readJSON() (map[string]reading, error) {
	if err := checkJSON(b.content, len(b.content)); err != nil {
		return nil, err
	}
	given := map[string]reading{}
	d := jx.GetDecoder()
	defer jx.PutDecoder(d)
	d.ResetBytes(b.content)
	err := members(d, func(key []byte) (err error) {
		if len(key) > maxName {
			return bad("a field is named %q, want at most %d bytes", shorten(key), maxName)
		}
		name := string(key)
		var got reading
		switch d.Next() {
		case jx.String:
			got.text, err = b.readString(d)
		case jx.Array:
			got.pixels, err = b.readNumbers(d, name)
		default:
			return bad("%q is %s, want a text or a list of numbers", name, kindNames[d.Next()])
		}
		given[name] = got
		return err
	})
	if err != nil {
		return nil, jsonProblem(err)
	}
	return given, nil
}

// readString returns a part of the body, or a copy where there are escapes.
func (b *body) readString(d *jx.Decoder) ([]byte, error) {
	quoted, err := d.Raw()
	if err != nil {
		return nil, err
	}
	text := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(text, '\\') < 0 {
		return text, nil
	}
	room, err := b.room(len(text))
	if err != nil {
		return nil, err
	}
	return jx.DecodeBytes(quoted).StrAppend(room)
}

func (b *body) readNumbers(d *jx.Decoder, name string) ([]uint8, error) {
	list := []uint8{}
	err := d.Arr(func(d *jx.Decoder) error {
		v, err := readByte(d)
		if err != nil {
			return bad("%q, number %d: %s", name, len(list), plain(err))
		}
		if len(list) == maxNumbers {
			return bad("%q has more than %d numbers", name, maxNumbers)
		}
		if len(list) == cap(list) {
			grown, err := b.room(max(1<<10, 4*len(list)))
			if err != nil {
				return err
			}
			list = append(grown, list...)
		}
		list = append(list, v)
		return nil
	})
	return list, err
}

// Bounds of what people may give, far above what any model takes.
const (
	maxParts   = 32      // of a form
	maxName    = 256     // bytes of a field's
	maxNumbers = 1 << 18 // of an image
)

func (b *body) readForm(boundary string) (map[string]reading, error) {
	if boundary == "" {
		return nil, bad("multipart/form-data without a boundary")
	}
	room, err := b.room(len(b.content) + bytes.MinRead) // all parts together are shorter than the form
	if err != nil {
		return nil, err
	}
	given, read := map[string]reading{}, bytes.NewBuffer(room)
	from := &metered{of: bytes.NewReader(b.content)}
	parts := multipart.NewReader(from, boundary)
	for {
		from.left = maxHeader
		part, err := parts.NextPart()
		if err == io.EOF {
			return given, nil
		}
		if err != nil {
			return nil, bad("the form cannot be read: %s", plain(err))
		}
		name := part.FormName()
		if len(name) > maxName {
			return nil, bad("a part is named %q, want at most %d bytes", names.Shorten(name), maxName)
		}
		if len(given) == maxParts {
			return nil, bad("the form has more than %d parts", maxParts)
		}
		if _, twice := given[name]; twice {
			return nil, bad("the form has two parts named %q", name)
		}
		from.left = len(b.content)
		begin := read.Len()
		if _, err := read.ReadFrom(part); err != nil {
			return nil, bad("the form's part %q cannot be read: %s", name, plain(err))
		}
		content := read.Bytes()[begin:]
		if part.FileName() != "" || isImage(part.Header.Get("Content-Type")) {
			given[name] = reading{file: content}
		} else {
			given[name] = reading{text: content}
		}
	}
}

// metered ends where more is read at once than was meant to be: for a part's header the reader of forms takes ten
// times its size in memory.
type metered struct {
	of   io.Reader
	left int
}

func (m *metered) Read(p []byte) (int, error) {
	if m.left == 0 {
		return 0, fmt.Errorf("the header of a part has more than %d bytes", maxHeader)
	}
	n, err := m.of.Read(p[:min(len(p), m.left)])
	m.left -= n
	return n, err
}

func isImage(contentType string) bool { return strings.HasPrefix(contentType, "image/") }
