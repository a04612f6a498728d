package text

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Tokenizer knows a vocabulary: it gives each word an id, from 1, the most frequent first. Once
// fitted, it may be read from many goroutines at once.
type Tokenizer struct {
	options   Options
	documents int
	words     []word         // in the order they were first seen
	places    map[string]int // of words in words
	ids       map[string]int32
	byID      map[int32]string
	docs      map[int32]int // by id: texts that hold the word
}

// word is what has been counted of one word.
type word struct {
	text  string
	count int // in all texts
	docs  int // texts that hold it
}

// NewTokenizer makes a tokenizer that knows no word yet.
func NewTokenizer(o Options) (*Tokenizer, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	t := &Tokenizer{options: o, places: map[string]int{}}
	t.number()
	return t, nil
}

// Options are what the tokenizer was made with.
func (t *Tokenizer) Options() Options { return t.options }

// FitOnTexts counts the words of texts, in addition to what was counted before, and numbers them.
// It must not run beside other uses.
func (t *Tokenizer) FitOnTexts(texts []string) {
	for _, text := range texts {
		t.documents++
		seen := map[string]bool{}
		for _, w := range t.options.cut(text) {
			at, known := t.places[w]
			if !known {
				at = len(t.words)
				t.places[w] = at
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

// number gives the ids: the token for unknown words first, then words by falling count, those of
// one count as they were first seen.
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
	// Where a text holds the token for unknown words itself, the later id wins, as in Keras.
	for text, id := range t.ids {
		t.byID[id] = text
	}
	for _, w := range t.words {
		t.docs[t.ids[w.text]] = w.docs
	}
}

// WordIndex gives each word's id, also those from NumWords on.
func (t *Tokenizer) WordIndex() map[string]int32 { return maps.Clone(t.ids) }

// Count is a word and how often it was seen.
type Count struct {
	Word  string
	Count int
}

// WordCounts lists the words as they were first seen.
func (t *Tokenizer) WordCounts() []Count {
	list := make([]Count, len(t.words))
	for i, w := range t.words {
		list[i] = Count{w.text, w.count}
	}
	return list
}

// DocumentCount is the number of texts that were counted.
func (t *Tokenizer) DocumentCount() int { return t.documents }

// used says whether an id may come out: NumWords cuts.
func (t *Tokenizer) used(id int32) bool {
	return t.options.NumWords == 0 || int(id) < t.options.NumWords
}

// oov is the id for unknown words.
func (t *Tokenizer) oov() (int32, bool) {
	if t.options.OOVToken == "" {
		return 0, false
	}
	id, ok := t.ids[t.options.OOVToken]
	return id, ok
}

// TextsToSequences gives the ids of each text's words. Words out of the vocabulary, or cut by
// NumWords, become the OOVToken's id or are left out.
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

// SequencesToTexts gives the words of each sequence's ids, with spaces between them.
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

// Unknown lists the words of a text that the vocabulary lacks or NumWords cuts, as they come.
func (t *Tokenizer) Unknown(text string) []string {
	var list []string
	for _, w := range t.options.cut(text) {
		if id, known := t.ids[w]; !known || !t.used(id) {
			list = append(list, w)
		}
	}
	return list
}

// Words lists the vocabulary in the order of its ids, without what NumWords cuts.
func (t *Tokenizer) Words() []string {
	var list []string
	for _, id := range slices.Sorted(maps.Keys(t.byID)) {
		if oov, ok := t.oov(); t.used(id) && !(ok && id == oov) {
			list = append(list, t.byID[id])
		}
	}
	return list
}

// String tells what the tokenizer knows, for people.
func (t *Tokenizer) String() string {
	return fmt.Sprintf("tokenizer of %d words from %d texts", len(t.words), t.documents)
}
