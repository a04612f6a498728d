package data

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"

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
	notes   []string
}

// part is where the rows of a file begin.
type part struct {
	path, folder string
	first        int
}

// blockRows is the number of rows in a block of a column. Blocks are not copied as a frame grows,
// so that it takes no more memory than it has.
const blockRows = 4096

// block has the text of consecutive cells of a column, and where each ends.
type block struct {
	text string
	ends []uint32
}

// emptyEnds is shared by the blocks of a column that is missing in all of their rows.
var emptyEnds = make([]uint32, blockRows)

// cells is a growing column. Its last block is tail and ends.
type cells struct {
	full  []block
	tail  []byte
	ends  []uint32
	given *Given // in place of all else
}

// end ends a cell, whose text is in the tail.
func (c *cells) end() error {
	if len(c.tail) > math.MaxUint32 {
		return fmt.Errorf("%d cells have more than 4 GiB of text", len(c.ends)+1)
	}
	if c.ends == nil {
		c.ends = make([]uint32, 0, blockRows)
	}
	c.ends = append(c.ends, uint32(len(c.tail)))
	if len(c.ends) == blockRows {
		c.full = append(c.full, block{string(c.tail), c.ends})
		c.tail, c.ends = c.tail[:0], nil
	}
	return nil
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
	var c cells
	for range f.rows / blockRows {
		c.full = append(c.full, block{"", emptyEnds})
	}
	if n := f.rows % blockRows; n > 0 {
		c.ends = make([]uint32, n, blockRows)
	}
	f.names, f.columns = append(f.names, name), append(f.columns, c)
	return len(f.names) - 1
}

// Append reads all rows of a source. path is the source's file: errors name it, and paths in cells
// are relative to its folder. After an error the frame is of no use.
func (f *Frame) Append(path string, s Source) error {
	if f.lines == nil && f.rows > 0 {
		return fmt.Errorf("%s: no rows can be added to the frame, which FrameOf made", path)
	}
	names := s.Columns()
	index := make(map[string]int, len(f.names)+len(names))
	for i, name := range f.names {
		index[name] = i
	}
	to := make([]int, len(names)) // the column of each cell
	seen := make(map[string]bool, len(names))
	for i, name := range names {
		if seen[name] {
			return fmt.Errorf("%s: two columns are named %q", path, name)
		}
		seen[name] = true
		at, known := index[name]
		if !known {
			at = f.add(name)
		}
		to[i] = at
	}
	f.files = append(f.files, part{path, filepath.Dir(path), f.rows})
	var r Record
	for {
		err := s.Read(&r)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if f.rows == math.MaxInt32 {
			return fmt.Errorf("%s: more than %d rows", path, math.MaxInt32)
		}
		for i, cell := range r.Cells {
			c := &f.columns[to[i]]
			c.tail = append(c.tail, cell...)
		}
		for i := range f.columns {
			if err := f.columns[i].end(); err != nil {
				return fmt.Errorf("%s:%d: column %q: %w", path, r.Line, f.names[i], err)
			}
		}
		f.lines = append(f.lines, int32(min(r.Line, math.MaxInt32)))
		f.rows++
	}
	if noter, ok := s.(interface{ Notes() []string }); ok {
		f.notes = append(f.notes, noter.Notes()...)
	}
	return nil
}

// Notes returns the remarks of the sources on their files, such as columns that they renamed.
func (f *Frame) Notes() []string { return slices.Clone(f.notes) }

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
	c := &f.columns[i]
	if c.given != nil {
		return Cells{rows: f.rows, given: c.given}, nil
	}
	return Cells{blocks: append(slices.Clip(c.full), block{string(c.tail), c.ends}), rows: f.rows}, nil
}

// file returns the file of a row.
func (f *Frame) file(row int) part {
	if last := f.files[len(f.files)-1]; last.first <= row { // of the only file, in most cases
		return last
	}
	i, found := slices.BinarySearchFunc(f.files, row, func(p part, row int) int {
		return p.first - row
	})
	for found && i+1 < len(f.files) && f.files[i+1].first == row { // files without rows
		i++
	}
	if !found {
		i--
	}
	return f.files[i]
}

// Place returns the file and line of a row, such as "products.csv:12".
func (f *Frame) Place(row int) string {
	line := row + 1
	if f.lines != nil {
		line = int(f.lines[row])
	}
	return fmt.Sprintf("%s:%d", f.file(row).path, line)
}

// Folder returns the folder of a row's file.
func (f *Frame) Folder(row int) string { return f.file(row).folder }

// OneFile reports whether two rows, and thereby those between them, are of one file.
func (f *Frame) OneFile(first, last int) bool { return f.file(first).first == f.file(last).first }

// Cells is a column of text cells.
type Cells struct {
	blocks []block
	rows   int
	given  *Given // in place of blocks
}

// Len returns the number of cells.
func (c Cells) Len() int { return c.rows }

// At returns a cell; "" is missing.
func (c Cells) At(row int) string {
	if c.given != nil {
		return c.given.at(row)
	}
	b, i := &c.blocks[row/blockRows], row%blockRows
	begin := uint32(0)
	if i > 0 {
		begin = b.ends[i-1]
	}
	return b.text[begin:b.ends[i]]
}
