package batchpredict

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// MostQuestion is how long a line with a question may be, in bytes.
const MostQuestion = 1 << 16

// questions are a file with a question a line.
type questions struct {
	file  *File
	texts texts
	line  []byte
	lines int
	rows  int // there shall be
}

// next reads the next line. Bad is why it cannot be asked.
func (q *questions) next() (r reading, bad, err error) {
	q.line, err = readLine(q.file.text, q.line[:0], MostQuestion)
	if err == io.EOF {
		return r, nil, fmt.Errorf("%s has %d lines, there are %d images: "+
			"want a question for each, or --question for all", q.file.name, q.lines, q.rows)
	}
	q.lines++
	if errors.Is(err, errLong) {
		return r, q.at(err), nil
	}
	if err != nil {
		return r, nil, q.at(err)
	}
	text := string(q.line)
	if q.lines == 1 {
		text = strings.TrimPrefix(text, byteOrderMark)
	}
	r, bad = q.texts.read(text)
	if bad != nil {
		bad = q.at(bad)
	}
	return r, bad, nil
}

// end tests that no line is left.
func (q *questions) end() error {
	if _, err := readLine(q.file.text, nil, MostQuestion); err != io.EOF {
		return fmt.Errorf("%s has more than %d lines, there are %d images: want a question for each, or --question for all", q.file.name, q.rows, q.rows)
	}
	return nil
}

func (q *questions) at(err error) error {
	return fmt.Errorf("%s: line %d: %w", q.file.name, q.lines, err)
}
