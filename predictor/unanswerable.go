package predictor

import (
	"fmt"
	"strings"

	"braid/internal/suggest"
)

// Unanswerable is the error of a text that the model cannot read. It suggests texts or words that
// it can.
type Unanswerable struct {
	Text    string
	Unknown []string // words that are not in the vocabulary
	Reason  string   // if all words are known
	Words   []string // the vocabulary
	Asked   []string // the texts that the model was trained on, if the file lists them

	unit string // of Unknown and Words: word or character
}

func (e *Unanswerable) Error() string {
	var b strings.Builder
	switch {
	case e.Unknown != nil:
		word := "a " + e.unit
		if len(e.Unknown) > 1 {
			word = e.unit + "s"
		}
		const format = "%q has %s the model does not know: %s"
		fmt.Fprintf(&b, format, suggest.Shorten(e.Text), word, quoted(e.Unknown))
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

// mostListed is the maximum number of words that an error lists.
const mostListed = 20

// quoted lists the first mostListed words in quotes.
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
