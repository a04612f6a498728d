package feature

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"braid/internal/suggest"
)

// The first ids of a vocabulary.
const (
	noID      = 0 // nothing: a missing value, or padding
	unknownID = 1 // a value or word that is not in the vocabulary
	firstID   = 2
)

// Vocabulary has the values or words that training had often enough. Its JSON is their list.
type Vocabulary struct {
	words []string
	ids   map[string]int32
}

// newVocabulary returns the vocabulary of different words.
func newVocabulary(words []string) Vocabulary {
	v := Vocabulary{words, make(map[string]int32, len(words))}
	for i, word := range words {
		v.ids[word] = int32(firstID + i)
	}
	return v
}

// Words returns the values or words in the order of their ids, which begin at 2.
func (v Vocabulary) Words() []string { return slices.Clone(v.words) }

// Size returns the number of ids, with 0 for nothing and 1 for what is not in the vocabulary.
func (v Vocabulary) Size() int { return firstID + len(v.words) }

// id returns the id of a value.
func (v Vocabulary) id(word string) int32 {
	if id, ok := v.ids[word]; ok {
		return id
	}
	return unknownID
}

// idOf is id of a word in a buffer.
func (v Vocabulary) idOf(word []byte) int32 {
	if id, ok := v.ids[string(word)]; ok { // without a copy of the word
		return id
	}
	return unknownID
}

// MarshalJSON writes the list of words.
func (v Vocabulary) MarshalJSON() ([]byte, error) {
	if v.words == nil {
		return []byte("[]"), nil
	}
	return json.Marshal(v.words)
}

// UnmarshalJSON reads a list of words.
func (v *Vocabulary) UnmarshalJSON(text []byte) error {
	var words []string
	if err := json.Unmarshal(text, &words); err != nil {
		return err
	}
	read := newVocabulary(words)
	if len(read.ids) < len(words) {
		return fmt.Errorf("the vocabulary of %d words has one of them twice", len(words))
	}
	*v = read
	return nil
}

// counter counts words.
type counter struct {
	at     map[string]int // of each word in the lists
	words  []string
	counts []int
}

func newCounter() *counter { return &counter{at: map[string]int{}} }

// add counts a word, which it copies if it is new.
func (c *counter) add(word []byte) {
	at, ok := c.at[string(word)]
	if !ok {
		at = c.insert(string(word))
	}
	c.counts[at]++
}

// addString is add of a string, such as a piece of a frame, which the vocabulary must not keep in
// memory.
func (c *counter) addString(word string) {
	at, ok := c.at[word]
	if !ok {
		at = c.insert(strings.Clone(word))
	}
	c.counts[at]++
}

func (c *counter) insert(word string) int {
	at := len(c.words)
	c.at[word] = at
	c.words, c.counts = append(c.words, word), append(c.counts, 0)
	return at
}

// vocabulary returns the words counted at least least times, the most frequent ones first, those of
// equal counts in the order of their bytes. It has at most most words. Words that are not UTF-8
// are left out: JSON cannot hold them.
func (c *counter) vocabulary(least, most int) Vocabulary {
	var order []int
	for i, n := range c.counts {
		if n >= least && utf8.ValidString(c.words[i]) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(c.counts[b]-c.counts[a], strings.Compare(c.words[a], c.words[b]))
	})
	words := make([]string, min(len(order), most))
	for i := range words {
		words[i] = c.words[order[i]]
	}
	return newVocabulary(words)
}

// The defaults of the settings of vocabularies.
const (
	defaultMinCount   = 2
	defaultCategories = 10_000
	defaultWords      = 20_000
)

// orDefault returns a setting, or its default if it is 0.
func orDefault(setting, value int) int {
	if setting == 0 {
		return value
	}
	return setting
}

// atLeast returns an error for a negative setting. 0 means the default.
func atLeast(key string, setting int) error {
	if setting < 0 {
		return fmt.Errorf("%s = %d, want 1 or more", key, setting)
	}
	return nil
}

// mostSteps is the largest length of a text or a sequence: attention takes its square in memory.
const mostSteps = 4096

// Length is the number of steps of a text or a sequence that a network reads; the rest is cut. 0,
// written as auto, means the 95th percentile of the training rows, at most 256.
type Length int

// UnmarshalJSON reads a number, or "auto".
func (l *Length) UnmarshalJSON(text []byte) error {
	if string(text) == `"auto"` {
		*l = 0
		return nil
	}
	var n int
	if err := json.Unmarshal(text, &n); err != nil {
		return fmt.Errorf("length = %s, want a whole number, or auto", suggest.Shorten(string(text)))
	}
	*l = Length(n)
	return nil
}

func (l Length) check() error {
	if l < 0 || l > mostSteps {
		return fmt.Errorf("length = %d, want 1 to %d, or auto", l, mostSteps)
	}
	return nil
}

// steps returns the length for texts or sequences of the given lengths, which it sorts.
func (l Length) steps(lengths []int, most int) int {
	if l > 0 {
		return int(l)
	}
	return min(max(percentile95(lengths), 1), most)
}

// percentile95 returns the smallest of some numbers that 95 of 100 do not exceed. It sorts them.
func percentile95(numbers []int) int {
	if len(numbers) == 0 {
		return 0
	}
	slices.Sort(numbers)
	return numbers[(len(numbers)*95+99)/100-1]
}

// checkSteps returns an error for numbers of steps that no encoder learns.
func checkSteps(steps ...int) error {
	for _, n := range steps {
		if n < 0 || n > mostSteps {
			return fmt.Errorf("%d steps, want 1 to %d", n, mostSteps)
		}
	}
	return nil
}

// checkLength is checkSteps of an encoder that needs at least one step.
func checkLength(steps int) error {
	if steps == 0 {
		return checkSteps(-1)
	}
	return checkSteps(steps)
}
