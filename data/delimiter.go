package data

import (
	"bytes"
	"fmt"
	"io"
)

// delimiters are those that a file may have without declaring it.
const delimiters = ",;\t|"

// sampleRows is how many rows decide the delimiter.
const sampleRows = 200

// delimiterOf finds the delimiter of the text that follows in l. It returns 0 if the header has
// none.
func delimiterOf(l *lines) (byte, error) {
	text, all := l.peek()
	var best, second trial
	for i := range len(delimiters) {
		t := try(text, all, delimiters[i])
		if t.header < 2 {
			continue
		}
		switch compare := t.compare(best); {
		case compare > 0:
			best, second = t, trial{}
		case compare == 0:
			second = t
		}
	}
	if second.delimiter != 0 {
		return 0, fmt.Errorf("%s: the header and the rows may be separated by %q or by %q: declare the "+
			"delimiter", l.name, best.delimiter, second.delimiter)
	}
	if best.delimiter != 0 {
		return best.delimiter, nil
	}
	// The header has one name. Rows that all have as many cells, but two or more, come after a title
	// or a header that lacks names; other delimiters belong to the text.
	for i := range len(delimiters) {
		if t := try(text, all, delimiters[i]); t.rows > 0 && t.row > 1 && t.alike == t.rows {
			return t.delimiter, nil
		}
	}
	return 0, nil
}

// trial is what the first rows are with a delimiter.
type trial struct {
	delimiter byte
	header    int // cells of the header
	row       int // cells of the first row
	rows      int
	agree     int // rows that have as many cells as the header, delimiters at the end aside
	alike     int // rows that have as many cells as the first row
}

// try reads the first rows with a delimiter. A row that is cut by the end of the text does not
// count.
func try(text []byte, all bool, delimiter byte) trial {
	t := trial{delimiter: delimiter}
	c := &CSV{delimiter: delimiter}
	c.lines = &lines{r: bytes.NewReader(text), buf: make([]byte, max(1024, len(text)))}
	var r Record
	if c.row(&r) != nil {
		return t
	}
	t.header = len(r.Cells)
	hasTrailing := r.Cells[t.header-1] == ""
	for t.rows < sampleRows {
		err := c.row(&r)
		if err == io.EOF || c.lines.stop == len(text) && !all {
			return t
		}
		t.rows++
		if err != nil {
			return t
		}
		n := len(r.Cells)
		if t.row == 0 {
			t.row = n
		}
		if n == t.row {
			t.alike++
		}
		if n == t.header || n == t.header+1 && r.Cells[n-1] == "" || n == t.header-1 && hasTrailing {
			t.agree++
		}
	}
	return t
}

// compare compares the shares of rows that agree with the header, then the numbers of columns.
func (t trial) compare(than trial) int {
	if than.delimiter == 0 {
		return 1
	}
	if d := t.agree*max(1, than.rows) - than.agree*max(1, t.rows); d != 0 && t.rows > 0 &&
		than.rows > 0 {
		return d
	}
	return t.header - than.header
}
