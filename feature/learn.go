package feature

import (
	"fmt"
	"slices"
	"strings"

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

// maxBad is the number of bad cells that an error lists.
const maxBad = 5

// badCells counts the cells that cannot be read, and keeps the first ones.
type badCells struct {
	count int
	first []BadCell
}

func (b *badCells) add(row int32, err error) {
	if b.count++; b.count <= maxBad {
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

// Trim returns a cell without spaces at its ends, and "" if it is one of the words that stand
// for a missing cell.
func Trim(cell string, missing []string) string {
	cell = strings.TrimSpace(cell)
	if slices.Contains(missing, cell) {
		return ""
	}
	return cell
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
