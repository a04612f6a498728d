package serve

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"braid/internal/suggest"
	"braid/internal/value"
	"braid/predictor"
	"braid/vision"
	"braid/vision/digit"
)

// question is one row as people ask it: what they gave for each input.
type question struct {
	rows *predictor.Rows
	saw  []byte // the image that the network sees, as PNG; nil if it sees none
	note []string
}

// answerJSON is the reply to /ask.
type answerJSON struct {
	Model          string             `json:"model"`
	Version        string             `json:"version"`
	Heads          []predictor.Answer `json:"heads"`
	Contradictions []string           `json:"contradictions,omitempty"`
	Notes          []string           `json:"notes,omitempty"`
	Saw            []byte             `json:"saw,omitempty"` // PNG, base64
}

// ask answers one row with labels and probabilities, for people.
func (s *Server) ask(w http.ResponseWriter, r *http.Request) error {
	b, err := s.admit(w, r)
	if err != nil {
		return err
	}
	defer s.leave(b)
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
	e := w.(*entry)
	e.model = v
	q, err := s.question(v, b, given)
	if err != nil {
		return err
	}
	defer v.Free(q.rows)
	if err := v.batch.answer(b.ctx, q.rows, b.deadline); err != nil {
		return err
	}
	if err := v.CheckAnswers(q.rows, 0); err != nil {
		return &problem{status: http.StatusUnprocessableEntity, text: err.Error()}
	}
	reply := answerJSON{Model: v.name, Version: v.Version(), Saw: q.saw, Notes: q.note}
	for i := range v.Heads {
		reply.Heads = append(reply.Heads, v.Heads[i].Answer(q.rows.Answers[i].Float32s()))
	}
	e.rows = 1
	reply.Contradictions = v.Contradictions(q.rows, 0, reply.Heads)
	return replyJSON(w, reply)
}

// question makes a row of what people gave. The caller frees it.
func (s *Server) question(v *version, b *body, given map[string]field) (*question, error) {
	if err := suggest.Match("field", inputNames(v.Model), given); err != nil {
		return nil, bad("%v", err)
	}
	q := &question{rows: v.Rows(1)}
	read := value.Reader{
		Memory: b.buffer,
		Text: func(in *predictor.Input, ids []int32, text []byte) error {
			err := readText(in, ids, text)
			if err == nil {
				q.note = append(q.note, in.Notes(string(text))...)
			}
			return err
		},
		Image: func(in *predictor.Input, file []byte) ([]uint8, error) {
			return s.decode(b, file, in.Shape[0], in.Shape[1])
		},
	}
	for i := range v.Inputs {
		in := &v.Inputs[i]
		if err := q.take(&read, b, in, i, given[in.Name]); err != nil {
			v.Free(q.rows)
			return nil, b.askProblem(in, given[in.Name], err)
		}
	}
	return q, nil
}

// take reads an input's field.
func (q *question) take(read *value.Reader, b *body, in *predictor.Input, at int, f field) (err error) {
	var content []byte
	var pixels []uint8
	t := q.rows.Inputs[at]
	switch {
	case f.raw != nil:
		pixels, err = read.JSON(in, t, 0, f.raw)
	case in.IsImage():
		content, err = b.unescaped(f, false)
	default:
		content, err = b.text(in.Name, f)
	}
	if f.raw == nil && err == nil {
		pixels, err = read.Form(in, t, 0, content)
	}
	switch {
	case err != nil:
		return err
	case in.IsText() && !in.Trained(t.Int32s()):
		asked := suggest.List(in.Text.Questions)
		q.note = append(q.note, "the model was not trained on this "+in.Name+", but on "+asked)
	case in.IsImage() && slices.Min(pixels) == slices.Max(pixels):
		return digit.ErrBlank // predict takes such a row, for a data set may have it
	case in.IsImage() && q.saw == nil:
		q.saw, err = vision.PNG(pixels, in.Shape[0], in.Shape[1])
	}
	return err
}

// askProblem is the error of an input's value: the client's mistake unless it is known to be another.
func (b *body) askProblem(in *predictor.Input, f field, err error) error {
	var ours *fault
	if known(err) != nil || errors.As(err, &ours) {
		return fmt.Errorf("%q: %w", in.Name, err)
	}
	err = bad("%q: %v", in.Name, err)
	if f.raw != nil {
		return jsonProblem(value.TrimMark(b.content), err)
	}
	return err
}

// look brings an image to what the network was trained on. The memory that it takes counts where the
// body does, while it takes it. As many are decoded at once as there are processors; memory comes first,
// so that no decoding waits for memory.
func (s *Server) decode(b *body, file []byte, height, width int) ([]uint8, error) {
	memory, pixels := vision.Memory(file, s.config.Image)
	memory += digit.PixelBytes * pixels
	if err := b.take(memory, forWork); err != nil {
		return nil, err
	}
	defer b.give(memory, forWork)
	select {
	case s.decodes <- struct{}{}:
		defer func() { <-s.decodes }()
	case <-b.ctx.Done():
	case <-time.After(time.Until(b.deadline)):
	}
	if err := over(b.ctx, b.deadline); err != nil {
		return nil, err
	}
	grey, err := vision.Decode(file, s.config.Image)
	if err != nil {
		return nil, &unreadable{err}
	}
	if err := over(b.ctx, b.deadline); err != nil {
		return nil, err
	}
	return digit.MNIST(grey, height, width)
}

// unreadable is what is wrong with an image: the client's mistake, whatever it is.
type unreadable struct{ error }

func (u *unreadable) Unwrap() error { return u.error }
