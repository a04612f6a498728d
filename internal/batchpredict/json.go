package batchpredict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"

	"braid/internal/value"
	"braid/predictor"
)

// Limits in bytes.
const (
	MostLine    = 16 << 20 // of a line: a photograph in base64 fits
	mostDecoded = 64 << 20 // of a decoded image
	blockBytes  = 8 << 20  // of a block's lines: the block ends with the line that reaches it
)

// JSON is a RowReader of JSON lines: objects with the model's inputs by their names, and with true
// answers, as far as they are known, by the heads' names.
type JSON struct {
	file    *File
	lines   int        // read so far
	rows    []jsonLine // of the block
	text    []byte     // of the block's lines
	parsers []*parser  // by worker
}

// jsonLine is a line with a row.
type jsonLine struct {
	number   int
	from, to int   // its bytes in the block's text
	err      error // reading the line failed
}

// NewJSON returns a reader of a file. Rows without a question get the given one, unless it is
// empty. The reader closes the file.
func NewJSON(file *File, m *predictor.Model, question string) *JSON {
	r := &JSON{file: file}
	for range runtime.GOMAXPROCS(0) {
		r.parsers = append(r.parsers, newParser(m, question))
	}
	return r
}

func (r *JSON) fill(b *block) error {
	failed := r.read()
	b.n = len(r.rows)
	share(len(r.parsers), b.n, func(worker, lo, hi int) {
		for row := lo; row < hi; row++ {
			line := r.rows[row]
			b.begin(row)
			err := line.err
			if err == nil {
				err = r.parsers[worker].read(r.text[line.from:line.to], b, row)
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
	return fmt.Errorf("%s: line %d: %w", r.file.name, r.rows[row].number, err)
}

// read reads the lines of the next block, and leaves out empty ones.
func (r *JSON) read() (err error) {
	r.rows, r.text = r.rows[:0], r.text[:0]
	for len(r.rows) < PerBlock && len(r.text) < blockBytes {
		from := len(r.text)
		r.text, err = readLine(r.file.text, r.text, MostLine)
		line := jsonLine{number: r.lines + 1, from: from, to: len(r.text)}
		switch {
		case errors.Is(err, errLong):
			line.err = err
		case err != nil:
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = fmt.Errorf("compressed file is cut short: %w", err)
			}
			return err
		}
		if r.lines++; r.lines == 1 {
			line.from = line.to - len(value.TrimMark(r.text))
		}
		if line.err != nil || len(bytes.TrimSpace(r.text[line.from:line.to])) > 0 {
			r.rows = append(r.rows, line)
		}
	}
	return nil
}

// Progress counts bytes of the file as stored.
func (r *JSON) Progress() (done, total int64) { return r.file.raw.n, r.file.size }

// Close closes the file.
func (r *JSON) Close() { r.file.Close() }
