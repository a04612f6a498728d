// Package text converts text to the numbers that networks read, exactly as Keras'
// keras_preprocessing 1.1.0 does: tokenizer, vocabulary, padding.
package text

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Filters are the characters that Keras removes by default: punctuation except the apostrophe, tabs
// and line breaks.
const Filters = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n"

// Options configure how text is divided into words. Defaults returns Keras' defaults.
type Options struct {
	NumWords  int    `json:"num_words"`  // use only ids below it, the most frequent words; 0: all
	Filters   string `json:"filters"`    // characters to replace by Split
	Lower     bool   `json:"lower"`      // convert to lower case first
	Split     string `json:"split"`      // the separator of words
	CharLevel bool   `json:"char_level"` // each character is a word; Filters and Split are not used
	OOVToken  string `json:"oov_token"`  // has id 1 and replaces unknown words; "": leave them out
}

// Defaults returns Keras' default options: Filters, lower case, words separated by spaces.
func Defaults() Options { return Options{Filters: Filters, Lower: true, Split: " "} }

func (o Options) check() error {
	if o.NumWords < 0 {
		return fmt.Errorf("text: NumWords = %d, want 0 or more", o.NumWords)
	}
	if o.Split == "" && !o.CharLevel {
		return errors.New(`text: Split is empty, want a separator of words, such as " "; ` +
			"start from text.Defaults()")
	}
	return nil
}

// WordSequence divides a text into words, as Keras' text_to_word_sequence does.
func WordSequence(text string, o Options) ([]string, error) {
	o.CharLevel = false
	if err := o.check(); err != nil {
		return nil, err
	}
	return o.cut(text), nil
}

// cut returns the words of a text, or its characters. Invalid UTF-8 becomes U+FFFD.
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
