package data

import (
	"errors"
	"fmt"
	"io"

	"braid/tensor"
)

// IDXReader reads an array in the IDX format row by row into the caller's memory. It is as strict
// as OpenIDX.
type IDXReader struct {
	r     io.Reader
	shape tensor.Shape
	row   int // bytes of a row
	read  int // bytes of data
	err   error
}

// NewIDXReader reads the header.
func NewIDXReader(r io.Reader) (*IDXReader, error) {
	shape, err := readIDXHeader(r)
	if err != nil {
		return nil, err
	}
	return &IDXReader{r: r, shape: shape, row: shape[1:].Size()}, nil
}

// Shape returns [rows, a row's shape...] from the header.
func (r *IDXReader) Shape() tensor.Shape { return r.shape }

// Next reads as many rows as fit into to and returns their number. It returns fewer only at the
// end, and io.EOF if none are left. With the last row it checks that no bytes follow. Any other
// error is returned again by later calls.
func (r *IDXReader) Next(to []uint8) (rows int, err error) {
	if r.err != nil {
		return 0, r.err
	}
	rows = min(len(to)/r.row, r.shape[0]-r.read/r.row)
	if rows == 0 {
		return 0, fmt.Errorf("a row of %d bytes does not fit into %d", r.row, len(to))
	}
	r.err = r.fill(to[:rows*r.row])
	if r.err == nil && r.read == r.shape.Size() {
		if r.err = r.end(); r.err == io.EOF {
			return rows, nil
		}
	}
	if r.err != nil {
		return 0, r.err
	}
	return rows, nil
}

// fill reads all of to.
func (r *IDXReader) fill(to []uint8) error {
	for n := 0; n < len(to); {
		more, err := r.r.Read(to[n:])
		n += more
		r.read += more
		switch {
		case err == io.EOF && n < len(to):
			return checkSize(r.shape, int64(r.read))
		case err != nil && n < len(to):
			return unzipping(err, r.read, r.shape.Size())
		}
	}
	return nil
}

// end returns io.EOF if no bytes follow the array.
func (r *IDXReader) end() error {
	var next [1]byte
	switch n, err := io.ReadFull(r.r, next[:]); {
	case n > 0:
		return checkSize(r.shape, int64(r.read)+1)
	default:
		return unzipping(err, r.read, r.shape.Size())
	}
}

// unzipping adds the number of bytes read to gzip's error for a truncated file.
func unzipping(err error, read, size int) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("compressed file is cut short after %d of %d bytes: %w", read, size, err)
	}
	return err
}
