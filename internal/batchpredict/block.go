package batchpredict

import (
	"sync"

	"braid/predictor"
)

// PerBlock is how many rows are answered at a time: enough that all processors have work.
const PerBlock = 1024

// block is some rows on their way: what is asked, answered, and known of them. Rows that are not filled, and bad
// ones, hold other numbers that the model can be asked.
type block struct {
	rows   *predictor.Rows
	first  int // the number of the first row
	n      int
	bad    []error // by row: why it cannot be asked
	truths [][]int // by head, by row: the true answer, -1 where it is not known

	dropped []int  // by row: unknown words that were left out
	cut     []bool // by row: a text is longer than what is read of it
}

func newBlock(m *predictor.Model) *block {
	b := &block{
		rows: m.Rows(PerBlock), bad: make([]error, PerBlock),
		dropped: make([]int, PerBlock), cut: make([]bool, PerBlock),
	}
	for range m.Heads {
		b.truths = append(b.truths, make([]int, PerBlock))
	}
	return b
}

// begin forgets what a row held.
func (b *block) begin(row int) {
	b.bad[row], b.dropped[row], b.cut[row] = nil, 0, false
	for _, t := range b.truths {
		t[row] = -1
	}
}

// take puts a text into a row, as an input of the model.
func (b *block) take(row, input int, r reading) {
	copy(b.rows.Inputs[input].Int32s()[row*len(r.ids):], r.ids)
	b.dropped[row] += r.dropped
	b.cut[row] = b.cut[row] || r.cut
}

// share deals n rows to so many goroutines.
func share(workers, n int, do func(worker, lo, hi int)) {
	workers = min(workers, n)
	var wait sync.WaitGroup
	for i := range workers {
		wait.Go(func() { do(i, n*i/workers, n*(i+1)/workers) })
	}
	wait.Wait()
}
