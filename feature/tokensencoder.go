package feature

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"braid/internal/suggest"
	"braid/text"
)

// TokensEncoder converts texts to ids exactly as Tokenizer.TextsToSequences and text.PadSequences
// do.
type TokensEncoder struct {
	Tokenizer *text.Tokenizer `json:"tokenizer"`
	Padding   text.Padding    `json:"padding"`
	Limit     int             `json:"limit,omitzero"` // of the network's ids; 0: the tokenizer's
	Texts     []string        `json:"texts,omitzero"` // those of training, if few
	// Drop leaves out unknown words where there is no OOV token, as Keras does, and takes texts
	// without words.
	Drop bool `json:"-"`

	known                map[string]knownText
	words                []string // the vocabulary
	foreignCR, foreignLF bool     // the vocabulary and the filters lack this line end
}

// knownText is one of Texts, read once: most texts that are asked are among them.
type knownText struct {
	ids  []int32
	note Note
}

// Kind is "tokens".
func (*TokensEncoder) Kind() string { return "tokens" }

// NewTokensEncoder returns the encoder of a tokenizer's ids, of which the network takes those below
// limit, or any with a limit of 0. texts are those of training, if they are known.
func NewTokensEncoder(
	t *text.Tokenizer, padding text.Padding, limit int, texts []string,
) (*TokensEncoder, error) {
	e := &TokensEncoder{Tokenizer: t, Padding: padding, Limit: limit, Texts: texts}
	return e, e.prepare()
}

func (e *TokensEncoder) check() error {
	if e.Tokenizer == nil {
		return errors.New("the tokenizer is missing")
	}
	return errors.Join(checkLength(e.Padding.Length), atLeast("limit", e.Limit))
}

// vocabulary returns the number of ids, 0 included.
func (e *TokensEncoder) vocabulary() int {
	n := len(e.Tokenizer.WordIndex()) + 1
	if limit := e.Tokenizer.Options().NumWords; limit > 0 {
		n = limit
	}
	if e.Limit > 0 {
		n = e.Limit
	}
	return n
}

// prepare sets the vocabulary, its line ends, and the ids of the texts of training.
func (e *TokensEncoder) prepare() error {
	e.words, e.known = e.Tokenizer.Words(), nil
	unknown := strings.Join(e.Tokenizer.Unknown("\r\n"), "")
	foreign := func(end string) bool {
		known := func(word string) bool { return strings.Contains(word, end) }
		return strings.Contains(unknown, end) && !slices.ContainsFunc(e.words, known)
	}
	e.foreignCR, e.foreignLF = foreign("\r"), foreign("\n")
	known := map[string]knownText{}
	for _, t := range e.Texts {
		ids := make([]int32, e.Padding.Length)
		r, err := e.Read(ids, t)
		if err == nil {
			err = e.Check(t, r)
		}
		if err != nil {
			return err
		}
		known[t] = knownText{ids, r.note()}
	}
	e.known = known
	return nil
}

// Reading describes how a text was converted to ids.
type Reading struct {
	Words   int      // number of words with ids, the OOV token's included
	Cut     int      // number of those words that were cut, because the text was too long
	Unknown []string // words that became the OOV token, or were left out if there is none
}

// note returns what a person may want to know of a cell.
func (r Reading) note() (note Note) {
	if r.Unknown != nil {
		note |= Unknown
	}
	if r.Cut > 0 {
		note |= Cut
	}
	if r.Words == 0 {
		note |= Missing
	}
	return note
}

// Read converts a text to ids. The error is an *Unreadable if an id is outside the network's range.
func (e *TokensEncoder) Read(ids []int32, line string) (Reading, error) {
	if known, ok := e.known[line]; ok {
		copy(ids, known.ids)
		return Reading{Words: len(ids)}, nil // it was trained on as it is
	}
	line = e.lines(line)
	list := e.Tokenizer.TextsToSequences([]string{line})
	r := Reading{
		Words:   len(list[0]),
		Cut:     max(0, len(list[0])-len(ids)),
		Unknown: e.Tokenizer.Unknown(line),
	}
	padded, err := text.PadSequences(list, e.Padding)
	if err != nil {
		return r, err
	}
	copy(ids, padded[0])
	for _, id := range ids {
		isPadding := id == e.Padding.Value // comes from the file, not the text
		if e.Limit > 0 && int(id) >= e.Limit && !isPadding {
			return r, e.unreadable(line,
				fmt.Sprintf("needs id %d, the network takes 0 to %d", id, e.Limit-1))
		}
	}
	return r, nil
}

// ReadText is Read for texts that must be known: without an OOV token, a text with unknown words or
// without words is an *Unreadable.
func (e *TokensEncoder) ReadText(ids []int32, line string) error {
	r, err := e.Read(ids, line)
	if err == nil {
		err = e.Check(line, r)
	}
	return err
}

// Check returns the *Unreadable of a text that ReadText refuses, given its reading.
func (e *TokensEncoder) Check(line string, r Reading) error {
	switch {
	case e.HasOOV():
		return nil
	case r.Unknown != nil:
		wrong := e.unreadable(line, "")
		wrong.Unknown = r.Unknown
		return wrong
	case r.Words == 0:
		return e.unreadable(line, "asks nothing")
	}
	return nil
}

// HasOOV reports whether the tokenizer has an OOV token, which replaces unknown words.
func (e *TokensEncoder) HasOOV() bool { return e.Tokenizer.Options().OOVToken != "" }

// Unit returns the noun for what the tokenizer gives ids to: word or character.
func (e *TokensEncoder) Unit() string {
	if e.Tokenizer.Options().CharLevel {
		return "character"
	}
	return "word"
}

// lines converts a text's line ends to those of the texts that the tokenizer was fitted on: CRLF
// and CR, which forms and Windows write, become LF, as when Python reads a file, and the last line
// end is removed. Line ends that the tokenizer filters, splits at, or has in its vocabulary stay.
func (e *TokensEncoder) lines(line string) string {
	if e.foreignCR {
		line = carriageReturns.Replace(line)
	}
	if e.foreignLF {
		line = strings.TrimRight(line, "\n")
	}
	return line
}

var carriageReturns = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// Trained reports whether the ids are those of a text that the model was trained on. It returns
// true if the texts are not listed.
func (e *TokensEncoder) Trained(ids []int32) bool {
	for _, known := range e.known {
		if slices.Equal(known.ids, ids) {
			return true
		}
	}
	return len(e.known) == 0
}

// Remarks tells of words that are replaced, left out or cut, and of a text that training did not
// have.
func (e *TokensEncoder) Remarks(v Value) []string {
	ids := make([]int32, e.Padding.Length)
	r, err := e.Read(ids, v.Text)
	if err != nil {
		return nil
	}
	var list []string
	remark := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	if r.Words == 0 {
		remark("no %s was read: the network sees padding alone", e.Unit())
	}
	if r.Unknown != nil {
		replaced := "left out"
		if e.HasOOV() {
			replaced = "read as " + suggest.Shorten(e.Tokenizer.Options().OOVToken)
		}
		remark("unknown %ss were %s: %s", e.Unit(), replaced, quoted(r.Unknown))
	}
	if r.Cut > 0 {
		end := "last"
		if e.Padding.CutAfter {
			end = "first"
		}
		remark("only the %s %d of %d %ss were read", end, r.Words-r.Cut, r.Words, e.Unit())
	}
	if !e.Trained(ids) {
		remark("%q is none of the texts that the model was trained on: %s", suggest.Shorten(v.Text),
			suggest.List(e.Texts))
	}
	return list
}

// mostSuggested is the maximum number of words in a suggestion.
const mostSuggested = 3

// Suggest returns a text that the model can read: one that it was trained on, or words of its
// vocabulary. It is empty if the vocabulary has no printable word.
func (e *TokensEncoder) Suggest() string {
	if n := len(e.Texts); n > 0 {
		return e.Texts[n-1]
	}
	options := e.Tokenizer.Options()
	between := options.Split
	if options.CharLevel {
		between = ""
	}
	ids := make([]int32, e.Padding.Length)
	suggestion, words := "", 0
	for _, w := range e.words {
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
		r, err := e.Read(ids, longer)
		if err == nil && r.Unknown == nil && r.Words == words+1 {
			suggestion, words = longer, words+1
		}
	}
	return suggestion
}

func unprintable(r rune) bool { return !unicode.IsGraphic(r) }

func (e *TokensEncoder) unreadable(line, reason string) *Unreadable {
	return &Unreadable{Text: line, Reason: reason, Words: e.words, Trained: e.Texts, unit: e.Unit()}
}

// Unreadable is the error of a text that the model cannot read. It suggests texts or words that it
// can.
type Unreadable struct {
	Text    string
	Unknown []string // words that are not in the vocabulary
	Reason  string   // if all words are known
	Words   []string // the vocabulary
	Trained []string // the texts that the model was trained on, if they are known

	unit string // of Unknown and Words: word or character
}

func (e *Unreadable) Error() string {
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
	case e.Trained != nil:
		fmt.Fprintf(&b, "; it can be asked %s", quoted(e.Trained))
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
	out := suggest.List(list)
	if more := len(words) - mostListed; more > 0 {
		out += fmt.Sprintf(" and %d more", more)
	}
	return out
}
