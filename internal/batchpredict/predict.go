package batchpredict

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"braid/predictor"
)

// RowReader reads rows: an IDX or a JSON.
type RowReader interface {
	// Progress returns how much has been read, and the total, 0 if that is unknown.
	Progress() (done, total int64)
	// Close closes the reader's files.
	Close()

	// fill reads the next rows into a block. The error is io.EOF with the last rows, or after them.
	// With another error there may be rows, too.
	fill(b *block) error
	// at prefixes an error with the file and the line or image of a row of the last block.
	at(row int, err error) error
}

// Prediction answers the rows of a reader.
type Prediction struct {
	Model   *predictor.Model
	Reader  RowReader
	Table   *Table
	SkipBad bool // write why a row cannot be answered, and go on
	Truth   Truth

	// Progress, unless nil, is called after a block with the number of rows answered so far, and
	// with the reader's progress.
	Progress func(rows int, done, total int64)
}

// Truth returns the true answer of a head, by its index, that follows for a row from those that are
// known, by head. nil knows none.
type Truth func(
	head int, b *predictor.Batch, row int, known map[string]string,
) (label string, ok bool)

// Run writes the answers of all rows to w. When ctx is done it returns the cause. If a row cannot
// be answered, the rows before it are written.
func (p *Prediction) Run(ctx context.Context, w io.Writer) (*Score, error) {
	b, count := newBlock(p.Model), newCounter(p.Model, p.Truth)
	if err := p.Table.begin(w); err != nil {
		return nil, err
	}
	for {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%w after %d rows", context.Cause(ctx), b.first+b.n)
		}
		b.first += b.n
		read := p.Reader.fill(b)
		if read != nil && read != io.EOF && b.n == 0 {
			return nil, read
		}
		bad, err := p.answer(w, b, count)
		switch {
		case err != nil:
			return nil, err
		case bad != nil:
			return nil, fmt.Errorf("%w (--skip-bad goes on after such rows)", bad)
		case read == io.EOF:
			return &count.Score, nil
		case read != nil:
			return nil, read
		}
		if p.Progress != nil {
			done, total := p.Reader.Progress()
			p.Progress(b.first+b.n, done, total)
		}
	}
}

// answer answers a block, writes it to w and counts it. bad is why the row after those that are
// written cannot be answered.
func (p *Prediction) answer(w io.Writer, b *block, count *counter) (bad, err error) {
	if bad = p.cutBad(b); b.n == 0 {
		return bad, nil
	}
	if err := p.Model.Predict(b.rows); err != nil {
		return nil, err
	}
	for row := range b.n {
		if b.bad[row] != nil {
			continue
		}
		if err := p.Model.CheckOutputs(b.rows, row); err != nil {
			b.bad[row] = p.Reader.at(row, err)
		}
	}
	bad = cmp.Or(p.cutBad(b), bad)
	if err := p.Table.write(w, b); err != nil {
		return nil, err
	}
	count.add(b)
	return bad, nil
}

// cutBad ends a block before its first bad row, unless SkipBad is set, and returns why that is bad.
func (p *Prediction) cutBad(b *block) (bad error) {
	if p.SkipBad {
		return nil
	}
	at := slices.IndexFunc(b.bad[:b.n], func(err error) bool { return err != nil })
	if at >= 0 {
		bad, b.n = b.bad[at], at
	}
	return bad
}
