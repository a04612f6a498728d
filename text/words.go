// Package text turns text into the numbers that networks read, exactly as Keras'
// keras_preprocessing 1.1.0 does: tokenizer, vocabulary, padding.
package text

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// Filters is what Keras takes out of texts unless told otherwise: punctuation but for the
// apostrophe, tabs and line breaks.
const Filters = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n"

// Options say how text is cut into words. Defaults gives Keras' own.
type Options struct {
	NumWords  int    `json:"num_words"`  // only ids below it are used, the most frequent words; 0: all
	Filters   string `json:"filters"`    // characters that are replaced by Split
	Lower     bool   `json:"lower"`      // make everything lower case first
	Split     string `json:"split"`      // what stands between words
	CharLevel bool   `json:"char_level"` // every character is a word; Filters and Split then mean nothing
	OOVToken  string `json:"oov_token"`  // stands, as id 1, for words that are out of the vocabulary; "": they are left out
}

// Defaults are the options that Keras takes: its Filters, lower case, words between spaces.
func Defaults() Options { return Options{Filters: Filters, Lower: true, Split: " "} }

func (o Options) check() error {
	if o.NumWords < 0 {
		return errors.New("text: NumWords is below 0")
	}
	if o.Split == "" && !o.CharLevel {
		return errors.New(`text: Split is empty, want what stands between words, such as " "; start from text.Defaults()`)
	}
	return nil
}

// WordSequence cuts a text into words, as Keras' text_to_word_sequence does.
func WordSequence(text string, o Options) ([]string, error) {
	o.CharLevel = false
	if err := o.check(); err != nil {
		return nil, err
	}
	return o.cut(text), nil
}

// cut gives the words of a text, or its characters. What is not UTF-8 counts as U+FFFD.
func (o Options) cut(text string) []string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	if o.Lower {
		text = lower(text)
	}
	if o.CharLevel {
		return strings.Split(text, "")
	}
	var replaced strings.Builder
	for _, r := range text {
		if strings.ContainsRune(o.Filters, r) {
			replaced.WriteString(o.Split)
		} else {
			replaced.WriteRune(r)
		}
	}
	words := []string{}
	for word := range strings.SplitSeq(replaced.String(), o.Split) {
		if word != "" {
			words = append(words, word)
		}
	}
	return words
}
