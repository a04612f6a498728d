package target

import (
	"fmt"
	"slices"
	"strings"

	"braid/feature"
	"braid/internal/suggest"
)

// eachCell calls learn with the trimmed cells of a column that are not missing, and with the number
// of rows that have the cell; a cell may come more than once.
func eachCell(
	c feature.Column, missing []string, learn func(cell string, rows int) error,
) error {
	return c.Counts(func(cell string, rows int) error {
		if cell = feature.Trim(cell, missing); cell == "" {
			return nil
		}
		return learn(cell, rows)
	})
}

// texts counts texts.
type texts map[string]int

// frequent returns the texts that occur often enough, in the order of their bytes, and how often.
func (t texts) frequent(minCount int) (list []string, counts []int) {
	for text, n := range t {
		if n >= minCount {
			list = append(list, strings.Clone(text)) // does not keep the frame
		}
	}
	slices.Sort(list)
	for _, text := range list {
		counts = append(counts, t[text])
	}
	return list, counts
}

// most returns the most frequent text, the first in the order of bytes of several.
func (t texts) most() string {
	best, most := "", 0
	for text, n := range t {
		if n > most || n == most && text < best {
			best, most = text, n
		}
	}
	return strings.Clone(best)
}

// tooFew returns an error if a head has fewer classes than it needs: what a network learns from one
// class is to answer it always.
func tooFew(column string, seen texts, kept []string, minCount int) error {
	switch {
	case len(seen) == 0:
		return noLabel(column)
	case len(kept) > 1:
		return nil
	case minCount > 1:
		return fmt.Errorf("%s has %d of %d classes with %d rows or more (min_count) in the training "+
			"part, want 2 or more", column, len(kept), len(seen), minCount)
	}
	return oneClass(column, kept[0])
}

func noLabel(column string) error {
	return fmt.Errorf("%s has no label in the training part", column)
}

func oneClass(column, class string) error {
	return fmt.Errorf("%s has one class, %q, in the training part, want 2 or more", column,
		suggest.Shorten(class))
}
