package serve

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"braid/feature"
	"braid/internal/suggest"
	"braid/internal/value"
	"braid/predictor"
	"braid/vision"
)

// askRequest is a request to /ask: one row.
type askRequest struct {
	body  *body
	rows  *predictor.Batch
	notes []string // on the values
}

// answerJSON is the reply to /ask.
type answerJSON struct {
	Model          string             `json:"model"`
	Version        string             `json:"version"`
	Heads          []predictor.Answer `json:"heads"`
	Contradictions []string           `json:"contradictions,omitempty"`
	Notes          []string           `json:"notes,omitempty"`
	Saw            []byte             `json:"saw,omitempty"` // the first picture, as PNG, base64
}

// ask answers one row with labels and probabilities.
func (s *Server) ask(w http.ResponseWriter, r *http.Request) error {
	b, err := s.admit(w, r)
	if err != nil {
		return err
	}
	defer s.finish(b)
	given, err := b.fields(r.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	name := r.URL.Query().Get("model")
	if f, ok := given["model"]; ok {
		if name, err = b.modelName(f); err != nil {
			return err
		}
		delete(given, "model")
	}
	v, err := s.model(name)
	if err != nil {
		return err
	}
	x := w.(*exchange)
	x.model = v
	a, err := s.readAsk(v, b, given)
	if err != nil {
		return err
	}
	defer v.Free(a.rows)
	if err := v.batch.answer(b.ctx, a.rows, b.deadline); err != nil {
		return err
	}
	if err := v.CheckOutputs(a.rows, 0); err != nil {
		return problemf(http.StatusUnprocessableEntity, "", "%v", err)
	}
	reply := answerJSON{Model: v.name, Version: v.Version(), Notes: a.notes}
	for i := range v.Heads {
		reply.Heads = append(reply.Heads, v.Heads[i].Answer(a.rows.Output(i, 0)))
	}
	x.rows = 1
	if v.rules != nil {
		reply.Contradictions = v.rules.Contradictions(a.rows, 0, reply.Heads)
	}
	if reply.Saw, err = saw(v.Model, a.rows); err != nil {
		return err
	}
	return replyJSON(w, reply)
}

// saw returns the first picture of a row as the network sees it, nil if there is none.
func saw(m *predictor.Model, rows *predictor.Batch) ([]byte, error) {
	for i := range m.Columns {
		pixels, shape := m.Columns[i].Picture(rows, 0)
		if pixels != nil && len(shape) == 2 {
			return vision.PNG(pixels, shape[0], shape[1])
		}
	}
	return nil, nil
}

// readAsk reads the fields of a request, each the value of a column. The caller frees the rows.
func (s *Server) readAsk(v *version, b *body, given map[string]field) (*askRequest, error) {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if _, err := v.Column(name); err != nil {
			return nil, &fieldError{name, bad("%v", err)}
		}
	}
	a := &askRequest{body: b, rows: v.NewBatch(1)}
	var missing []string
	isMissing := func(c *predictor.Column) bool {
		f, ok := given[c.Name]
		return !ok || string(f.raw) == "null"
	}
	for i := range v.Columns {
		c := &v.Columns[i]
		if !isMissing(c) {
			continue
		}
		missing = append(missing, c.Name)
		if _, err := c.Encode(a.rows, 0, feature.Value{}); err != nil {
			v.Free(a.rows)
			return nil, &fieldError{c.Name, bad("field %q is missing, want each of %s", c.Name,
				suggest.List(v.ColumnNames()))}
		}
	}
	if len(given) == 0 {
		v.Free(a.rows)
		return nil, bad("no field is given, want one or more of %s", suggest.List(v.ColumnNames()))
	}
	for i := range v.Columns {
		c := &v.Columns[i]
		if isMissing(c) {
			continue
		}
		if err := a.readField(c, given[c.Name]); err != nil {
			v.Free(a.rows)
			return nil, &fieldError{c.Name, columnError(c.Name, err)}
		}
		a.noteBlank(c)
	}
	if missing != nil {
		a.notes = append(a.notes, "no value is given for "+strings.Join(missing, ", "))
	}
	return a, nil
}

// readField reads the value of a column.
func (a *askRequest) readField(c *predictor.Column, f field) error {
	read := value.Reader{Encode: a.encode, Memory: a.body.buffer}
	var content []byte
	var err error
	switch {
	case f.raw != nil:
		return read.JSON(c, a.rows, 0, f.raw)
	case c.ReadsFiles():
		content, err = a.body.unescaped(f, false)
	default:
		content, err = a.body.text(c.Name, f)
	}
	if err != nil {
		return err
	}
	return read.Form(c, a.rows, 0, content)
}

// maxCell is the most bytes of a text.
const maxCell = 1 << 16

// encode encodes a value, and notes what is to be said of it.
func (a *askRequest) encode(
	c *predictor.Column, rows *predictor.Batch, row int, v feature.Value,
) error {
	if len(v.Text) > maxCell {
		return tooLarge("got a text of %d bytes, want at most %d", len(v.Text), maxCell)
	}
	note, err := a.body.server.encode(a.body, c, rows, row, v)
	if err == nil && (v.Text != "" || v.Content != nil) {
		a.notes = append(a.notes, c.Remarks(v, note)...)
	}
	return err
}

// noteBlank notes that the numbers of a picture are all the same.
func (a *askRequest) noteBlank(c *predictor.Column) {
	if pixels, _ := c.Picture(a.rows, 0); pixels != nil && slices.Min(pixels) == slices.Max(pixels) {
		a.notes = append(a.notes, c.Name+" is blank")
	}
}

// encode encodes a value of a column. The content of a file is decoded within the limits of a body.
func (s *Server) encode(
	b *body, c *predictor.Column, rows *predictor.Batch, row int, v feature.Value,
) (note feature.Note, err error) {
	reader, ok := c.Encoder.(feature.FileReader)
	if !ok || v.Content == nil {
		return c.Encode(rows, row, v)
	}
	v.Most = s.config.Image
	err = s.decode(b, reader.Memory(v.Content, v.Most), func() error {
		if note, err = c.Encode(rows, row, v); err != nil {
			return &imageError{err}
		}
		return nil
	})
	return note, err
}

// columnError says which column an error is about. The error is the client's mistake unless it is
// known to be another.
func columnError(column string, err error) error {
	var p *problem
	if errors.As(err, &p) {
		return problemf(p.status, p.reason, "%q: %s", column, p.text)
	}
	return asMistake(fmt.Errorf("%q: %w", column, err))
}

// decode calls do to decode images. It takes memory for the work from the budget, and gives it
// back. As many requests decode images at once as there are processors. Memory is taken first, so
// that no decoding waits for it.
func (s *Server) decode(b *body, memory int64, do func() error) error {
	if err := b.take(memory, forWork); err != nil {
		return err
	}
	defer b.give(memory, forWork)
	ctx, cancel := context.WithDeadline(b.ctx, b.deadline)
	defer cancel()
	select {
	case s.decodes <- struct{}{}:
		defer func() { <-s.decodes }()
	case <-ctx.Done():
	}
	if err := abandoned(b.ctx, b.deadline); err != nil {
		return err
	}
	return do()
}

// imageError is an error in an image that cannot be decoded: the client's mistake.
type imageError struct{ error }

func (e *imageError) Unwrap() error { return e.error }
