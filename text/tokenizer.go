package text

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Tokenizer has a vocabulary: each word has an id, from 1, the most frequent word first. Any number
// of goroutines may use it at once, except for FitOnTexts.
type Tokenizer struct {
	options   Options
	documents int
	words     []word         // in order of first occurrence
	index     map[string]int // of each word in words
	ids       map[string]int32
	byID      map[int32]string
	docs      map[int32]int // by id: number of texts with the word
}

// word has the counts of one word.
type word struct {
	text  string
	count int // in all texts
	docs  int // number of texts with it
}

// NewTokenizer returns a tokenizer without words.
func NewTokenizer(o Options) (*Tokenizer, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	t := &Tokenizer{options: o, index: map[string]int{}}
	t.number()
	return t, nil
}

// Options returns the tokenizer's options.
func (t *Tokenizer) Options() Options { return t.options }

// FitOnTexts adds the words of texts to the counts and assigns the ids again. It must not run
// beside other methods.
func (t *Tokenizer) FitOnTexts(texts []string) {
	for _, text := range texts {
		t.documents++
		seen := map[string]bool{}
		for _, w := range t.options.cut(text) {
			at, known := t.index[w]
			if !known {
				at = len(t.words)
				t.index[w] = at
				t.words = append(t.words, word{text: w})
			}
			t.words[at].count++
			if !seen[w] {
				seen[w] = true
				t.words[at].docs++
			}
		}
	}
	t.number()
}

// number assigns the ids: first the token for unknown words, then words by falling count. Words of
// equal count keep the order of first occurrence.
func (t *Tokenizer) number() {
	order := slices.Clone(t.words)
	slices.SortStableFunc(order, func(a, b word) int { return b.count - a.count })
	t.ids, t.byID, t.docs = map[string]int32{}, map[int32]string{}, map[int32]int{}
	next := int32(1)
	if t.options.OOVToken != "" {
		t.ids[t.options.OOVToken] = next
		next++
	}
	for _, w := range order {
		t.ids[w.text] = next
		next++
	}
	// If a text contains the token for unknown words, the later id wins, as in Keras.
	for text, id := range t.ids {
		t.byID[id] = text
	}
	for _, w := range t.words {
		t.docs[t.ids[w.text]] = w.docs
	}
}

// WordIndex returns each word's id, also the ids from NumWords on.
func (t *Tokenizer) WordIndex() map[string]int32 { return maps.Clone(t.ids) }

// Count is a word and the number of its occurrences.
type Count struct {
	Word  string
	Count int
}

// WordCounts lists the words in order of first occurrence.
func (t *Tokenizer) WordCounts() []Count {
	list := make([]Count, len(t.words))
	for i, w := range t.words {
		list[i] = Count{w.text, w.count}
	}
	return list
}

// DocumentCount returns the number of texts in the counts.
func (t *Tokenizer) DocumentCount() int { return t.documents }

// used reports whether an id is below NumWords.
func (t *Tokenizer) used(id int32) bool {
	return t.options.NumWords == 0 || int(id) < t.options.NumWords
}

// oov returns the id of unknown words.
func (t *Tokenizer) oov() (int32, bool) {
	if t.options.OOVToken == "" {
		return 0, false
	}
	id, ok := t.ids[t.options.OOVToken]
	return id, ok
}

// TextsToSequences returns the ids of each text's words. Words outside the vocabulary, and words
// cut off by NumWords, become the id of OOVToken, or are left out if there is none.
func (t *Tokenizer) TextsToSequences(texts []string) [][]int32 {
	list := make([][]int32, len(texts))
	for i, text := range texts {
		list[i] = []int32{}
		for _, w := range t.options.cut(text) {
			id, known := t.ids[w]
			if !known || !t.used(id) {
				var replace bool
				if id, replace = t.oov(); !replace {
					continue
				}
			}
			list[i] = append(list[i], id)
		}
	}
	return list
}

// SequencesToTexts returns the words of each sequence's ids, separated by spaces.
func (t *Tokenizer) SequencesToTexts(sequences [][]int32) []string {
	list := make([]string, len(sequences))
	for i, ids := range sequences {
		var words []string
		for _, id := range ids {
			w, known := t.byID[id]
			if !known || !t.used(id) {
				other, replace := t.oov()
				if !replace {
					continue
				}
				w = t.byID[other]
			}
			words = append(words, w)
		}
		list[i] = strings.Join(words, " ")
	}
	return list
}

// Unknown lists the words of a text that are outside the vocabulary or cut off by NumWords, in
// their order.
func (t *Tokenizer) Unknown(text string) []string {
	var list []string
	for _, w := range t.options.cut(text) {
		if id, known := t.ids[w]; !known || !t.used(id) {
			list = append(list, w)
		}
	}
	return list
}

// Words lists the vocabulary in the order of its ids, without the words cut off by NumWords.
func (t *Tokenizer) Words() []string {
	var list []string
	for _, id := range slices.Sorted(maps.Keys(t.byID)) {
		if oov, ok := t.oov(); t.used(id) && !(ok && id == oov) {
			list = append(list, t.byID[id])
		}
	}
	return list
}

// String returns the number of words and texts.
func (t *Tokenizer) String() string {
	return fmt.Sprintf("tokenizer of %d words from %d texts", len(t.words), t.documents)
}
