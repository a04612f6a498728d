package batchpredict

import (
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

	dropped []int  // by row: unknown words that were left out
	cut     []bool // by row: a text is longer than the model reads
}

func newBlock(m *predictor.Model) *block {
	b := &block{
		rows: m.NewBatch(PerBlock), bad: make([]error, PerBlock),
		dropped: make([]int, PerBlock), cut: make([]bool, PerBlock),
	}
	for range m.Heads {
		b.truths = append(b.truths, make([]int, PerBlock))
	}
	return b
}

// begin clears what a row of an earlier block left, except its inputs.
func (b *block) begin(row int) {
	b.bad[row], b.dropped[row], b.cut[row] = nil, 0, false
	for _, t := range b.truths {
		t[row] = -1
	}
}

// setText writes a text to an input of a row.
func (b *block) setText(row, input int, r reading) {
	copy(b.rows.Inputs[input].Int32s()[row*len(r.ids):], r.ids)
	b.dropped[row] += r.dropped
	b.cut[row] = b.cut[row] || r.cut
}

// share divides n rows among workers, each a goroutine, and waits for them.
func share(workers, n int, do func(worker, lo, hi int)) {
	workers = min(workers, n)
	parallel.Each(workers, func(i int) { do(i, n*i/workers, n*(i+1)/workers) })
}
