package feature

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"braid"
	"braid/layer"
	"braid/tensor"
	"braid/text"
)

// Tokens is a column of short texts of a fixed vocabulary, read exactly as Keras' Tokenizer and
// pad_sequences do. Without OOV, a text with another word is an error.
type Tokens struct {
	Words     []string `json:"words,omitzero"`      // the vocabulary; nil: that of training
	NumWords  int      `json:"num_words,omitzero"`  // ids run below it; 0 means all words
	Length    int      `json:"length,omitzero"`     // ids to read; 0: of the longest text
	Filters   *string  `json:"filters,omitzero"`    // characters between words; nil means Keras'
	KeepCase  bool     `json:"keep_case,omitzero"`  // do not convert to lower case
	CharLevel bool     `json:"char_level,omitzero"` // each character is a word
	OOV       string   `json:"oov,omitzero"`        // has id 1 and replaces unknown words
	PadAfter  bool     `json:"pad_after,omitzero"`  // pad at the end, not at the start
	CutAfter  bool     `json:"cut_after,omitzero"`  // cut the end, not the start
}

// mostTexts is the largest number of different texts that an encoder lists.
const mostTexts = 20

// Kind is "tokens".
func (Tokens) Kind() string { return "tokens" }

// Check checks the settings.
func (f Tokens) Check() error {
	var words error
	for i, w := range f.Words {
		if w == "" || slices.Contains(f.Words[:i], w) {
			words = fmt.Errorf("words has %q twice or empty, want each word once", w)
		}
	}
	var length error
	if f.Length != 0 {
		length = checkLength(f.Length)
	}
	return errors.Join(words, atLeast("num_words", f.NumWords), length)
}

// Canonical returns the text without spaces at its ends, unless they are words.
func (f Tokens) Canonical(cell string) string {
	if f.CharLevel {
		return cell
	}
	return strings.Trim(cell, " ")
}

func (f Tokens) options() text.Options {
	o := text.Defaults()
	o.NumWords, o.Lower, o.CharLevel, o.OOVToken = f.NumWords, !f.KeepCase, f.CharLevel, f.OOV
	if f.Filters != nil {
		o.Filters = *f.Filters
	}
	return o
}

// Learn learns the vocabulary, unless the settings have it, and the length.
func (f Tokens) Learn(c Column) (Encoder, error) {
	if err := f.Check(); err != nil {
		return nil, fmt.Errorf("column %q: %w", c.Name, err)
	}
	tokenizer, err := text.NewTokenizer(f.options())
	if err != nil {
		return nil, fmt.Errorf("column %q: %w", c.Name, err)
	}
	counts := map[string]int{}
	var texts []string // in order of first occurrence
	err = c.Counts(func(cell string, rows int) error {
		if counts[cell] += rows; counts[cell] == rows {
			texts = append(texts, cell)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if f.Words != nil {
		tokenizer.FitOnTexts(f.Words)
	} else {
		for _, t := range texts {
			tokenizer.FitOnTexts(slices.Repeat([]string{t}, counts[t]))
		}
	}
	e := &TokensEncoder{Tokenizer: tokenizer, Padding: text.Padding{
		Length: f.Length, PadAfter: f.PadAfter, CutAfter: f.CutAfter}}
	if f.Length == 0 {
		for _, ids := range tokenizer.TextsToSequences(texts) {
			e.Padding.Length = max(e.Padding.Length, len(ids))
		}
	}
	if err := errors.Join(checkLength(e.Padding.Length), e.prepare()); err != nil {
		return nil, fmt.Errorf("column %q: %w", c.Name, err)
	}
	// Few texts are worth reading once each, and to tell people of.
	read := map[string]error{}
	for _, t := range texts {
		read[t] = e.ReadText(make([]int32, e.Padding.Length), t)
	}
	if err := c.Counts(func(cell string, _ int) error { return read[cell] }); err != nil {
		return nil, err
	}
	if len(texts) <= mostTexts {
		e.Texts = texts
		return e, e.prepare()
	}
	return e, nil
}

// Branch adds an LSTM over the words' vectors, and a dense layer.
func (e *TokensEncoder) Branch(g *braid.Graph, column string, inputs []*braid.Node) Branch {
	vectors, mask := embedded(g, column, inputs[0], e.vocabulary(), defaultWidth)
	pooled := g.Add(Part(column, "lstm"), layer.LSTM{Units: defaultWidth}, vectors, mask)
	return projected(g, column, pooled, defaultWidth)
}

// Inputs returns the ids.
func (e *TokensEncoder) Inputs(column string) []Input {
	return []Input{{Name: Name(column), DType: tensor.Int32,
		Shape: tensor.Shape{e.Padding.Length}, Vocabulary: e.vocabulary()}}
}

// Encode writes the ids of a text. A text that the network cannot read is an *Unreadable.
func (e *TokensEncoder) Encode(v Value, row []Slot) (Note, error) {
	if known, ok := e.known[v.Text]; ok {
		copy(row[0].Ints, known.ids)
		return known.note, nil
	}
	r, err := e.Read(row[0].Ints, v.Text)
	if err == nil && !e.Drop {
		err = e.Check(v.Text, r)
	}
	return r.note(), err
}
