package batchpredict

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"braid/internal/gunzip"
	"braid/internal/suggest"
)

// File is an opened file, or standard input, as it is when it is unpacked.
type File struct {
	name string // for people
	text *bufio.Reader
	size int64 // in bytes, 0 where it is not known
	raw  *counting
	file io.Closer // nil for standard input
}

// counting counts what is read.
type counting struct {
	io.Reader
	n int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// readBuffer is how much is read from a file at a time.
const readBuffer = 1 << 18

// Open opens a file, or standard input for -, and unpacks it if it is compressed with gzip. The context ends reads
// that wait: of standard input, a pipe or a device.
func Open(ctx context.Context, path string, stdin io.Reader) (*File, error) {
	f := &File{name: suggest.Printable(path)}
	var from io.Reader
	if path == "-" {
		f.name, from = "standard input", Interruptible(ctx, stdin)
	} else {
		info, err := os.Stat(path)
		if err == nil && info.IsDir() {
			err = fmt.Errorf("%s is a folder, want a file", path)
		}
		if err != nil {
			return nil, err
		}
		file, err := OpenPipe(ctx, path, os.O_RDONLY)
		if err != nil {
			return nil, err
		}
		f.file, from = file, file
		if info.Mode().IsRegular() {
			f.size = info.Size()
		} else {
			from = Interruptible(ctx, file)
		}
	}
	f.raw = &counting{Reader: from}
	f.text = bufio.NewReaderSize(f.raw, readBuffer)
	if head, _ := f.text.Peek(2); string(head) == gunzip.Magic {
		unpacked, err := gunzip.NewReader(f.text)
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("%s: header of the compressed file: %w", f.name, err)
		}
		f.text = bufio.NewReaderSize(unpacked, readBuffer)
	}
	return f, nil
}

// Close closes the file.
func (f *File) Close() {
	if f.file != nil {
		f.file.Close()
	}
}

// IsIDX tells IDX images from JSON lines. It is an error if the file is empty, or plainly neither.
func (f *File) IsIDX() (bool, error) {
	first, err := f.text.Peek(1)
	if start, _ := f.text.Peek(4); string(start) == "\x89PNG" || bytes.HasPrefix(start, []byte("\xff\xd8\xff")) {
		return false, fmt.Errorf("%s is one image, want rows of IDX images or JSON lines: braid ask takes images", f.name)
	}
	switch {
	case errors.Is(err, io.EOF):
		return false, fmt.Errorf("%s is empty, want IDX images or JSON lines", f.name)
	case err != nil:
		return false, fmt.Errorf("%s: %w", f.name, err)
	}
	return first[0] == 0, nil
}

// OpenPipe opens a file that may be a pipe, at whose other end nobody is yet: it ends with the context.
func OpenPipe(ctx context.Context, path string, flag int) (*os.File, error) {
	return await(ctx, func() (*os.File, error) { return os.OpenFile(path, flag, 0) })
}

// Interruptible is a reader of what others write, such as a pipe: a read ends with the context.
func Interruptible(ctx context.Context, r io.Reader) io.Reader { return &waiting{ctx: ctx, r: r} }

type waiting struct {
	ctx    context.Context
	r      io.Reader
	buffer [1 << 16]byte
}

func (w *waiting) Read(p []byte) (int, error) {
	part := w.buffer[:min(len(p), len(w.buffer))]
	n, err := await(w.ctx, func() (int, error) { return w.r.Read(part) })
	copy(p, part[:n])
	return n, err
}

// await does what may wait for others. When the context ends it leaves a goroutine behind that waits on.
func await[T any](ctx context.Context, do func() (T, error)) (value T, err error) {
	if ctx.Err() != nil {
		return value, context.Cause(ctx)
	}
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := do()
		done <- result{value, err}
	}()
	select {
	case <-ctx.Done():
		return value, context.Cause(ctx)
	case r := <-done:
		return r.value, r.err
	}
}
