package batchpredict

import (
	"braid/feature"
	"braid/internal/parallel"
	"braid/predictor"
)

// PerBlock is the number of rows in a block: enough to keep all processors busy.
const PerBlock = 1024

// block is up to PerBlock rows with their answers. Bad and unused rows keep valid inputs, such as
// those of an earlier block, so the model can run all rows.
type block struct {
	rows   *predictor.Batch
	first  int // number of the first row
	n      int
	bad    []error // by row: why it cannot be answered
	truths [][]int // by head, by row: the index of the true answer, -1 if unknown

	notes []feature.Note // by row: those of all its columns
}

func newBlock(m *predictor.Model) *block {
	b := &block{
		rows: m.NewBatch(PerBlock), bad: make([]error, PerBlock), notes: make([]feature.Note, PerBlock),
	}
	for range m.Heads {
		b.truths = append(b.truths, make([]int, PerBlock))
	}
	return b
}

// begin clears what a row of an earlier block left, except its inputs.
func (b *block) begin(row int) {
	b.bad[row], b.notes[row] = nil, 0
	for _, t := range b.truths {
		t[row] = -1
	}
}

// encode encodes the value of a column of a row.
func (b *block) encode(c *predictor.Column, row int, v feature.Value) error {
	v.Most = mostDecoded
	note, err := c.Encode(b.rows, row, v)
	b.notes[row] |= note
	return err
}

// share divides n rows among workers, each a goroutine, and waits for them.
func share(workers, n int, do func(worker, lo, hi int)) {
	workers = min(workers, n)
	parallel.Each(workers, func(i int) { do(i, n*i/workers, n*(i+1)/workers) })
}
