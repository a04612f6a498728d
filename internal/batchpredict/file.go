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

// File is an open file, or standard input, decompressed.
type File struct {
	name string // for errors
	text *bufio.Reader
	size int64 // in bytes, as stored; 0 if unknown
	raw  *counting
	file io.Closer // nil for standard input
}

// counting counts the bytes read.
type counting struct {
	io.Reader
	n int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// readBuffer is the size of a read from a file, in bytes.
const readBuffer = 1 << 18

// Open opens a file, or stdin if the path is -, and decompresses it if it is compressed with gzip.
// When ctx is done, a read that waits for standard input, a pipe or a device fails.
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

// IsIDX reports whether the file holds IDX images; else it holds JSON lines. It is an error if the
// file is empty, or an image.
func (f *File) IsIDX() (bool, error) {
	first, err := f.text.Peek(1)
	start, _ := f.text.Peek(4)
	if string(start) == "\x89PNG" || bytes.HasPrefix(start, []byte("\xff\xd8\xff")) {
		const text = "%s is one image, want rows of IDX images or JSON lines: braid ask takes images"
		return false, fmt.Errorf(text, f.name)
	}
	switch {
	case errors.Is(err, io.EOF):
		return false, fmt.Errorf("%s is empty, want IDX images or JSON lines", f.name)
	case err != nil:
		return false, fmt.Errorf("%s: %w", f.name, err)
	}
	return first[0] == 0, nil
}

// OpenPipe is os.OpenFile, but stops waiting for the other end of a named pipe when ctx is done.
func OpenPipe(ctx context.Context, path string, flag int) (*os.File, error) {
	return await(ctx, func() (*os.File, error) { return os.OpenFile(path, flag, 0) })
}

// Interruptible returns a reader of r whose reads fail when ctx is done, even if r waits.
func Interruptible(ctx context.Context, r io.Reader) io.Reader {
	return &interruptible{ctx: ctx, r: r}
}

type interruptible struct {
	ctx    context.Context
	r      io.Reader
	buffer [1 << 16]byte // a read that was left behind may still write to it, not to the caller's
}

func (i *interruptible) Read(p []byte) (int, error) {
	buffer := i.buffer[:min(len(p), len(i.buffer))]
	n, err := await(i.ctx, func() (int, error) { return i.r.Read(buffer) })
	copy(p, buffer[:n])
	return n, err
}

// await returns the result of do, or the context's cause as soon as ctx is done. It then leaves a
// goroutine behind, until do returns.
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
