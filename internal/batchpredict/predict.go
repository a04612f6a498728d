package batchpredict

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"braid/predictor"
)

// Source is where rows come from: an IDX or a JSON.
type Source interface {
	// Progress is how much is read, of how much; total is 0 where it is not known.
	Progress() (done, total int64)
	// Close closes the files that are read.
	Close()

	// fill reads the next rows into a block. With the last ones, or after them, the error is io.EOF; before
	// another error there may be rows, too.
	fill(b *block) error
	// at tells where a row of that block stands of which there is an error.
	at(row int, err error) error
}

// Prediction is rows on their way through a model.
type Prediction struct {
	Model    *predictor.Model
	Source   Source
	Table    *Table
	SkipBad  bool                              // go on after rows that cannot be answered
	Progress func(rows int, done, total int64) // called now and then with the rows answered; may be nil
}

// Run answers all rows to w. It ends with the context. Before the error of a row that cannot be answered all rows
// before it are written.
func (p *Prediction) Run(ctx context.Context, w io.Writer) (*Score, error) {
	b, count := newBlock(p.Model), newCounter(p.Model)
	if err := p.Table.begin(w); err != nil {
		return nil, err
	}
	for {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%w after %d rows", context.Cause(ctx), b.first+b.n)
		}
		b.first += b.n
		read := p.Source.fill(b)
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
			done, total := p.Source.Progress()
			p.Progress(b.first+b.n, done, total)
		}
	}
}

// answer answers a block. Rows before one that cannot be answered are not lost: bad is why it cannot.
func (p *Prediction) answer(w io.Writer, b *block, count *counter) (bad, err error) {
	if bad = p.cut(b); b.n == 0 {
		return bad, nil
	}
	if err := p.Model.Predict(b.rows); err != nil {
		return nil, err
	}
	for row := range b.n {
		if b.bad[row] != nil {
			continue
		}
		if err := p.Model.CheckAnswers(b.rows, row); err != nil {
			b.bad[row] = p.Source.at(row, err)
		}
	}
	bad = cmp.Or(p.cut(b), bad)
	if err := p.Table.write(w, b); err != nil {
		return nil, err
	}
	count.add(b)
	return bad, nil
}

// cut ends a block before its first bad row, where that ends all, and tells why it is bad.
func (p *Prediction) cut(b *block) (bad error) {
	if p.SkipBad {
		return nil
	}
	at := slices.IndexFunc(b.bad[:b.n], func(err error) bool { return err != nil })
	if at >= 0 {
		bad, b.n = b.bad[at], at
	}
	return bad
}
