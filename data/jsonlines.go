package data

import (
	"fmt"
	"io"
	"slices"
)

// JSONLines reads a text file with a JSON object in each line. An object's names are columns; null,
// and a name that an object lacks, is missing. Numbers keep their text, so that 1.50 stays 1.50,
// and true and false are cells of these words. NaN, Infinity and -Infinity, which Python writes,
// are read as such words.
//
// A list of texts, numbers, true and false becomes one cell, with a semicolon between its values.
// Objects and lists of lists are errors that name the column and the line, and so is a value with a
// semicolon in a list. Empty lines are left out, as is a byte order mark; gzip is decompressed.
type JSONLines struct {
	lines   *lines
	closer  io.Reader
	columns []string
	index   map[string]int

	object jsonObject
	cells  []span
	seen   []int // by column: the line in which it was last seen
	failed error
}

// span is a text within the cells of a row.
type span struct{ begin, end int }

// JSONColumns reads JSON lines to their end, and returns the names of their objects in the order in
// which they appear first. It finds each error that reading the rows would.
func JSONColumns(r io.Reader, name string) ([]string, error) {
	j, err := newJSONLines(r, name)
	if err != nil {
		return nil, err
	}
	for err == nil {
		err = j.next(true)
	}
	switch {
	case err != io.EOF:
		return nil, err
	case j.lines.last == 0:
		return nil, fmt.Errorf("%s: the file is empty, want a JSON object in each line", name)
	case len(j.columns) == 0:
		return nil, fmt.Errorf("%s: no object has a name, want {\"column\": value, ...}", name)
	}
	return j.columns, nil
}

// NewJSONLines reads JSON lines with the given columns, such as JSONColumns found. Other names are
// left out. name is the file's, for errors. Close closes r if it is an io.Closer.
func NewJSONLines(r io.Reader, name string, columns []string) (*JSONLines, error) {
	j, err := newJSONLines(r, name)
	if err != nil {
		return nil, err
	}
	for _, column := range columns {
		if _, ok := j.index[column]; ok {
			return nil, fmt.Errorf("%s: two columns are named %q", name, column)
		}
		j.add(column)
	}
	return j, nil
}

func newJSONLines(r io.Reader, name string) (*JSONLines, error) {
	l, err := newLines(r, name, UTF8)
	if err != nil {
		return nil, err
	}
	return &JSONLines{lines: l, closer: r, index: map[string]int{}}, nil
}

// add adds a column and returns its index.
func (j *JSONLines) add(name string) int {
	i := len(j.columns)
	j.columns, j.index[name] = append(j.columns, name), i
	j.cells, j.seen = append(j.cells, span{}), append(j.seen, 0)
	return i
}

// Columns returns the names of the columns.
func (j *JSONLines) Columns() []string { return slices.Clone(j.columns) }

// Close closes the file.
func (j *JSONLines) Close() error { return closeReader(j.closer) }

// Read reads the next row.
func (j *JSONLines) Read(r *Record) error {
	err := j.next(false)
	if err != nil {
		return err
	}
	r.Line, r.Cells = j.lines.line, r.Cells[:0]
	row := string(j.object.cells)
	for i, c := range j.cells {
		if j.seen[i] != r.Line {
			c = span{}
		}
		r.Cells = append(r.Cells, row[c.begin:c.end])
	}
	return nil
}

// next reads the next object. A name that is no column is added, or else left out.
func (j *JSONLines) next(add bool) error {
	for j.failed == nil {
		j.lines.begin()
		if j.failed = j.lines.extend(); j.failed != nil {
			break
		}
		o := &j.object
		if o.reset(j.lines.record()); o.at == len(o.text) {
			continue // an empty line
		}
		line, expected := j.lines.line, 0
		err := o.read(func(name []byte, cell span) error {
			i := j.column(name, expected)
			if i < 0 && add {
				i = j.add(string(name))
			}
			if i < 0 {
				return nil
			}
			if j.seen[i] == line {
				return fmt.Errorf("the name %q is given twice", name)
			}
			j.seen[i], j.cells[i], expected = line, cell, i+1
			return nil
		})
		if err != nil {
			j.failed = fmt.Errorf("%s:%d: %w", j.lines.name, line, err)
			break
		}
		return nil
	}
	return j.failed
}

// column returns the index of a column, -1 if there is none. Objects often have the same names in
// the same order, so that the expected index is right.
func (j *JSONLines) column(name []byte, expected int) int {
	if expected < len(j.columns) && j.columns[expected] == string(name) {
		return expected
	}
	if i, ok := j.index[string(name)]; ok {
		return i
	}
	return -1
}
