package data

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"braid/internal/suggest"
)

// Frame has rows of text cells in memory, by column. The rows may come from several files. A column
// that a file lacks is missing in its rows. A Frame is read by any number of goroutines, but not
// while it grows.
type Frame struct {
	names   []string
	columns []cells
	rows    int
	lines   []int32
	files   []part
}

// part is where the rows of a file begin.
type part struct {
	path  string
	first int
}

// cells is a growing column: the text of all cells, and where each ends.
type cells struct {
	text strings.Builder
	ends []int
}

// NewFrame returns a frame of named columns without rows.
func NewFrame(columns ...string) (*Frame, error) {
	f := &Frame{}
	for _, name := range columns {
		if slices.Contains(f.names, name) {
			return nil, fmt.Errorf("data: two columns are named %q", name)
		}
		f.add(name)
	}
	return f, nil
}

// add adds a column that is missing in the rows so far, and returns its index.
func (f *Frame) add(name string) int {
	f.names = append(f.names, name)
	f.columns = append(f.columns, cells{ends: make([]int, f.rows)})
	return len(f.names) - 1
}

// Append reads all rows of a source. path is the source's file: errors name it, and paths in cells
// are relative to its folder.
func (f *Frame) Append(path string, s Source) error {
	to := make([]int, len(s.Columns()))
	for i, name := range s.Columns() {
		if to[i] = slices.Index(f.names, name); to[i] < 0 {
			to[i] = f.add(name)
		}
	}
	f.files = append(f.files, part{path, f.rows})
	var r Record
	for {
		err := s.Read(&r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if f.rows == math.MaxInt32 {
			return fmt.Errorf("%s: more than %d rows", path, math.MaxInt32)
		}
		for i, cell := range r.Cells {
			f.columns[to[i]].text.WriteString(cell)
		}
		for i := range f.columns {
			c := &f.columns[i]
			c.ends = append(c.ends, c.text.Len())
		}
		f.lines = append(f.lines, int32(min(r.Line, math.MaxInt32)))
		f.rows++
	}
}

// Rows returns the number of rows.
func (f *Frame) Rows() int { return f.rows }

// Names returns the names of the columns, in order.
func (f *Frame) Names() []string { return slices.Clone(f.names) }

// Cells returns the column with a name.
func (f *Frame) Cells(name string) (Cells, error) {
	i := slices.Index(f.names, name)
	if i < 0 {
		return Cells{}, suggest.Unknown("column", name, f.names)
	}
	return Cells{f.columns[i].text.String(), f.columns[i].ends}, nil
}

// file returns the file of a row.
func (f *Frame) file(row int) string {
	i, found := slices.BinarySearchFunc(f.files, row, func(p part, row int) int { return p.first - row })
	for found && i+1 < len(f.files) && f.files[i+1].first == row { // files without rows
		i++
	}
	if !found {
		i--
	}
	return f.files[i].path
}

// Place returns the file and line of a row, such as "products.csv:12".
func (f *Frame) Place(row int) string {
	return fmt.Sprintf("%s:%d", f.file(row), f.lines[row])
}

// Folder returns the folder of a row's file.
func (f *Frame) Folder(row int) string { return filepath.Dir(f.file(row)) }

// Cells is a column of text cells.
type Cells struct {
	text string
	ends []int
}

// Len returns the number of cells.
func (c Cells) Len() int { return len(c.ends) }

// At returns a cell; "" is missing.
func (c Cells) At(row int) string {
	if row == 0 {
		return c.text[:c.ends[0]]
	}
	return c.text[c.ends[row-1]:c.ends[row]]
}
