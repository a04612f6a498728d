package data

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
)

// maxIDXColumns is the largest number of bytes in a row of an array of two axes.
const maxIDXColumns = 1 << 16

// IDX reads the rows of an array in the IDX format, of unsigned bytes, as text cells. An array of
// one axis is a column of numbers with the file's name, one of two axes is as many columns as a row
// has numbers: name.0, name.1 and so on. One of three axes is a column of grey pictures. A cell of
// it names the picture, counted from 0, such as train-images-idx3-ubyte#17; the path is relative to
// the file's folder.
type IDX struct {
	name     string
	columns  []string
	pictures string // the file's name in cells
	array    *IDXReader
	buf      []uint8 // a row
	row      int
}

// NewIDX reads the header of an array. name is the file's.
func NewIDX(r io.Reader, name string) (*IDX, error) {
	array, err := NewIDXReader(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	shape := array.Shape()
	base := filepath.Base(name)
	stem := strings.TrimSuffix(strings.TrimSuffix(base, ".gz"), ".zst")
	stem = strings.TrimSuffix(stem, filepath.Ext(stem))
	x := &IDX{name: name, array: array, buf: make([]uint8, shape[1:].Size())}
	switch {
	case len(shape) == 1:
		x.columns = []string{stem}
	case len(shape) == 2 && shape[1] <= maxIDXColumns:
		for i := range shape[1] {
			x.columns = append(x.columns, stem+"."+strconv.Itoa(i))
		}
	case len(shape) == 3:
		x.columns, x.pictures = []string{stem}, base
	default:
		return nil, fmt.Errorf("%s: the array has shape %v, want rows of a number, of up to %d numbers, "+
			"or of grey pictures", name, shape, maxIDXColumns)
	}
	return x, nil
}

// Columns returns the names of the columns.
func (x *IDX) Columns() []string { return x.columns }

// Read reads the next row. It reads pictures too, so that a file that is cut short is an error.
func (x *IDX) Read(r *Record) error {
	if _, err := x.array.Next(x.buf); err == io.EOF {
		return err
	} else if err != nil {
		return fmt.Errorf("%s:%d: %w", x.name, x.row+1, err)
	}
	r.Cells = r.Cells[:0]
	if x.pictures != "" {
		r.Cells = append(r.Cells, namePicture(x.pictures, x.row))
	} else {
		for _, v := range x.buf {
			r.Cells = append(r.Cells, strconv.Itoa(int(v)))
		}
	}
	x.row++
	r.Line = x.row
	return nil
}

// Progress returns the numbers of rows that are read, and of all.
func (x *IDX) Progress() (done, total int64) { return int64(x.row), int64(x.array.Shape()[0]) }

// Close does nothing: the caller closes the file.
func (x *IDX) Close() error { return nil }
