package datafile

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"braid/data"
	"braid/internal/suggest"
)

// pageValues is the number of values that are read from a column at a time.
const pageValues = 512

// parquetSource reads rows of a Parquet file. It holds a page of each column.
type parquetSource struct {
	path    string
	file    *parquet.File
	from    io.ReaderAt // that the file reads
	columns []*parquetColumn
	groups  []parquet.RowGroup // that are left
	left    int64              // rows left in the row group
	row     int                // rows read
	done    atomic.Int64       // row, for Progress
	rows    int64              // of all row groups
	text    []byte
	ends    []int
	failed  error
}

// parquetColumn reads the values of a column in a row group.
type parquetColumn struct {
	name   string
	append appendValue
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	buf    []parquet.Value
	next   int // of buf
}

// guard turns a panic of the Parquet library, which damaged files cause, into an error.
func guard(path string, err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%s: a damaged Parquet file: %v", path, suggest.Printable(fmt.Sprint(r)))
	}
}

// openParquet reads the footer.
func openParquet(r io.ReaderAt, size int64, path string) (_ *parquetSource, err error) {
	defer guard(path, &err)
	if err := checkFooter(r, size); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	file, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true),
		parquet.ReadBufferSize(1<<16))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	s := &parquetSource{path: path, file: file, from: r, groups: file.RowGroups(),
		rows: file.NumRows()}
	seen := map[string]bool{}
	elements := file.Metadata().Schema[1:] // those of flat columns are in order
	for i, c := range file.Root().Columns() {
		name := suggest.Printable(c.Name())
		if !c.Leaf() || c.Repeated() {
			return nil, fmt.Errorf("%s: column %q is nested (a list, a map or a record), want columns of "+
				"plain values: write its values as columns of their own", path, name)
		}
		if c.Name() == "" || seen[c.Name()] {
			return nil, fmt.Errorf("%s: two columns are named %q, or one has no name", path, name)
		}
		seen[c.Name()] = true
		text, err := textOf(c.Type().Kind(), &elements[i])
		if err != nil {
			return nil, fmt.Errorf("%s: column %q: %w", path, name, err)
		}
		s.columns = append(s.columns, &parquetColumn{name: c.Name(), append: text})
	}
	if len(s.columns) == 0 {
		return nil, fmt.Errorf("%s: the file has no columns", path)
	}
	if err := s.checkCodecs(file.Metadata().RowGroups); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// checkCodecs returns an error for pages that the library decompresses to wrong bytes without
// saying so: those of LZ4, and those of a row group with another compression than the first one.
func (s *parquetSource) checkCodecs(groups []format.RowGroup) error {
	for g, group := range groups {
		if len(group.Columns) != len(s.columns) {
			return fmt.Errorf("row group %d has %d columns, want %d", g, len(group.Columns), len(s.columns))
		}
		for i, chunk := range group.Columns {
			codec, first := chunk.MetaData.Codec, groups[0].Columns[i].MetaData.Codec
			switch {
			case codec == format.Lz4 || codec == format.Lz4Raw:
				return fmt.Errorf("column %q is compressed with %v, want Snappy, gzip, Zstandard or Brotli: "+
					"write the file anew with one of these", suggest.Printable(s.columns[i].name), codec)
			case codec != first:
				return fmt.Errorf("column %q is compressed with %v in row group %d and %v in the first, want "+
					"one of them: write the file anew", suggest.Printable(s.columns[i].name), codec, g, first)
			}
		}
	}
	return nil
}

// Columns returns the names of the columns.
func (s *parquetSource) Columns() []string {
	names := make([]string, len(s.columns))
	for i, c := range s.columns {
		names[i] = c.name
	}
	return names
}

// Read reads the next row.
func (s *parquetSource) Read(r *data.Record) (err error) {
	if s.failed != nil {
		return s.failed
	}
	defer func() { s.failed = err }()
	defer guard(s.path, &err)
	for s.left == 0 {
		if err := s.nextGroup(); err != nil {
			return err
		}
	}
	s.left--
	s.row++
	s.done.Store(int64(s.row))
	s.text, s.ends = s.text[:0], s.ends[:0]
	for _, c := range s.columns {
		v, err := c.read()
		if err == nil && !v.IsNull() {
			s.text, err = c.append(s.text, v)
		}
		if err == io.EOF {
			err = errors.New("the column has fewer values than the file has rows")
		}
		if err != nil {
			return fmt.Errorf("%s:%d: column %q: %w", s.path, s.row, c.name, err)
		}
		s.ends = append(s.ends, len(s.text))
	}
	row, begin := string(s.text), 0
	r.Cells, r.Line = slices.Grow(r.Cells[:0], len(s.columns)), s.row
	for _, end := range s.ends {
		r.Cells = append(r.Cells, row[begin:end])
		begin = end
	}
	return nil
}

// Progress returns the rows that are read, and all rows.
func (s *parquetSource) Progress() (done, total int64) { return s.done.Load(), s.rows }

// nextGroup begins the next row group. The error is io.EOF if there is none.
func (s *parquetSource) nextGroup() error {
	if err := s.closeGroup(); err != nil {
		return err
	}
	if len(s.groups) == 0 {
		return io.EOF
	}
	group := s.groups[0]
	metadata := s.file.Metadata().RowGroups
	described := metadata[len(metadata)-len(s.groups)].Columns
	s.groups, s.left = s.groups[1:], group.NumRows()
	chunks := group.ColumnChunks()
	if len(chunks) != len(s.columns) || s.left < 0 {
		return fmt.Errorf("%s: a row group has %d rows of %d columns, want %d columns", s.path, s.left,
			len(chunks), len(s.columns))
	}
	for i, c := range s.columns {
		if err := checkPages(s.from, s.file.Size(), &described[i].MetaData); err != nil {
			return fmt.Errorf("%s: column %q: %w", s.path, c.name, err)
		}
		c.pages = chunks[i].Pages()
	}
	return nil
}

// closeGroup ends the row group, which must have no more values.
func (s *parquetSource) closeGroup() error {
	for _, c := range s.columns {
		if c.pages == nil {
			continue
		}
		if _, err := c.read(); err == nil {
			return fmt.Errorf("%s: column %q has more values than its row group has rows", s.path, c.name)
		} else if err != io.EOF {
			return fmt.Errorf("%s: column %q: %w", s.path, c.name, err)
		}
		if err := c.close(); err != nil {
			return fmt.Errorf("%s: column %q: %w", s.path, c.name, err)
		}
	}
	return nil
}

// read returns the next value, whose memory is valid until the next call.
func (c *parquetColumn) read() (parquet.Value, error) {
	for c.next == len(c.buf) {
		if c.values == nil {
			page, err := c.pages.ReadPage()
			if err != nil {
				return parquet.Value{}, err
			}
			c.page, c.values = page, page.Values()
		}
		if c.buf == nil {
			c.buf = make([]parquet.Value, pageValues)
		}
		n, err := c.values.ReadValues(c.buf[:pageValues])
		c.buf, c.next = c.buf[:n], 0
		switch {
		case err == io.EOF && n == 0 || err == nil && n == 0:
			parquet.Release(c.page)
			c.page, c.values = nil, nil
		case err != nil && err != io.EOF:
			return parquet.Value{}, err
		}
	}
	c.next++
	return c.buf[c.next-1], nil
}

// close ends the pages of a row group.
func (c *parquetColumn) close() error {
	if c.pages == nil {
		return nil
	}
	if c.page != nil {
		parquet.Release(c.page)
	}
	err := c.pages.Close()
	c.pages, c.page, c.values, c.buf, c.next = nil, nil, nil, c.buf[:0], 0
	return err
}

// Close ends the row group. The caller closes the file.
func (s *parquetSource) Close() (err error) {
	defer guard(s.path, &err)
	var failed []error
	for _, c := range s.columns {
		failed = append(failed, c.close())
	}
	return errors.Join(failed...)
}
