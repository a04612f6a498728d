package predictor

import (
	"fmt"
	"slices"
	"strings"

	"braid/text"
)

// Reading is what became of a text's words.
type Reading struct {
	Words   int      // words that have ids, the OOV token's included
	Cut     int      // words of these that the padding's length cuts off
	Unknown []string // words without ids: the OOV token's id stands for each, or they are left out
}

// Read writes the ids of a text exactly as Tokenizer.TextsToSequences and text.PadSequences make
// them for training. The error is an *Unanswerable where the network does not take such ids.
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
		isPadding := id == in.Text.Padding.Value // out of range it is not the text's fault
		if in.Vocabulary > 0 && int(id) >= in.Vocabulary && !isPadding {
			reason := fmt.Sprintf("needs id %d, the network takes 0 to %d", id, in.Vocabulary-1)
			return r, in.unanswerable(question, reason)
		}
	}
	return r, nil
}

// ReadText is Read for texts that must make sense: without an OOV token, a text with unknown
// words or with no words is an *Unanswerable.
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

// HasOOV reports whether unknown words have an id, that of the OOV token.
func (in *Input) HasOOV() bool { return in.Text.Tokenizer.Options().OOVToken != "" }

// Unit is what the tokenizer gives ids to: a word or a character.
func (in *Input) Unit() string {
	if in.Text.Tokenizer.Options().CharLevel {
		return "character"
	}
	return "word"
}

// lines returns a text with the line ends of the texts that tokenizers are fitted on: CRLF and
// CR, which forms and Windows write, become LF, as when Python reads a file, and the end of the
// last line goes. What the tokenizer filters, splits at, or has in its vocabulary stays for it.
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

// learn keeps what is needed of the vocabulary, and the ids of the texts that the model was
// trained on.
func (in *Input) learn() error {
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

// Trained tells whether the ids are those of a text that the model was trained on; true where
// those are not known.
func (in *Input) Trained(ids []int32) bool {
	for _, own := range in.known {
		if slices.Equal(own, ids) {
			return true
		}
	}
	return len(in.known) == 0
}
