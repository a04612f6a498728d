package data

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"braid/internal/atomicfile"
	"braid/internal/gunzip"
	"braid/tensor"
)

// maxIDX is the largest number of data bytes in an IDX file: one less than 2 GiB, as in a tensor.
const maxIDX = math.MaxInt32

// idxTypes are the element types of the format; only uint8 is read.
var idxTypes = map[byte]string{
	8: "uint8", 9: "int8", 11: "int16", 12: "int32", 13: "float32", 14: "float64",
}

// ParseIDX parses an IDX file in memory, as OpenIDX reads it. The array shares content's memory.
func ParseIDX(content []byte) (tensor.Tensor, error) {
	shape, err := readIDXHeader(bytes.NewReader(content))
	if err != nil {
		return tensor.Tensor{}, err
	}
	return arrayOf(shape, content[4+4*len(shape):])
}

// readIDX reads an array from a reader of total bytes, or of unknown length if total is -1.
func readIDX(r io.Reader, total int64) (tensor.Tensor, error) {
	shape, err := readIDXHeader(r)
	if err != nil {
		return tensor.Tensor{}, err
	}
	if total < 0 {
		content, err := readBody(r, shape.Size())
		if err != nil {
			return tensor.Tensor{}, err
		}
		return arrayOf(shape, content)
	}
	if err := checkSize(shape, total-int64(4+4*len(shape))); err != nil {
		return tensor.Tensor{}, err
	}
	content := make([]byte, shape.Size())
	if n, err := io.ReadFull(r, content); err != nil {
		return tensor.Tensor{}, fmt.Errorf("after %d of %d bytes of data: %w", n, len(content), err)
	}
	return tensor.Bytes(content, shape...), nil
}

// arrayOf checks that content has the size of the shape.
func arrayOf(shape tensor.Shape, content []byte) (tensor.Tensor, error) {
	if err := checkSize(shape, int64(len(content))); err != nil {
		return tensor.Tensor{}, err
	}
	return tensor.Bytes(content, shape...), nil
}

func checkSize(shape tensor.Shape, got int64) error {
	want := int64(shape.Size())
	switch {
	case got < want:
		return fmt.Errorf("the file is cut short: %d bytes of data, shape %v needs %d: %d missing",
			got, shape, want, want-got)
	case got > want:
		return fmt.Errorf("the file has bytes after its end: more than the %d bytes of data "+
			"that shape %v needs", want, shape)
	}
	return nil
}

func readIDXHeader(r io.Reader) (tensor.Shape, error) {
	var magic, axis [4]byte
	if err := readHeaderBytes(r, magic[:], 0); err != nil {
		return nil, err
	}
	if magic[0] != 0 || magic[1] != 0 || idxTypes[magic[2]] == "" || magic[3] < 1 || magic[3] > 4 {
		return nil, fmt.Errorf("no IDX file of bytes: it begins with % x, want 00 00 08 "+
			"and 1 to 4 axes", magic)
	}
	if magic[2] != 8 {
		return nil, fmt.Errorf("IDX file holds %s (type %02x), want unsigned bytes (type 08)",
			idxTypes[magic[2]], magic[2])
	}
	shape := make(tensor.Shape, magic[3])
	size := uint64(1)
	for i := range shape {
		if err := readHeaderBytes(r, axis[:], 4+4*i); err != nil {
			return nil, err
		}
		n := binary.BigEndian.Uint32(axis[:])
		if n == 0 {
			return nil, fmt.Errorf("IDX file has no data: axis %d of %d is 0", i, len(shape))
		}
		if size *= uint64(n); size > maxIDX {
			return nil, fmt.Errorf("IDX file claims over %d bytes of data: axis %d of %d is %d",
				maxIDX, i, len(shape), n)
		}
		shape[i] = int(n)
	}
	return shape, nil
}

// readHeaderBytes fills to with the header's bytes from an offset on.
func readHeaderBytes(r io.Reader, to []byte, offset int) error {
	n, err := io.ReadFull(r, to)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("IDX header is cut short after %d bytes", offset+n)
	}
	return err
}

// readBody reads at most size+1 bytes: the last one shows whether bytes follow the array.
func readBody(r io.Reader, size int) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, int64(size)+1))
	return content, unzipping(err, len(content), size)
}

// OpenIDX reads an array of unsigned bytes in the IDX format of MNIST: two zero bytes, the type
// (8), the number of axes (1 to 4), each axis (1 or more) as a big-endian uint32, and under 2 GiB
// of bytes in row-major order. Bytes after the array are an error. Memory grows with the bytes
// read, not with the size in the header. OpenIDX recognizes gzip by its first bytes, not by the
// file's name. Errors name the path.
func OpenIDX(path string) (tensor.Tensor, error) {
	file, size, err := atomicfile.OpenRegular(path)
	if err != nil {
		return tensor.Tensor{}, err // names the path
	}
	defer file.Close()
	t, err := readPlainOrZipped(file, size)
	if err != nil {
		return t, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// readPlainOrZipped reads an array from a file of size bytes.
func readPlainOrZipped(file io.Reader, size int64) (tensor.Tensor, error) {
	buffered := bufio.NewReader(file)
	if head, err := buffered.Peek(2); err == nil && string(head) == gunzip.Magic {
		unzipped, err := gunzip.NewReader(buffered)
		if err != nil {
			return tensor.Tensor{}, fmt.Errorf("header of the compressed file: %w", err)
		}
		return readIDX(unzipped, -1)
	}
	return readIDX(buffered, size)
}
