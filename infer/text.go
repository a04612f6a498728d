package infer

import (
	"fmt"
	"slices"
	"strings"

	"braid/internal/names"
	"braid/text"
)

// Unanswerable is the error of a text that the model cannot be asked: it says what can.
type Unanswerable struct {
	Text    string
	Unknown []string // words that the vocabulary lacks
	Reason  string   // where all words are known
	Words   []string // that the vocabulary has
	Asked   []string // the texts that the model was trained on, where they are few
}

func (e *Unanswerable) Error() string {
	var b strings.Builder
	switch {
	case e.Unknown != nil:
		word := "a word"
		if len(e.Unknown) > 1 {
			word = "words"
		}
		fmt.Fprintf(&b, "%q has %s the model does not know: %s", names.Shorten(e.Text), word, quoted(e.Unknown))
	default:
		fmt.Fprintf(&b, "%q %s", names.Shorten(e.Text), e.Reason)
	}
	switch {
	case e.Asked != nil:
		fmt.Fprintf(&b, "; it can be asked %s", quoted(e.Asked))
	case e.Words != nil:
		fmt.Fprintf(&b, "; it knows %s", quoted(e.Words))
	}
	return b.String()
}

// mostListed is how many words an error repeats.
const mostListed = 20

// quoted lists words, not too many of them.
func quoted(words []string) string {
	var list []string
	for _, w := range words[:min(len(words), mostListed)] {
		list = append(list, names.Shorten(w))
	}
	text := names.List(list)
	if more := len(words) - mostListed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// ReadText writes the token ids of a text, padded. A text that cannot be asked is an *Unanswerable.
func (in *Input) ReadText(ids []int32, question string) error {
	if known, ok := in.known[question]; ok {
		copy(ids, known)
		return nil
	}
	t := in.Text.Tokenizer
	wrong := Unanswerable{Text: question, Unknown: t.Unknown(question)}
	list := t.TextsToSequences([]string{question})
	switch n := len(list[0]); {
	case wrong.Unknown != nil:
	case n == 0:
		wrong.Reason = "asks nothing"
	case n > len(ids):
		wrong.Reason = fmt.Sprintf("has %d words, the model reads %d", n, len(ids))
	default:
		padded, err := text.PadSequences(list, in.Text.Padding)
		if err == nil {
			copy(ids, padded[0])
		}
		return err
	}
	wrong.Words, wrong.Asked = t.Words(), in.Text.Questions
	return &wrong
}

// learn keeps the ids of the texts that the model was trained on.
func (in *Input) learn() error {
	known := map[string][]int32{}
	for _, q := range in.Text.Questions {
		ids := make([]int32, in.Shape.Size())
		if err := in.ReadText(ids, q); err != nil {
			return fmt.Errorf("input %q: %w", in.Name, err)
		}
		known[q] = ids
	}
	in.known = known
	return nil
}

// Trained tells whether the ids are those of a text that the model was trained on; true where those are not
// known.
func (in *Input) Trained(ids []int32) bool {
	for _, own := range in.known {
		if slices.Equal(own, ids) {
			return true
		}
	}
	return len(in.known) == 0
}
