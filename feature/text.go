package feature

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"braid/internal/kinds"
	"braid/tensor"
)

// TextEncoding is how a network reads a text.
type TextEncoding uint8

// The encodings of texts.
const (
	Words       TextEncoding = iota // the mean of the words' vectors, whatever their order
	Characters                      // convolutions over characters
	CNN                             // convolutions over words
	GRU                             // a GRU over words
	Transformer                     // a Transformer over words
)

var textEncodings = kinds.Names[TextEncoding]{Noun: "encoder", List: []string{
	Words: "words", Characters: "characters", CNN: "cnn", GRU: "gru", Transformer: "transformer"}}

// String returns the encoding's name in configurations.
func (e TextEncoding) String() string { return textEncodings.String(e) }

// MarshalText writes the name.
func (e TextEncoding) MarshalText() ([]byte, error) { return textEncodings.Marshal(e) }

// UnmarshalText reads a name.
func (e *TextEncoding) UnmarshalText(text []byte) error { return textEncodings.Unmarshal(e, text) }

// With Words, columns whose median text has at most mostGramWords words are also read by the
// 3-grams of their characters: longer texts do not gain. Only linear classifiers read those of
// names and titles of fewer words than leastGramWords, which the trunk would learn by heart.
const leastGramWords, mostGramWords = 4, 11

// mostGrams is the number of 3-grams of a text that a network reads.
const mostGrams = 160

// Text is a column of texts in any language. The network reads their words in lower case, and with
// Words also the 3-grams of characters, if the median text has at most 11 words. Only an empty cell
// is missing. Scripts without spaces between words are read by single characters and pairs.
type Text struct {
	Encoding   TextEncoding `json:"encoder,omitzero"`
	Width      int          `json:"width,omitzero"`      // of vectors and branch; 0 means 64
	Vocabulary int          `json:"vocabulary,omitzero"` // number of words; 0 means 20000
	MinCount   int          `json:"min_count,omitzero"`  // of a word in training; 0 means 2
	Length     Length       `json:"length,omitzero"`     // words that are read; 0 means auto
	Missing    []string     `json:"missing,omitzero"`    // words that stand for a missing text
}

// Kind is "text".
func (Text) Kind() string { return "text" }

// Check checks the settings.
func (f Text) Check() error {
	if !textEncodings.Has(f.Encoding) {
		return fmt.Errorf("encoder = %w", textEncodings.Check(f.Encoding))
	}
	return errors.Join(atLeast("width", f.Width), atLeast("vocabulary", f.Vocabulary),
		atLeast("min_count", f.MinCount), f.Length.check(), CheckMissing(f.Missing))
}

// Canonical returns the text in lower case, with single spaces.
func (f Text) Canonical(cell string) string {
	return strings.Join(strings.Fields(strings.ToLower(Trim(cell, f.Missing))), " ")
}

// tokens returns the tokens of a text.
func (f Text) tokens(cell string) tokens {
	return tokens{rest: Trim(cell, f.Missing), characters: f.Encoding == Characters}
}

// Learn learns the words and the lengths.
func (f Text) Learn(c Column) (Encoder, error) {
	if err := f.Check(); err != nil {
		return nil, fmt.Errorf("column %q: %w", c.Name, err)
	}
	counts := newCounter()
	var lengths, gramCounts []int // of texts
	var word []byte
	err := c.Each(func(cell string) error {
		words, characters := 0, 0
		t := f.tokens(cell)
		if t.rest == "" {
			return nil
		}
		for ok := true; ; words++ {
			if word, ok = t.next(word[:0]); !ok {
				break
			}
			counts.add(word)
			characters += utf8.RuneCount(word)
		}
		// <word> has as many 3-grams as the word has characters.
		lengths, gramCounts = append(lengths, words), append(gramCounts, characters)
		return nil
	})
	if err != nil {
		return nil, err
	}
	e := &TextEncoder{Settings: f, Steps: f.Length.steps(lengths, mostAuto),
		Words: counts.vocabulary(orDefault(f.MinCount, defaultMinCount),
			orDefault(f.Vocabulary, defaultWords))}
	if m := median(lengths); f.Encoding == Words && m > 0 && m <= mostGramWords {
		e.Grams = min(max(percentile95(gramCounts), 1), mostGrams)
		e.Deep = m >= leastGramWords
	}
	return e, nil
}

// TextEncoder gives words, or characters, ids: 0 is padding, 1 unknown or rare.
type TextEncoder struct {
	Settings Text       `json:"settings"`
	Words    Vocabulary `json:"words"`
	Steps    int        `json:"steps"`          // words that the network reads
	Grams    int        `json:"grams,omitzero"` // 3-grams that the network reads
	Deep     bool       `json:"deep,omitzero"`  // the branch reads them, not classifiers alone
}

// Kind is "text".
func (*TextEncoder) Kind() string { return "text" }

func (e *TextEncoder) check() error {
	return errors.Join(e.Settings.Check(), checkLength(e.Steps), checkSteps(e.Grams))
}

// Inputs returns the ids of the words, and those of the 3-grams.
func (e *TextEncoder) Inputs(column string) []Input {
	list := []Input{{Name: Name(column), DType: tensor.Int32, Shape: tensor.Shape{e.Steps},
		Vocabulary: e.Words.Size()}}
	if e.Grams > 0 {
		list = append(list, Input{Name: Part(column, "grams"), DType: tensor.Int32,
			Shape: tensor.Shape{e.Grams}, Vocabulary: 1 + grams})
	}
	return list
}

// Encode writes the ids of the first words and 3-grams.
func (e *TextEncoder) Encode(v Value, row []Slot) (note Note, err error) {
	var space [64]byte
	word, ids, found := space[:0], row[0].Ints[:0:len(row[0].Ints)], []int32(nil)
	if e.Grams > 0 {
		found = row[1].Ints[:0:len(row[1].Ints)]
	}
	t := e.Settings.tokens(v.Text)
	if t.rest == "" {
		note = Missing
	}
	for ok, fits := true, true; ; {
		if word, ok = t.next(word[:0]); !ok {
			break
		}
		if len(ids) < cap(ids) {
			id := e.Words.idOf(word)
			if id == unknownID {
				note |= Unknown
			}
			ids = append(ids, id)
		} else if note |= Cut; e.Grams == 0 {
			break
		}
		if e.Grams > 0 && fits {
			if found, fits = gramsOf(word, found); !fits {
				note |= Cut
			}
		}
	}
	clear(ids[len(ids):cap(ids)])
	clear(found[len(found):cap(found)])
	return note, nil
}
