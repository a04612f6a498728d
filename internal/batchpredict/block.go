package batchpredict

import (
	"braid/feature"
	"braid/internal/parallel"
)

// block is a number of rows: what was read of them, and their answers.
type block struct {
	n      int
	first  int            // number of the first row, from 0
	fail   []error        // by row: why it cannot be predicted
	notes  []feature.Note // [rows, columns]
	keep   []string       // [rows, kept columns]
	labels []string       // [rows, heads]; "" is unknown
	cells  []string       // [rows, columns of the answers]

	// What a reader has read, until it is converted.
	lines  []int    // by row: where it begins in the file
	record []string // of a Table: [rows, columns that are read]
	text   []byte   // of JSONLines
	spans  []span   // by row, in text
	pixels []uint8  // of IDX: [rows, the image's shape...]
	asked  []string // of IDX: the questions

	last        bool  // no rows follow
	done, total int64 // how much was read, after the block
}

// span is a line in the text of a block.
type span struct{ from, to int }

// reset empties a block.
func (b *block) reset() {
	b.n, b.last = 0, false
	b.lines, b.record, b.text, b.spans = b.lines[:0], b.record[:0], b.text[:0], b.spans[:0]
	b.pixels, b.asked = b.pixels[:0], b.asked[:0]
}

// begin sets the number of rows. No row has failed, or has a note, a label or an answer.
func (b *block) begin(n int, p *Prediction) {
	b.n = n
	b.fail = cleared(b.fail, n)
	b.notes = cleared(b.notes, n*len(p.Model.Columns))
	b.keep = cleared(b.keep, n*len(p.Keep))
	b.labels = cleared(b.labels, n*len(p.heads))
	b.cells = cleared(b.cells, n*p.width)
}

// cleared returns a list of n zeros, in the memory of list if it is enough.
func cleared[T any](list []T, n int) []T {
	if cap(list) < n {
		return make([]T, n)
	}
	list = list[:n]
	clear(list)
	return list
}

// row returns the values of a row in a list of n rows.
func row[T any](list []T, n, i int) []T {
	width := len(list) / n
	return list[i*width : (i+1)*width]
}

// share divides n rows among workers, each a goroutine, and waits for them.
func share(workers, n int, do func(worker, lo, hi int)) {
	workers = min(workers, n)
	parallel.Each(workers, func(i int) { do(i, n*i/workers, n*(i+1)/workers) })
}
