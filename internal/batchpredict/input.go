package batchpredict

import (
	"fmt"
	"strings"

	"braid/internal/value"
	"braid/predictor"
	"braid/tensor"
)

// Takes describes a model's inputs for errors: "image" (an image of 28 x 28).
func Takes(m *predictor.Model) string {
	var list []string
	for i := range m.Inputs {
		in := &m.Inputs[i]
		list = append(list, fmt.Sprintf("%q (%s)", in.Name, kind(in)))
	}
	return strings.Join(list, ", ")
}

// kind describes what an input takes.
func kind(in *predictor.Input) string {
	switch {
	case in.Files != nil:
		return "an image of " + value.Dims(in.Shape)
	case in.Text != nil:
		return fmt.Sprintf("a text of up to %d %ss", in.Shape.Size(), in.Text.Unit())
	case in.Pixels != nil:
		return value.Dims(in.Shape) + " pixels"
	case in.DType == tensor.Int32:
		return value.Dims(in.Shape) + " ids"
	}
	return value.Dims(in.Shape) + " numbers"
}

// Unknown chooses what to do with unknown words if the model has no OOV token.
type Unknown uint8

const (
	Refuse Unknown = iota // refuse the row; also if it has no words
	Drop                  // leave the words out, as Keras does
)

// texts reads texts into token ids. It remembers some, because texts repeat. It is for one
// goroutine.
type texts struct {
	in      *predictor.Input
	unknown Unknown
	known   map[string]reading
}

// reading is a tokenized text.
type reading struct {
	ids     []int32
	dropped int  // unknown words that were left out
	cut     bool // the text is longer than the model reads
}

// What texts remembers.
const (
	mostTexts   = 256
	longestText = 256 // bytes
)

// read reads a text. The error is why the model cannot be asked it.
func (t *texts) read(text string) (reading, error) {
	if r, ok := t.known[text]; ok {
		return r, nil
	}
	r := reading{ids: make([]int32, t.in.Shape.Size())}
	words, err := t.in.Text.Read(r.ids, text)
	if err == nil && t.unknown == Refuse {
		err = t.in.Text.Check(text, words)
	}
	if err != nil {
		return r, err
	}
	r.cut = words.Cut > 0
	if !t.in.Text.HasOOV() {
		r.dropped = len(words.Unknown)
	}
	if t.known == nil || len(t.known) >= mostTexts {
		t.known = map[string]reading{}
	}
	if len(text) <= longestText {
		t.known[strings.Clone(text)] = r
	}
	return r, nil
}
