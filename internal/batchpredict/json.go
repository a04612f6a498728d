package batchpredict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"

	"braid/predictor"
)

// A line of JSON may have MostLine bytes, as a photograph in base64 does, and its image mostDecoded when it is
// decoded; a block ends where its lines have blockBytes.
const (
	MostLine    = 16 << 20
	mostDecoded = 64 << 20
	blockBytes  = 8 << 20
)

// JSON are rows as JSON objects, one a line: the model's inputs by their names, and by the heads' names the true
// answers, where they are known.
type JSON struct {
	file    *File
	lines   int // read so far
	rows    []jsonLine
	text    []byte    // of the block's rows
	parsers []*parser // by worker
}

// jsonLine is where a row stands.
type jsonLine struct {
	line, from, to int
	err            error // of the line itself
}

// NewJSON makes a source of a file. A question, if there is one, is asked of rows that have none of their own; it is
// an error if the model cannot be asked it. The source closes the file.
func NewJSON(file *File, m *predictor.Model, question string, unknown Unknown) (*JSON, error) {
	r := &JSON{file: file}
	for range runtime.GOMAXPROCS(0) {
		p := newParser(m, unknown)
		if question != "" {
			if err := p.ask(question); err != nil {
				return nil, err
			}
		}
		r.parsers = append(r.parsers, p)
	}
	return r, nil
}

func (r *JSON) fill(b *block) error {
	failed := r.read()
	b.n = len(r.rows)
	share(len(r.parsers), b.n, func(worker, lo, hi int) {
		for row := lo; row < hi; row++ {
			at := r.rows[row]
			b.begin(row)
			err := at.err
			if err == nil {
				err = r.parsers[worker].read(r.text[at.from:at.to], b, row)
			}
			if err != nil {
				b.bad[row] = r.at(row, err)
			}
		}
	})
	if failed != nil && failed != io.EOF {
		return fmt.Errorf("%s: after line %d: %w", r.file.name, r.lines, failed)
	}
	return failed
}

func (r *JSON) at(row int, err error) error {
	return fmt.Errorf("%s: line %d: %w", r.file.name, r.rows[row].line, err)
}

// read reads the lines of the next block. Empty ones are no rows.
func (r *JSON) read() (err error) {
	r.rows, r.text = r.rows[:0], r.text[:0]
	for len(r.rows) < PerBlock && len(r.text) < blockBytes {
		from := len(r.text)
		r.text, err = readLine(r.file.text, r.text, MostLine)
		row := jsonLine{line: r.lines + 1, from: from, to: len(r.text)}
		switch {
		case errors.Is(err, errLong):
			row.err = err
		case err != nil:
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = fmt.Errorf("compressed file is cut short: %w", err)
			}
			return err
		}
		if r.lines++; r.lines == 1 && bytes.HasPrefix(r.text, []byte(byteOrderMark)) {
			row.from += len(byteOrderMark)
		}
		if row.err != nil || len(bytes.TrimSpace(r.text[row.from:row.to])) > 0 {
			r.rows = append(r.rows, row)
		}
	}
	return nil
}

// Progress counts bytes of the file as it is stored.
func (r *JSON) Progress() (done, total int64) { return r.file.raw.n, r.file.size }

// Close closes the file.
func (r *JSON) Close() { r.file.Close() }
