package text

import (
	"errors"
	"fmt"

	"braid/internal/kernel"
)

// Mode selects the numbers of a matrix of texts.
type Mode uint8

// The modes, as in Keras.
const (
	Binary Mode = iota // 1 if the text has the word
	Counts             // number of occurrences
	Freq               // number of occurrences, divided by the number of the text's words
	TFIDF              // (1 + log count) * log(1 + texts / (1 + texts with the word))
)

// TextsToMatrix returns a row for each text and a column for each id: from 0, which is always 0, up
// to, not including, NumWords, or up to the last id if NumWords is 0.
func (t *Tokenizer) TextsToMatrix(texts []string, mode Mode) ([][]float64, error) {
	return t.SequencesToMatrix(t.TextsToSequences(texts), mode)
}

// SequencesToMatrix is TextsToMatrix for ids.
func (t *Tokenizer) SequencesToMatrix(sequences [][]int32, mode Mode) ([][]float64, error) {
	width := t.options.NumWords
	if width == 0 {
		if len(t.ids) == 0 {
			return nil, errors.New("text: a matrix needs NumWords, or a tokenizer fitted on texts")
		}
		width = len(t.ids) + 1
	}
	if mode > TFIDF {
		return nil, fmt.Errorf("text: mode %d is unknown, want Binary, Counts, Freq or TFIDF", mode)
	}
	if mode == TFIDF && t.documents == 0 {
		return nil, errors.New("text: TFIDF needs a tokenizer fitted on texts")
	}
	rows := make([][]float64, len(sequences))
	for i, ids := range sequences {
		rows[i] = make([]float64, width)
		counts := map[int32]int{}
		for _, id := range ids {
			if id < 0 {
				return nil, fmt.Errorf("text: sequence %d has id %d, want 0 or more", i, id)
			}
			if int(id) < width {
				counts[id]++
			}
		}
		for id, count := range counts {
			rows[i][id] = t.weigh(mode, id, count, len(ids))
		}
	}
	return rows, nil
}

// weigh returns one number of a matrix.
func (t *Tokenizer) weigh(mode Mode, id int32, count, length int) float64 {
	switch mode {
	case Counts:
		return float64(count)
	case Freq:
		return float64(count) / float64(length)
	case TFIDF:
		rarity := kernel.Log64(1 + float64(t.documents)/float64(1+t.docs[id]))
		return (1 + kernel.Log64(float64(count))) * rarity
	}
	return 1
}
