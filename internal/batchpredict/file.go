package batchpredict

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"

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
	end  func()    // of a decompressor
}

// Name returns the file's name for errors.
func (f *File) Name() string { return f.name }

// Read reads what the file has, decompressed.
func (f *File) Read(p []byte) (int, error) { return f.text.Read(p) }

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

// zstdMagic begins what Zstandard compressed, and maxWindow is the most memory in bytes that it may
// ask for: that of zstd --long.
const (
	zstdMagic = "\x28\xb5\x2f\xfd"
	maxWindow = 128 << 20
)

// Open opens a file, or stdin if the path is -, and decompresses gzip and Zstandard.
// When ctx is done, a read that waits for standard input, a pipe or a device fails.
func Open(ctx context.Context, path string, stdin io.Reader) (*File, error) {
	f := &File{name: suggest.Printable(path), end: func() {}}
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
	if err := f.decompress(); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: header of the compressed file: %w", f.name, err)
	}
	return f, nil
}

func (f *File) decompress() error {
	head, _ := f.text.Peek(len(zstdMagic))
	var unpacked io.Reader
	switch {
	case bytes.HasPrefix(head, []byte(gunzip.Magic)):
		r, err := gunzip.NewReader(f.text)
		if err != nil {
			return err
		}
		unpacked = r
	case string(head) == zstdMagic:
		d, err := zstd.NewReader(f.text, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return err
		}
		unpacked, f.end = d, d.Close
	default:
		return nil
	}
	f.text = bufio.NewReaderSize(unpacked, readBuffer)
	return nil
}

// Close closes the file.
func (f *File) Close() error {
	f.end()
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}

// Content is what a file has, by its first bytes.
type Content uint8

// The contents of files. JSON is lines of JSON, and Other a table in another format.
const (
	Other Content = iota
	JSON
	Images
)

// Content looks at the first bytes. It is an error if the file is empty, or an image.
func (f *File) Content() (Content, error) {
	const utf8Mark = "\xef\xbb\xbf"
	head, err := f.text.Peek(64)
	begins := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	switch {
	case begins("\x89PNG"), begins("\xff\xd8\xff"):
		const text = "%s is one image, want rows of a table, of JSON lines or of IDX images: " +
			"braid ask takes images"
		return 0, fmt.Errorf(text, f.name)
	case len(head) == 0 && errors.Is(err, io.EOF):
		return 0, fmt.Errorf("%s is empty, want rows of a table, of JSON lines or of IDX images", f.name)
	case len(head) == 0 && errors.Is(err, io.ErrUnexpectedEOF):
		return 0, fmt.Errorf("%s: compressed file is cut short: %w", f.name, err)
	case len(head) == 0:
		return 0, fmt.Errorf("%s: %w", f.name, err)
	case len(head) > 2 && head[0] == 0 && head[1] < ' ' && head[2] < ' ':
		return Images, nil // UTF-16 and UTF-32 have a letter among these
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte(utf8Mark)), " \t\r\n")
	if bytes.HasPrefix(text, []byte("{")) || bytes.HasPrefix(text, []byte("[")) {
		return JSON, nil
	}
	return Other, nil
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
