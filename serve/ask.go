package serve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"braid/internal/suggest"
	"braid/internal/value"
	"braid/predictor"
	"braid/vision"
	"braid/vision/digit"
)

// askRequest is a request to /ask: one row.
type askRequest struct {
	rows  *predictor.Batch
	saw   []byte   // the first image, as the network sees it, as PNG; nil: no image
	notes []string // on the inputs
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
	reply := answerJSON{Model: v.name, Version: v.Version(), Saw: a.saw, Notes: a.notes}
	for i := range v.Heads {
		reply.Heads = append(reply.Heads, v.Heads[i].Answer(a.rows.Outputs[i].Float32s()))
	}
	x.rows = 1
	reply.Contradictions = v.Contradictions(a.rows, 0, reply.Heads)
	return replyJSON(w, reply)
}

// readAsk reads the fields of a request. The caller frees the rows.
func (s *Server) readAsk(v *version, b *body, given map[string]field) (*askRequest, error) {
	if v.ReadsColumns() {
		return s.readColumns(v, b, given)
	}
	if err := suggest.Match("field", inputNames(v.Model), given); err != nil {
		return nil, bad("%v", err)
	}
	a := &askRequest{rows: v.NewBatch(1)}
	read := value.Reader{
		Memory: b.buffer,
		Text: func(in *predictor.Input, ids []int32, text []byte) error {
			err := readText(in, ids, text)
			if err == nil {
				a.notes = append(a.notes, in.Text.Remarks(string(text))...)
			}
			return err
		},
		Image: func(in *predictor.Input, file []byte) ([]uint8, error) {
			return s.decodeImage(b, in, file)
		},
	}
	for i := range v.Inputs {
		in := &v.Inputs[i]
		if err := a.readInput(&read, b, in, i, given[in.Name]); err != nil {
			v.Free(a.rows)
			return nil, inputError(in, err)
		}
	}
	return a, nil
}

// readInput reads the field of the input with index i.
func (a *askRequest) readInput(
	read *value.Reader, b *body, in *predictor.Input, i int, f field,
) (err error) {
	var content []byte
	var pixels []uint8
	t := a.rows.Inputs[i]
	switch {
	case f.raw != nil:
		pixels, err = read.JSON(in, t, 0, f.raw)
	case in.Files != nil:
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
	case in.Text != nil && !in.Text.Trained(t.Int32s()):
		trained := suggest.List(in.Text.Texts)
		a.notes = append(a.notes,
			"the model was not trained on this "+in.Name+", but on "+trained)
	case in.Files != nil && slices.Min(pixels) == slices.Max(pixels):
		return digit.ErrBlank // batch prediction accepts it: a data set may have blank images
	case in.Files != nil && a.saw == nil:
		a.saw, err = vision.PNG(pixels, in.Shape[0], in.Shape[1])
	}
	return err
}

// inputError says which input an error is about. The error is the client's mistake unless it is
// known to be another.
func inputError(in *predictor.Input, err error) error {
	var internal *internalError
	if known(err) != nil || errors.As(err, &internal) {
		return fmt.Errorf("%q: %w", in.Name, err)
	}
	return bad("%q: %v", in.Name, err)
}

// decodeImage decodes an image and converts it to what the network was trained on.
func (s *Server) decodeImage(b *body, in *predictor.Input, file []byte) ([]uint8, error) {
	memory, pixels := vision.Memory(file, s.config.Image)
	memory += digit.PixelBytes * pixels
	var converted []uint8
	err := s.decode(b, memory, func() error {
		var err error
		if converted, err = in.ReadFile(file, s.config.Image); err != nil {
			return &imageError{err}
		}
		return nil
	})
	return converted, err
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
