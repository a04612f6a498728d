package data

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"braid/tensor"
)

// maxIDX is the most bytes that an IDX file may hold: 2 GiB.
const maxIDX = 1 << 31

// ReadIDX reads an array of unsigned bytes in the IDX format of MNIST: two zero bytes, the type
// (8), the number of axes, each axis as a big-endian uint32, and the bytes row-major. Nothing may
// follow. No more memory is taken than there are bytes to read.
func ReadIDX(r io.Reader) (tensor.Tensor, error) { return readIDX(r, -1) }

// ParseIDX reads an array from memory. Its data is a window on content.
func ParseIDX(content []byte) (tensor.Tensor, error) {
	shape, err := readIDXHeader(bytes.NewReader(content))
	if err != nil {
		return tensor.Tensor{}, err
	}
	return arrayOf(shape, content[4+4*len(shape):])
}

// readIDX reads an array from a reader that holds total bytes, or any number where total is -1.
func readIDX(r io.Reader, total int64) (tensor.Tensor, error) {
	shape, err := readIDXHeader(r)
	if err != nil {
		return tensor.Tensor{}, err
	}
	content, err := readBody(r, shape.Size(), total-int64(4+4*len(shape)))
	if err != nil {
		return tensor.Tensor{}, err
	}
	return arrayOf(shape, content)
}

// arrayOf checks that there is as much data as the header claims.
func arrayOf(shape tensor.Shape, content []byte) (tensor.Tensor, error) {
	size := shape.Size()
	switch {
	case len(content) < size:
		return tensor.Tensor{}, fmt.Errorf("IDX file is cut short: %d bytes of data, shape %v needs %d", len(content), shape, size)
	case len(content) > size:
		return tensor.Tensor{}, fmt.Errorf("IDX file has bytes after its end: shape %v needs %d bytes of data", shape, size)
	}
	return tensor.Bytes(content, shape...), nil
}

func readIDXHeader(r io.Reader) (tensor.Shape, error) {
	var magic [4]byte
	if _, err := io.ReadFull(r, magic[:]); err != nil {
		return nil, fmt.Errorf("IDX header is cut short: %w", err)
	}
	if magic[0] != 0 || magic[1] != 0 || magic[2] != 8 || magic[3] < 1 || magic[3] > 4 {
		return nil, fmt.Errorf("no IDX file of bytes: it begins with % x, want 00 00 08 and 1 to 4 axes", magic)
	}
	shape := make(tensor.Shape, magic[3])
	size := uint64(1)
	for i := range shape {
		var axis [4]byte
		if _, err := io.ReadFull(r, axis[:]); err != nil {
			return nil, fmt.Errorf("IDX header is cut short: %w", err)
		}
		n := binary.BigEndian.Uint32(axis[:])
		shape[i] = int(n)
		if n == 0 {
			return nil, fmt.Errorf("IDX file has shape %v: axis %d is 0", shape[:i+1], i)
		}
		if size *= uint64(n); size > maxIDX {
			return nil, fmt.Errorf("IDX file claims shape %v and more: over %d bytes", shape[:i+1], maxIDX)
		}
	}
	return shape, nil
}

// readBody reads up to one byte more than size: that one tells that something follows.
func readBody(r io.Reader, size int, left int64) ([]byte, error) {
	if left == int64(size) {
		content := make([]byte, size)
		n, err := io.ReadFull(r, content)
		return content[:n], err
	}
	content, err := io.ReadAll(io.LimitReader(r, int64(size)+1))
	if errors.Is(err, io.ErrUnexpectedEOF) { // gzip's word for a file that is cut short
		err = fmt.Errorf("compressed file is cut short after %d of %d bytes: %w", len(content), size, err)
	}
	return content, err
}

// OpenIDX reads an IDX file, compressed with gzip or not.
func OpenIDX(path string) (tensor.Tensor, error) {
	t, err := openIDX(path)
	if err != nil {
		return t, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

func openIDX(path string) (tensor.Tensor, error) {
	file, err := os.Open(path)
	if err != nil {
		return tensor.Tensor{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return tensor.Tensor{}, err
	}
	if !info.Mode().IsRegular() {
		return tensor.Tensor{}, errors.New("is not a file")
	}
	buffered := bufio.NewReader(file)
	if head, err := buffered.Peek(2); err == nil && bytes.Equal(head, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(buffered)
		if err != nil {
			return tensor.Tensor{}, err
		}
		return readIDX(unzipped, -1)
	}
	return readIDX(buffered, info.Size())
}
