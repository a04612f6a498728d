package batchpredict

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"

	"braid/data"
	"braid/feature"
	"braid/predictor"
)

// OnError says what happens to a row that cannot be predicted.
type OnError string

// What happens to such a row.
const (
	Stop   OnError = "stop"   // prediction ends with an error
	Skip   OnError = "skip"   // the row is left out
	Empty  OnError = "empty"  // the row has empty answers
	Report OnError = "report" // the row has empty answers, and a column "error" says why
)

// OnErrors lists them.
var OnErrors = []string{string(Stop), string(Skip), string(Empty), string(Report)}

// Prediction predicts rows, a block at a time.
type Prediction struct {
	Model *predictor.Model
	Rows  Rows

	Keep          []string // columns of the rows that are copied to the answers
	Question      string   // for rows without one; "": there is none
	Probabilities bool     // of all classes
	OnError       OnError  // "" means Stop
	Truth         Truth
	Workers       int // 0 means one for each processor

	// Progress, unless nil, is called after a block with the number of rows so far, and how much of
	// the file is read.
	Progress func(rows int, done, total int64)
	// Interrupt, unless nil, ends a read that waits, when the prediction fails.
	Interrupt func(cause error)

	heads []head
	width int // columns of the answers, without the kept ones

	mostScored int // of tests; 0 means mostScored
}

// Truth returns the label of a head, by its index, that follows for a row from those that are
// known, by head.
type Truth func(
	head int, b *predictor.Batch, row int, known map[string]string,
) (label string, ok bool)

// Summary says what a prediction met.
type Summary struct {
	Rows   int                      // predicted
	Failed int                      // that could not be predicted
	First  []error                  // of the failures
	Notes  map[string]feature.Notes // by input column

	// Scores compares the answers with the labels that the rows have. It is nil if no label is known.
	Scores *Scores
}

// Limits of the rows that are converted and predicted at a time: their number, and the bytes of
// their inputs, which pictures have many of.
const (
	leastRows = 64
	mostBytes = 32 << 20
)

// firstErrors is the number of failures that a summary has.
const firstErrors = 5

// Run predicts all rows and writes them to a sink, which has the columns of Header. If a row cannot
// be predicted and ends the prediction, the rows before it are written.
func (p *Prediction) Run(ctx context.Context, to data.Sink) (*Summary, error) {
	sum := &Summary{Notes: map[string]feature.Notes{}}
	scorer := p.newScorer()
	full := p.Model.NewBatch(p.blockRows())
	blocks := make(chan *block, 1)
	spare := make(chan *block, 2) // one is read while another is predicted
	spare <- &block{}
	spare <- &block{}
	reading, cancel := context.WithCancelCause(ctx)
	var failed error // of reading, set before blocks is closed
	go func() {
		defer close(blocks)
		failed = p.readAll(reading, full.N, spare, blocks)
	}()
	var err error
	for b := range blocks {
		if err == nil {
			if err = p.predict(sum, scorer, to, full, b); err != nil {
				cancel(err) // ends the reading
				if p.Interrupt != nil {
					p.Interrupt(err)
				}
			}
		}
		spare <- b
	}
	cancel(nil)
	if err == nil {
		err = failed
	}
	if err == nil && sum.Rows > 0 {
		err = p.Rows.finish()
	}
	if err == nil {
		sum.Scores, err = scorer.scores()
	}
	return sum, err
}

// readAll reads all rows. It fills spare blocks and sends them to full.
func (p *Prediction) readAll(
	ctx context.Context, most int, spare <-chan *block, full chan<- *block,
) error {
	rows := 0
	for {
		b := <-spare
		var err error
		if ctx.Err() == nil {
			b.reset()
			b.first = rows
			err = p.Rows.read(b, most)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w after %d rows", context.Cause(ctx), rows)
		}
		// The rows before an error are answered, as those of a block before would be.
		if b.n > 0 {
			rows += b.n
			b.last = errors.Is(err, io.EOF)
			b.done, b.total = p.Rows.progress()
			full <- b
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// predict predicts the rows of a block and writes the answers.
func (p *Prediction) predict(
	sum *Summary, scorer *scorer, to data.Sink, full *predictor.Batch, b *block,
) error {
	batch := full
	if b.n < full.N {
		batch = p.Model.NewBatch(b.n)
		defer p.Model.Free(batch)
	}
	share(p.workers(), b.n, func(worker, lo, hi int) { p.Rows.convert(worker, b, batch, lo, hi) })
	if end, _ := p.firstBad(b, b.n); end > 0 {
		if err := p.Model.PredictWith(p.workers(), batch); err != nil {
			return err
		}
		share(p.workers(), b.n, func(_, lo, hi int) { p.decode(b, batch, lo, hi) })
	}
	end, bad := p.firstBad(b, b.n)
	if p.count(sum, b, end); b.last && sum.Rows > 0 && bad == nil {
		if err := p.Rows.finish(); err != nil { // before the rows of a small file are written
			return err
		}
	}
	if err := p.write(to, b, end); err != nil {
		return err
	}
	scorer.add(b, batch, end)
	if p.Progress != nil {
		p.Progress(sum.Rows+sum.Failed, b.done, b.total)
	}
	return bad
}

// firstBad returns the first row that ends the prediction, and why, or n.
func (p *Prediction) firstBad(b *block, n int) (row int, bad error) {
	if p.OnError != Stop && p.OnError != "" {
		return n, nil
	}
	row = slices.IndexFunc(b.fail[:n], func(err error) bool { return err != nil })
	if row < 0 {
		return n, nil
	}
	const text = "%w (--on-error skip, empty or report goes on after such rows)"
	return row, fmt.Errorf(text, b.fail[row])
}

// blockRows returns the number of rows of a block.
func (p *Prediction) blockRows() int {
	size := 0
	for _, in := range p.Model.Inputs {
		size += 4 * in.Shape.Size()
	}
	return max(leastRows, min(p.Rows.most(), mostBytes/max(size, 1)))
}

func (p *Prediction) workers() int {
	if p.Workers > 0 {
		return p.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// encode converts the value of a column, by its index, to a row of a batch. Where it is missing,
// the prediction's question stands for a question.
func (p *Prediction) encode(
	b *block, batch *predictor.Batch, column, row int, v feature.Value,
) error {
	c := &p.Model.Columns[column]
	if v.Text == "" && v.Content == nil && p.Question != "" {
		if asked, _ := Text(p.Model); asked == c {
			v.Text = p.Question
		}
	}
	note, err := c.Encode(batch, row, v)
	b.notes[row*len(p.Model.Columns)+column] = note
	return err
}

// decode writes the answers to the rows from lo to hi into the block.
func (p *Prediction) decode(b *block, batch *predictor.Batch, lo, hi int) {
	for i := lo; i < hi; i++ {
		if b.fail[i] != nil {
			continue
		}
		if err := p.Model.CheckOutputs(batch, i); err != nil {
			b.fail[i] = p.Rows.at(b, i, err)
			continue
		}
		p.answer(row(b.cells, b.n, i)[:0], batch, i)
	}
}

// count adds the first n rows of a block to the summary.
func (p *Prediction) count(sum *Summary, b *block, n int) {
	for _, err := range b.fail[:n] {
		if err == nil {
			sum.Rows++
			continue
		}
		sum.Failed++
		if len(sum.First) < firstErrors {
			sum.First = append(sum.First, err)
		}
	}
	for i, c := range p.Model.Columns {
		notes := sum.Notes[c.Name]
		for row, err := range b.fail[:n] {
			if err == nil {
				notes.Add(b.notes[row*len(p.Model.Columns)+i])
			}
		}
		sum.Notes[c.Name] = notes
	}
}

// write writes the first n rows of a block.
func (p *Prediction) write(to data.Sink, b *block, n int) error {
	var line []string
	for i, failed := range b.fail[:n] {
		if failed != nil && p.OnError == Skip {
			continue
		}
		line = append(line[:0], row(b.keep, b.n, i)...)
		line = append(line, row(b.cells, b.n, i)...)
		if p.OnError == Report {
			text := ""
			if failed != nil {
				text = failed.Error()
			}
			line = append(line, text)
		}
		if err := to.Write(line); err != nil {
			return err
		}
	}
	return nil
}
