package batchpredict

import (
	"fmt"
	"strings"

	"braid/internal/value"
	"braid/predictor"
	"braid/tensor"
)

// Takes tells what a model's inputs take, for errors.
func Takes(m *predictor.Model) string {
	var list []string
	for i := range m.Inputs {
		in := &m.Inputs[i]
		list = append(list, fmt.Sprintf("%q (%s)", in.Name, kind(in)))
	}
	return strings.Join(list, ", ")
}

// kind says what an input takes.
func kind(in *predictor.Input) string {
	switch {
	case in.IsImage():
		return "an image of " + value.Dims(in.Shape)
	case in.IsText():
		return fmt.Sprintf("a text of up to %d %ss", in.Shape.Size(), in.Unit())
	case in.Pixels != nil:
		return value.Dims(in.Shape) + " pixels"
	case in.DType == tensor.Int32:
		return value.Dims(in.Shape) + " ids"
	}
	return value.Dims(in.Shape) + " numbers"
}

// Unknown says what becomes of words that a model without an OOV token does not know.
type Unknown uint8

const (
	Refuse Unknown = iota // a row with such words, or with no words, cannot be answered
	Drop                  // they are left out, as Keras does
)

// texts reads texts into ids. It keeps those it has read, for they repeat. Not for several goroutines.
type texts struct {
	in      *predictor.Input
	unknown Unknown
	known   map[string]reading
}

// reading is a text as a row has it.
type reading struct {
	ids     []int32
	dropped int  // unknown words that were left out
	cut     bool // the text is longer than what is read of it
}

// mostTexts and longestText bound what is kept.
const (
	mostTexts   = 256
	longestText = 256
)

// read reads a text. The error is why it cannot be asked.
func (t *texts) read(text string) (reading, error) {
	if r, ok := t.known[text]; ok {
		return r, nil
	}
	r := reading{ids: make([]int32, t.in.Shape.Size())}
	words, err := t.in.Read(r.ids, text)
	if err == nil && t.unknown == Refuse {
		err = t.in.Check(text, words)
	}
	if err != nil {
		return r, err
	}
	r.cut = words.Cut > 0
	if !t.in.HasOOV() {
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
