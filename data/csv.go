package data

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"braid/internal/suggest"
)

// CSVOptions configures how a CSV file is read. The zero value is the common case.
type CSVOptions struct {
	// Delimiter separates cells. 0 means that the header and the first rows decide whether it is a
	// comma, a semicolon, a tab or a vertical bar.
	Delimiter byte
	Encoding  Encoding
}

// CSV reads a text file of a header and rows, whose cells are separated by a delimiter.
// encoding/csv would refuse or change files that people have; this reader differs in that
//
//   - a byte order mark is left out, gzip is decompressed, and a line may end in CR alone;
//   - the delimiter is found by reading the first rows with each one: it is the one with which
//     most rows agree with the header, then the one with most columns. So a decimal comma or a
//     comma in a text does not count against a semicolon. A space is a delimiter only if it is
//     declared;
//   - a quoted cell keeps its line ends as they are; spaces around it are left out; a quote within
//     a cell that is not quoted is text;
//   - a delimiter at the end of every row is left out, with or without one at the end of the
//     header; so are columns without a name at the end that are always empty;
//   - a column without a name is called "column 3" by its number, and the second one of a name
//     "name.2". Spaces around names are left out. Notes says what was renamed.
//
// Empty lines are left out, except between rows of one column, where they are missing cells. A row
// with more or fewer cells than the header is an error, as are a quote that is not closed, text
// after a closing quote, NUL bytes, and text that is not UTF-8. Each names the line of the file,
// which is not the number of the row if cells have several lines.
type CSV struct {
	lines     *lines
	closer    io.Reader
	delimiter byte

	names []string
	width int // cells of a row; those beyond names are empty
	wide  int // the line that decided the width
	notes []string

	blank   int    // empty lines before the held record, each a row of one column
	held    bool   // lines has a record that is not read yet
	first   Record // the first row, read to see its width
	pending bool
	failed  error // io.EOF after the last row

	text []byte // scratch: cells of a row with quotes
	ends []int
}

// NewCSV reads the header. name is the file's, for errors. Close closes r if it is an io.Closer.
func NewCSV(r io.Reader, name string, o CSVOptions) (*CSV, error) {
	if d := o.Delimiter; d != 0 && !isDelimiter(d) {
		return nil, fmt.Errorf("%s: delimiter %q, want one ASCII character that is no letter, digit, "+
			"quote or line end", name, d)
	}
	l, err := newLines(r, name, o.Encoding)
	if err != nil {
		return nil, err
	}
	c := &CSV{lines: l, closer: r, delimiter: o.Delimiter}
	if c.delimiter == 0 {
		if c.delimiter, err = delimiterOf(l); err != nil {
			return nil, err
		}
	}
	var header Record
	if err := c.row(&header); err == io.EOF {
		return nil, fmt.Errorf("%s: the file is empty, want a header with the names of columns, and rows",
			name)
	} else if err != nil {
		return nil, err
	}
	return c, c.open(header)
}

// isDelimiter reports whether a character may separate cells.
func isDelimiter(d byte) bool {
	isWord := d >= '0' && d <= '9' || d|' ' >= 'a' && d|' ' <= 'z'
	return d == '\t' || d >= ' ' && d < 0x7f && d != '"' && !isWord
}

// open decides from the header and the first row which columns there are.
func (c *CSV) open(header Record) error {
	names := make([]string, len(header.Cells))
	named := 0
	for i, name := range header.Cells {
		if names[i] = strings.TrimSpace(name); names[i] != "" {
			named = i + 1
		}
	}
	if named == 0 {
		return fmt.Errorf("%s:%d: the header has no name, want the names of the columns", c.lines.name,
			header.Line)
	}
	c.width, c.wide = len(names), header.Line
	c.failed = c.row(&c.first)
	if c.failed != nil {
		names = names[:named]
	} else {
		c.pending = true
		cells := c.first.Cells
		n, used := len(cells), 0
		for i, cell := range cells {
			if cell != "" {
				used = i + 1
			}
		}
		isTrailing := n == len(names)+1 && used < n    // a delimiter at the end of rows only
		isNamesOnly := n == len(names)-1 && named <= n // of the header only
		if isTrailing || isNamesOnly {
			c.width, c.wide = n, c.first.Line
		}
		if isNamesOnly || n == len(names) && used <= named {
			names = names[:named]
		}
	}
	c.rename(names)
	return nil
}

// rename sets the names of columns so that each has one of its own.
func (c *CSV) rename(names []string) {
	first := make(map[string]int, len(names))
	numbers := 0
	for i := len(names) - 1; i >= 0; i-- {
		first[names[i]] = i
		if _, err := strconv.ParseFloat(names[i], 64); err == nil {
			numbers++
		}
	}
	if numbers == len(names) {
		c.notes = append(c.notes, fmt.Sprintf("%s: all names in the header are numbers (%s): "+
			"does the file begin without a header?", c.lines.name, suggest.List(names[:min(3, len(names))])))
	}
	for i, name := range names {
		switch {
		case name == "":
			names[i] = firstUnused("column ", i+1, first)
			c.notes = append(c.notes, fmt.Sprintf("%s: column %d has no name in the header and is called %q",
				c.lines.name, i+1, names[i]))
		case first[name] < i:
			names[i] = firstUnused(name+".", 2, first)
			c.notes = append(c.notes, fmt.Sprintf("%s: column %d is named %q like column %d and is "+
				"called %q",
				c.lines.name, i+1, name, first[name]+1, names[i]))
		}
		if names[i] != name {
			first[names[i]] = i
		}
	}
	c.names = names
}

// firstUnused appends the first number from n on that makes a name that used lacks.
func firstUnused(prefix string, n int, used map[string]int) string {
	for ; ; n++ {
		name := prefix + strconv.Itoa(n)
		if _, ok := used[name]; !ok {
			return name
		}
	}
}

// Columns returns the names of the columns.
func (c *CSV) Columns() []string { return slices.Clone(c.names) }

// Notes returns which columns were renamed.
func (c *CSV) Notes() []string { return slices.Clone(c.notes) }

// Delimiter returns the delimiter, 0 if the file has one column without any.
func (c *CSV) Delimiter() byte { return c.delimiter }

// Close closes the file.
func (c *CSV) Close() error { return closeReader(c.closer) }

// Read reads the next row.
func (c *CSV) Read(r *Record) error {
	if c.pending {
		c.pending = false
		r.Cells, r.Line = append(r.Cells[:0], c.first.Cells...), c.first.Line
	} else if c.failed == nil {
		c.failed = c.row(r)
	}
	if c.failed == nil {
		c.failed = c.fit(r)
	}
	return c.failed
}

// fit checks the number of a row's cells, and leaves out those beyond the columns.
func (c *CSV) fit(r *Record) error {
	if n := len(r.Cells); n != c.width {
		return c.ragged(r.Line, n)
	}
	for i, cell := range r.Cells[len(c.names):] {
		if cell != "" {
			return fmt.Errorf("%s:%d: cell %d is %q, but this column is empty in the rows above and has no "+
				"name: is a cell not quoted, or a name missing in the header?", c.lines.name, r.Line,
				len(c.names)+i+1, short(cell))
		}
	}
	r.Cells = r.Cells[:len(c.names)]
	return nil
}

// short is the begin of a text for an error.
func short(text string) string {
	if len(text) > 40 {
		text = strings.ToValidUTF8(text[:37], "") + "..."
	}
	return suggest.Printable(text)
}

func (c *CSV) ragged(line, n int) error {
	if c.delimiter == 0 {
		return fmt.Errorf("%s:%d: %d cells, want 1", c.lines.name, line, n)
	}
	until := ""
	if c.lines.last > line {
		until = fmt.Sprintf(" until line %d", c.lines.last)
	}
	return fmt.Errorf("%s:%d: the row%s has %d cells separated by %q, want %d as in line %d: quote "+
		"cells that contain the delimiter", c.lines.name, line, until, n, c.delimiter, c.width, c.wide)
}

// row reads the next row, of any number of cells.
func (c *CSV) row(r *Record) error {
	for !c.held {
		c.lines.begin()
		if err := c.lines.extend(); err != nil {
			return err
		}
		if len(c.lines.record()) > 0 {
			break
		}
		if c.width == 1 {
			c.blank++
		}
	}
	r.Line, r.Cells = c.lines.line-c.blank, r.Cells[:0]
	if c.held = c.blank > 0; c.held {
		c.blank--
		r.Cells = append(r.Cells, "")
		return nil
	}
	text := c.lines.record()
	if bytes.IndexByte(text, '"') >= 0 {
		return c.quotedRow(r)
	}
	row := string(text)
	for {
		i := strings.IndexByte(row, c.delimiter)
		if i < 0 {
			r.Cells = append(r.Cells, row)
			return nil
		}
		r.Cells = append(r.Cells, row[:i])
		row = row[i+1:]
	}
}

// quotedRow reads the cells of a row that has quotes.
func (c *CSV) quotedRow(r *Record) error {
	c.text, c.ends = c.text[:0], c.ends[:0]
	for at := 0; ; at++ { // a cell begins
		text := c.lines.record()
		begin := c.skipSpaces(text, at)
		if begin < len(text) && text[begin] == '"' {
			var err error
			if at, err = c.quotedCell(begin + 1); err != nil {
				return err
			}
		} else {
			end := bytes.IndexByte(text[at:], c.delimiter)
			if end < 0 {
				end = len(text) - at
			}
			c.text = append(c.text, text[at:at+end]...)
			at += end
		}
		c.ends = append(c.ends, len(c.text))
		if at == len(c.lines.record()) {
			break
		}
	}
	row, begin := string(c.text), 0
	for _, end := range c.ends {
		r.Cells = append(r.Cells, row[begin:end])
		begin = end
	}
	return nil
}

// quotedCell reads a cell from behind its opening quote on, over several lines if it has them. It
// returns where the delimiter or the row's end follows.
func (c *CSV) quotedCell(at int) (int, error) {
	text, line := c.lines.record(), c.lines.last
	for {
		n := bytes.IndexByte(text[at:], '"')
		if n < 0 {
			c.text = append(c.text, text[at:]...)
			at = len(text)
			switch err := c.lines.extend(); {
			case err == io.EOF:
				return 0, fmt.Errorf("%s:%d: a cell begins with a quote that is not closed by the end of the "+
					"file", c.lines.name, line)
			case err != nil:
				return 0, err
			}
			text = c.lines.record() // with the line end
			continue
		}
		c.text = append(c.text, text[at:at+n]...)
		at += n + 1
		if at < len(text) && text[at] == '"' {
			c.text = append(c.text, '"')
			at++
			continue
		}
		at = c.skipSpaces(text, at)
		if at == len(text) || text[at] == c.delimiter {
			return at, nil
		}
		return 0, fmt.Errorf("%s:%d: %q follows a closing quote, want the delimiter or the end of the "+
			"row: a quote within a quoted cell is written twice, not with a backslash", c.lines.name,
			c.lines.last, short(string(text[at:])))
	}
}

// skipSpaces returns the position of the first other character from at on.
func (c *CSV) skipSpaces(text []byte, at int) int {
	for at < len(text) && text[at] == ' ' && c.delimiter != ' ' {
		at++
	}
	return at
}
