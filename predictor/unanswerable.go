package predictor

import (
	"fmt"
	"strings"

	"braid/internal/suggest"
)

// Unanswerable is the error of a text that the model cannot be asked: it says what can.
type Unanswerable struct {
	Text    string
	Unknown []string // words that the vocabulary lacks
	Reason  string   // where all words are known
	Words   []string // that the vocabulary has
	Asked   []string // the texts that the model was trained on, where they are few

	unit string // what Unknown and Words hold, a word or a character
}

func (e *Unanswerable) Error() string {
	var b strings.Builder
	switch {
	case e.Unknown != nil:
		word := "a " + e.unit
		if len(e.Unknown) > 1 {
			word = e.unit + "s"
		}
		fmt.Fprintf(
			&b,
			"%q has %s the model does not know: %s",
			suggest.Shorten(e.Text),
			word,
			quoted(e.Unknown),
		)
	default:
		fmt.Fprintf(&b, "%q %s", suggest.Shorten(e.Text), e.Reason)
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
		list = append(list, suggest.Shorten(w))
	}
	text := suggest.List(list)
	if more := len(words) - mostListed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
