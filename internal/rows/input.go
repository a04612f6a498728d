package rows

import (
	"fmt"
	"strconv"
	"strings"

	"braid/infer"
	"braid/tensor"
)

// Takes tells what a model's inputs take, for errors.
func Takes(m *infer.Model) string {
	var list []string
	for i := range m.Inputs {
		in := &m.Inputs[i]
		list = append(list, fmt.Sprintf("%q (%s)", in.Name, kind(in)))
	}
	return strings.Join(list, ", ")
}

// kind says what an input takes.
func kind(in *infer.Input) string {
	switch {
	case in.IsImage():
		return "an image of " + dims(in.Shape)
	case in.IsText():
		return fmt.Sprintf("a text of up to %d words", in.Shape.Size())
	case in.Pixels != nil:
		return dims(in.Shape) + " pixels"
	case in.DType == tensor.Int32:
		return dims(in.Shape) + " ids"
	}
	return dims(in.Shape) + " numbers"
}

// dims is a shape for people: 28 x 28.
func dims(shape tensor.Shape) string {
	if len(shape) == 0 {
		return "1"
	}
	list := []string{}
	for _, n := range shape {
		list = append(list, strconv.Itoa(n))
	}
	return strings.Join(list, " x ")
}

// Suggest is a text that an input can be asked.
func Suggest(in *infer.Input) string {
	if len(in.Text.Questions) > 0 {
		return in.Text.Questions[len(in.Text.Questions)-1]
	}
	words := in.Text.Tokenizer.Words()
	return strings.Join(words[:min(len(words), in.Shape.Size())], " ")
}

// texts reads texts into ids. It keeps those it has read, for they repeat. Not for several goroutines.
type texts struct {
	in   *infer.Input
	read map[string]reading
}

type reading struct {
	ids []int32
	err error
}

// mostTexts and longestText bound what is kept.
const (
	mostTexts   = 256
	longestText = 256
)

func (t *texts) ids(text string) ([]int32, error) {
	r, ok := t.read[text]
	if !ok {
		r.ids = make([]int32, t.in.Shape.Size())
		r.err = t.in.ReadText(r.ids, text)
		if t.read == nil || len(t.read) >= mostTexts {
			t.read = map[string]reading{}
		}
		if len(text) <= longestText {
			t.read[strings.Clone(text)] = r
		}
	}
	return r.ids, r.err
}
