package feature

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"braid/data"
)

// Each calls learn with each cell of the column's rows, also with missing ones. The error names the
// first cells for which learn returns one.
func (c Column) Each(learn func(cell string) error) error {
	cells, err := c.Frame.Cells(c.Name)
	if err != nil {
		return err
	}
	var bad badCells
	for i, row := range c.Rows {
		if i%piece == 0 {
			if err := c.stopped(); err != nil {
				return err
			}
		}
		if err := learn(cells.At(int(row))); err != nil {
			bad.add(row, err)
		}
	}
	return bad.err(c.Name, c.Frame)
}

// Counts calls learn with the cells of the column's rows, also with missing ones, and with the
// number of rows that have the cell. A cell may come more than once. The cells come in the order of
// the rows that have them first. The error is that of Each.
func (c Column) Counts(learn func(cell string, rows int) error) error {
	one := func(cell string) error { return learn(cell, 1) }
	cells, err := c.Frame.Cells(c.Name)
	if err != nil {
		return err
	}
	texts, codes, ok := cells.Codes()
	if !ok {
		return c.Each(one)
	}
	order, counts := countCodes(codes, c.Rows)
	for _, code := range order {
		if err := learn(texts[code], counts[code]); err != nil {
			return c.Each(one) // finds the places
		}
	}
	return nil
}

// countCodes returns the codes of some rows in the order of their first row, and how many rows have
// each.
func countCodes(codes []uint8, rows []int32) (order []uint8, counts [256]int) {
	for _, row := range rows {
		code := codes[row]
		if counts[code]++; counts[code] == 1 {
			order = append(order, code)
		}
	}
	return order, counts
}

// maxBad is the number of bad cells that an error lists.
const maxBad = 5

// badCells counts the cells that cannot be read, and keeps the first ones.
type badCells struct {
	count int
	first []BadCell
}

// add adds a cell of a table. Whoever learns from one may change the format of its numbers, unlike
// who asks a model.
func (b *badCells) add(row int32, err error) {
	if b.count++; b.count <= maxBad {
		if wrong := new(FormatError); errors.As(err, &wrong) {
			err = fmt.Errorf("%w (see decimal, thousands, strip)", err)
		}
		b.first = append(b.first, BadCell{row, err})
	}
}

// join adds the cells of later rows.
func (b *badCells) join(later badCells) {
	b.count += later.count
	b.first = append(b.first, later.first[:min(len(later.first), maxBad-len(b.first))]...)
}

// err returns a BadCells, or nil if there are none.
func (b *badCells) err(column string, frame *data.Frame) error {
	if b.count == 0 {
		return nil
	}
	return &BadCells{column, frame, b.count, b.first}
}

// Trim returns a cell in Unicode's composed form (NFC), without spaces at its ends, and "" if it is
// one of the words that stand for a missing cell. An é that is one character is that of a letter
// and an accent, as some programs write it.
func Trim(cell string, missing []string) string {
	cell = composed(strings.TrimSpace(cell))
	isCell := func(word string) bool { return word == cell || composed(word) == cell }
	if slices.ContainsFunc(missing, isCell) {
		return ""
	}
	return cell
}

// trimPath is Trim for paths of files, whose names may have any form.
func trimPath(cell string, missing []string) string {
	if Trim(cell, missing) == "" {
		return ""
	}
	return strings.TrimSpace(cell)
}

// composed returns a text in Unicode's composed form. That of ASCII is itself.
func composed(text string) string {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return norm.NFC.String(text)
		}
	}
	return text
}

// CheckMissing returns an error for a word that no cell can equal.
func CheckMissing(words []string) error {
	for _, word := range words {
		if word == "" || word != strings.TrimSpace(word) {
			return fmt.Errorf("missing has %q, want words without spaces at their ends", word)
		}
	}
	return nil
}
