package datafile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"braid/data"
)

// FileColumn is a column that a file of its own has, such as an IDX file or a NumPy array of one
// axis.
type FileColumn struct {
	Name string // of the column, in place of the name that the file gives it
	Path string
}

// AppendColumns adds rows to a frame whose columns come from a file each. The files have one column
// each and as many rows, and are in one folder, where relative paths in cells begin.
func AppendColumns(ctx context.Context, f *data.Frame, columns []FileColumn, o Options) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s := &besides{}
	for _, c := range columns {
		if err := s.open(c, o); err != nil {
			return errors.Join(err, s.Close())
		}
	}
	return errors.Join(f.Append(columns[0].Path, &stoppable{Source: s, ctx: ctx}), s.Close())
}

// besides reads sources of one column side by side.
type besides struct {
	columns []FileColumn
	sources []data.Source
	rows    int
}

func (s *besides) open(c FileColumn, o Options) error {
	if first := s.first(); filepath.Dir(c.Path) != filepath.Dir(first.Path) && first.Path != "" {
		return fmt.Errorf("%s: column %q is in another folder than %s, want the files of all columns in "+
			"one", c.Path, c.Name, first.Path)
	}
	source, err := Open(c.Path, o)
	if err != nil {
		return err
	}
	s.columns, s.sources = append(s.columns, c), append(s.sources, source)
	if has := len(source.Columns()); has != 1 {
		return fmt.Errorf("%s: the file has %d columns, want one for column %q", c.Path, has, c.Name)
	}
	return nil
}

func (s *besides) first() FileColumn {
	if len(s.columns) == 0 {
		return FileColumn{}
	}
	return s.columns[0]
}

// Columns returns the names of the columns.
func (s *besides) Columns() []string {
	var names []string
	for _, c := range s.columns {
		names = append(names, c.Name)
	}
	return names
}

// Read reads the next row of each source.
func (s *besides) Read(r *data.Record) error {
	r.Cells = r.Cells[:0]
	ended := -1
	var row data.Record
	for i, source := range s.sources {
		err := source.Read(&row)
		switch {
		case errors.Is(err, io.EOF) && len(r.Cells) == 0:
			ended = i
		case errors.Is(err, io.EOF):
			return s.unequal(s.columns[i], s.columns[i-1])
		case err != nil:
			return err
		case ended >= 0:
			return s.unequal(s.columns[ended], s.columns[i])
		default:
			r.Cells = append(r.Cells, row.Cells...)
		}
	}
	if ended >= 0 {
		return io.EOF
	}
	s.rows++
	r.Line = s.rows
	return nil
}

func (s *besides) unequal(short, long FileColumn) error {
	return fmt.Errorf("%s has %d rows and %s has more, want as many rows for each column", short.Path,
		s.rows, long.Path)
}

// Notes returns the remarks of the sources.
func (s *besides) Notes() []string { return notes(s.sources...) }

// Close closes the files.
func (s *besides) Close() error {
	var failed []error
	for _, source := range s.sources {
		failed = append(failed, source.Close())
	}
	return errors.Join(failed...)
}
