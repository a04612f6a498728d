package batchpredict

import (
	"errors"
	"fmt"
	"io"

	"braid/internal/value"
)

// MostQuestion is the maximum length of a line with a question, in bytes.
const MostQuestion = 1 << 16

// questions reads questions from the lines of a file.
type questions struct {
	file   *File
	line   []byte // buffer
	lines  int    // read so far
	images int    // a line is wanted for each
}

// next reads the next line. bad is why it is no question.
func (q *questions) next() (text string, bad, err error) {
	q.line, err = readLine(q.file.text, q.line[:0], MostQuestion)
	if err == io.EOF {
		return "", nil, fmt.Errorf("%s has %d lines, there are %d images: "+
			"want a question for each, or --question for all", q.file.name, q.lines, q.images)
	}
	q.lines++
	if errors.Is(err, errLong) {
		return "", q.at(q.lines, err), nil
	}
	if err != nil {
		return "", nil, q.at(q.lines, err)
	}
	if q.lines == 1 {
		return string(value.TrimMark(q.line)), nil, nil
	}
	return string(q.line), nil, nil
}

// end reports an error if there are more lines.
func (q *questions) end() error {
	if _, err := readLine(q.file.text, nil, MostQuestion); err != io.EOF {
		return fmt.Errorf("%s has more than %d lines, there are %d images: "+
			"want a question for each, or --question for all", q.file.name, q.images, q.images)
	}
	return nil
}

// at adds the file and a line to an error.
func (q *questions) at(line int, err error) error {
	return fmt.Errorf("%s:%d: %w", q.file.name, line, err)
}
