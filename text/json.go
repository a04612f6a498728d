package text

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// savedTokenizer is a tokenizer as JSON: its counts. The ids follow from them.
type savedTokenizer struct {
	Options   Options     `json:"options"`
	Documents int         `json:"documents"`
	Words     []savedWord `json:"words"`
}

type savedWord struct {
	Word  string `json:"word"`
	Count int    `json:"count"`
	Texts int    `json:"texts"`
}

// MarshalJSON writes the options and the counts.
func (t *Tokenizer) MarshalJSON() ([]byte, error) {
	s := savedTokenizer{Options: t.options, Documents: t.documents, Words: []savedWord{}}
	for _, w := range t.words {
		s.Words = append(s.Words, savedWord{w.text, w.count, w.docs})
	}
	return json.Marshal(s)
}

// UnmarshalJSON reads the output of MarshalJSON and checks that the counts are consistent.
func (t *Tokenizer) UnmarshalJSON(content []byte) error {
	if !utf8.Valid(content) {
		return errors.New("text: the tokenizer is not UTF-8")
	}
	var s savedTokenizer
	if err := json.Unmarshal(content, &s); err != nil {
		return fmt.Errorf("text: tokenizer: %w", err)
	}
	fresh, err := NewTokenizer(s.Options)
	if err != nil {
		return err
	}
	if s.Documents < 0 || len(s.Words) >= math.MaxInt32 {
		return fmt.Errorf("text: tokenizer of %d words from %d texts", len(s.Words), s.Documents)
	}
	fresh.documents = s.Documents
	for i, w := range s.Words {
		if _, known := fresh.index[w.Word]; known {
			return fmt.Errorf("text: the tokenizer holds the word %q twice", w.Word)
		}
		if w.Texts < 1 || w.Texts > s.Documents || w.Count < w.Texts {
			return fmt.Errorf("text: the tokenizer counted the word %q %d times in %d of %d texts, which "+
				"is impossible",
				w.Word, w.Count, w.Texts, s.Documents)
		}
		fresh.index[w.Word] = i
		fresh.words = append(fresh.words, word{w.Word, w.Count, w.Texts})
	}
	fresh.number()
	*t = *fresh
	return nil
}

// UnmarshalJSON reads options. Older files have the Go names of the fields with two words.
func (o *Options) UnmarshalJSON(content []byte) error {
	type plain Options
	both := struct {
		*plain
		NumWords  *int    `json:"NumWords"`
		CharLevel *bool   `json:"CharLevel"`
		OOVToken  *string `json:"OOVToken"`
	}{plain: (*plain)(o), NumWords: &o.NumWords, CharLevel: &o.CharLevel, OOVToken: &o.OOVToken}
	return json.Unmarshal(content, &both)
}

// UnmarshalJSON reads padding. Older files have the Go names of the fields with two words.
func (p *Padding) UnmarshalJSON(content []byte) error {
	type plain Padding
	both := struct {
		*plain
		PadAfter *bool `json:"PadAfter"`
		CutAfter *bool `json:"CutAfter"`
	}{plain: (*plain)(p), PadAfter: &p.PadAfter, CutAfter: &p.CutAfter}
	return json.Unmarshal(content, &both)
}
