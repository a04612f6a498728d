package batchpredict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"braid/experiment"
	"braid/internal/value"
	"braid/predictor"
)

// Limits in bytes.
const (
	MostLine    = 16 << 20 // of a line: a photograph in base64 fits
	mostDecoded = 64 << 20 // of a decoded image
	blockBytes  = 8 << 20  // of a block's lines: the block ends with the line that reaches it
)

// mostJSON is the largest number of rows in a block of JSON lines or images.
const mostJSON = 1024

// JSONLines is the rows of a file with a JSON object in each line: values by the names of columns.
// They are cells as in data.JSONLines, or what value.Reader reads. Columns that the model does not
// read are left out.
type JSONLines struct {
	file    *File
	folder  string // where paths of files begin
	lines   int    // read so far
	parsers []*parser
	first   []string // the names in the first row
}

// NewJSONLines returns the rows of a file, which it closes. Paths of files in values begin in the
// folder.
func NewJSONLines(file *File, folder string) *JSONLines {
	return &JSONLines{file: file, folder: folder}
}

// Close closes the file.
func (r *JSONLines) Close() error { return r.file.Close() }

func (r *JSONLines) prepare(p *Prediction) error {
	for range p.workers() {
		r.parsers = append(r.parsers, newParser(p, r.folder))
	}
	return nil
}

func (r *JSONLines) most() int { return mostJSON }

// read reads the lines of the next block, and leaves out empty ones.
func (r *JSONLines) read(b *block, most int) error {
	long := map[int]error{}
	failed := r.readLines(b, most, long)
	b.begin(len(b.lines), r.parsers[0].p)
	for row, err := range long {
		b.fail[row] = r.at(b, row, err)
	}
	if failed != nil && failed != io.EOF {
		return fmt.Errorf("%s: after line %d: %w", r.file.name, r.lines, failed)
	}
	return failed
}

// readLines reads lines, and the errors of those that are too long.
func (r *JSONLines) readLines(b *block, most int, long map[int]error) (err error) {
	for len(b.lines) < most && len(b.text) < blockBytes {
		from := len(b.text)
		b.text, err = readLine(r.file.text, b.text, MostLine)
		isLong := errors.Is(err, errLong)
		if err != nil && !isLong {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = fmt.Errorf("compressed file is cut short: %w", err)
			}
			return err
		}
		if r.lines++; r.lines == 1 {
			from = len(b.text) - len(value.TrimMark(b.text))
		}
		if isLong {
			long[len(b.lines)] = err
		} else if len(bytes.TrimSpace(b.text[from:])) == 0 {
			continue
		}
		b.lines, b.spans = append(b.lines, r.lines), append(b.spans, span{from, len(b.text)})
	}
	return nil
}

// progress counts bytes of the file as stored.
func (r *JSONLines) progress() (done, total int64) { return r.file.raw.n, r.file.size }

func (r *JSONLines) convert(worker int, b *block, batch *predictor.Batch, lo, hi int) {
	parser := r.parsers[worker]
	for i := lo; i < hi; i++ {
		if b.fail[i] != nil {
			continue
		}
		line := b.text[b.spans[i].from:b.spans[i].to]
		if err := parser.read(line, b, batch, i); err != nil {
			if bytes.HasPrefix(bytes.TrimSpace(line), []byte("[")) {
				err = fmt.Errorf("%w in each line: jq -c '.[]' writes a list that way", err)
			}
			b.fail[i] = r.at(b, i, err)
		}
		if b.first+i == 0 {
			r.first = names(line)
		}
	}
}

func (r *JSONLines) at(b *block, row int, err error) error {
	return fmt.Errorf("%s:%d: %w", r.file.name, b.lines[row], err)
}

// finish tests that each column that the model reads, and each kept one, was in a row of a file. A
// pipe may leave out what is missing.
func (r *JSONLines) finish() error {
	if r.file.size == 0 {
		return nil
	}
	p := r.parsers[0].p
	seen := map[string]bool{}
	for _, parser := range r.parsers {
		for name := range parser.seen {
			seen[name] = true
		}
	}
	have := r.first
	for i := range p.Model.Columns {
		c := &p.Model.Columns[i]
		asked, _ := Text(p.Model)
		isKnown := seen[c.Name] || asked == c && p.Question != ""
		if isKnown && !slices.Contains(have, c.Name) {
			have = append(have, c.Name)
		}
	}
	if err := experiment.CheckInputs(p.Model.File, have); err != nil {
		return fmt.Errorf("%s: %w", r.file.name, err)
	}
	for _, name := range p.Keep {
		if !seen[name] {
			return fmt.Errorf("%s: no row has the column %q, which is to be kept", r.file.name, name)
		}
	}
	return nil
}

// names returns the names of an object, up to 100.
func names(line []byte) (list []string) {
	value.Members(line, func(name, _ []byte) error { // its error is that of the row
		if len(list) < 100 {
			list = append(list, string(name))
		}
		return nil
	})
	return list
}
