package predictor

import (
	"fmt"
	"strings"
	"unicode"

	"braid/internal/suggest"
)

// Notes returns remarks for the person who asks about words that are replaced or left out.
func (in *Input) Notes(question string) []string {
	r, err := in.Read(make([]int32, in.Shape.Size()), question)
	if err != nil {
		return nil
	}
	var notes []string
	note := func(format string, args ...any) {
		notes = append(notes, fmt.Sprintf(format, args...))
	}
	if r.Words == 0 {
		note("no %s was read: the network sees padding alone", in.Unit())
	}
	if r.Unknown != nil {
		replaced := "left out"
		if in.HasOOV() {
			replaced = "read as " + suggest.Shorten(in.Text.Tokenizer.Options().OOVToken)
		}
		note("unknown %ss were %s: %s", in.Unit(), replaced, quoted(r.Unknown))
	}
	if r.Cut > 0 {
		end := "last"
		if in.Text.Padding.CutAfter {
			end = "first"
		}
		read := r.Words - r.Cut
		note("only the %s %d of %d %ss were read", end, read, r.Words, in.Unit())
	}
	return notes
}

// mostSuggested is the maximum number of words in a suggestion.
const mostSuggested = 3

// Suggest returns a text that the model can read: one that it was trained on, or words of its
// vocabulary. It is empty if the vocabulary has no printable word.
func (in *Input) Suggest() string {
	if n := len(in.Text.Questions); n > 0 {
		return in.Text.Questions[n-1]
	}
	options := in.Text.Tokenizer.Options()
	between := options.Split
	if options.CharLevel {
		between = ""
	}
	ids := make([]int32, in.Shape.Size())
	suggestion, words := "", 0
	for _, w := range in.words {
		if words == min(len(ids), mostSuggested) {
			break
		}
		if strings.TrimSpace(w) != w || strings.ContainsFunc(w, unprintable) {
			continue
		}
		longer := w
		if words > 0 {
			longer = suggestion + between + w
		}
		r, err := in.Read(ids, longer)
		if err == nil && r.Unknown == nil && r.Words == words+1 {
			suggestion, words = longer, words+1
		}
	}
	return suggestion
}

func unprintable(r rune) bool { return !unicode.IsGraphic(r) }
