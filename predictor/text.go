package predictor

import (
	"fmt"
	"slices"
	"strings"

	"braid/text"
)

// Reading describes how a text was converted to ids.
type Reading struct {
	Words   int      // number of words with ids, the OOV token's included
	Cut     int      // number of those words that were cut, because the text was too long
	Unknown []string // words that became the OOV token, or were left out if there is none
}

// Read converts a text to ids exactly as Tokenizer.TextsToSequences and text.PadSequences do for
// training. The error is an *Unanswerable if an id is outside the network's range.
func (in *Input) Read(ids []int32, question string) (Reading, error) {
	if known, ok := in.known[question]; ok {
		copy(ids, known)
		return Reading{Words: len(ids)}, nil
	}
	question = in.lines(question)
	t := in.Text.Tokenizer
	list := t.TextsToSequences([]string{question})
	r := Reading{
		Words:   len(list[0]),
		Cut:     max(0, len(list[0])-len(ids)),
		Unknown: t.Unknown(question),
	}
	padded, err := text.PadSequences(list, in.Text.Padding)
	if err != nil {
		return r, err
	}
	copy(ids, padded[0])
	for _, id := range ids {
		isPadding := id == in.Text.Padding.Value // comes from the file, not the text
		if in.Vocabulary > 0 && int(id) >= in.Vocabulary && !isPadding {
			reason := fmt.Sprintf("needs id %d, the network takes 0 to %d", id, in.Vocabulary-1)
			return r, in.unanswerable(question, reason)
		}
	}
	return r, nil
}

// ReadText is Read for texts that must be known: without an OOV token, a text with unknown words or
// without words is an *Unanswerable.
func (in *Input) ReadText(ids []int32, question string) error {
	r, err := in.Read(ids, question)
	if err == nil {
		err = in.Check(question, r)
	}
	return err
}

// Check returns the *Unanswerable of a text that ReadText refuses, given its reading.
func (in *Input) Check(question string, r Reading) error {
	switch {
	case in.HasOOV():
		return nil
	case r.Unknown != nil:
		wrong := in.unanswerable(question, "")
		wrong.Unknown = r.Unknown
		return wrong
	case r.Words == 0:
		return in.unanswerable(question, "asks nothing")
	}
	return nil
}

func (in *Input) unanswerable(question, reason string) *Unanswerable {
	return &Unanswerable{
		Text: question, Reason: reason, Words: in.words, Asked: in.Text.Questions, unit: in.Unit(),
	}
}

// HasOOV reports whether the tokenizer has an OOV token, which replaces unknown words.
func (in *Input) HasOOV() bool { return in.Text.Tokenizer.Options().OOVToken != "" }

// Unit returns the noun for what the tokenizer gives ids to: word or character.
func (in *Input) Unit() string {
	if in.Text.Tokenizer.Options().CharLevel {
		return "character"
	}
	return "word"
}

// lines converts a text's line ends to those of the texts that the tokenizer was fitted on: CRLF
// and CR, which forms and Windows write, become LF, as when Python reads a file, and the last line
// end is removed. Line ends that the tokenizer filters, splits at, or has in its vocabulary stay.
func (in *Input) lines(text string) string {
	if in.foreignCR {
		text = carriageReturns.Replace(text)
	}
	if in.foreignLF {
		text = strings.TrimRight(text, "\n")
	}
	return text
}

var carriageReturns = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// readVocabulary sets the vocabulary, its line ends, and the ids of the texts that the model was
// trained on.
func (in *Input) readVocabulary() error {
	in.words = in.Text.Tokenizer.Words()
	unknown := strings.Join(in.Text.Tokenizer.Unknown("\r\n"), "")
	foreign := func(end string) bool {
		known := func(word string) bool { return strings.Contains(word, end) }
		return strings.Contains(unknown, end) && !slices.ContainsFunc(in.words, known)
	}
	in.foreignCR, in.foreignLF = foreign("\r"), foreign("\n")
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

// Trained reports whether the ids are those of a text that the model was trained on. It returns
// true if the file does not list those texts.
func (in *Input) Trained(ids []int32) bool {
	for _, known := range in.known {
		if slices.Equal(known, ids) {
			return true
		}
	}
	return len(in.known) == 0
}
