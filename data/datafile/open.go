package datafile

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/klauspost/compress/zstd"

	"braid/data"
	"braid/internal/atomicfile"
	"braid/internal/gunzip"
	"braid/internal/suggest"
)

const zstdMagic = "\x28\xb5\x2f\xfd"

// wanted is what is read, for errors.
const wanted = "a file of rows, or a folder of images"

// maxWindow is the most memory in bytes that a Zstandard file may ask for: that of zstd --long.
const maxWindow = 128 << 20

// source reads an open file.
type source struct {
	data.Source
	path   string
	format Format
	file   *os.File
	info   fs.FileInfo // when it was opened
	close  func()      // of a decompressor
}

// Open opens a file, or a folder of images, to read its rows. The options' format, else the file's
// name and first bytes choose the reader. gzip and Zstandard are recognized by their first bytes.
//
// JSON lines are read twice: the first time for the names of all columns. The columns of Parquet
// become texts: integers and decimals in full, floats as the shortest text that gives the same
// number in their precision, true and false, dates, times and timestamps in ISO 8601 (a timestamp
// that is adjusted to UTC ends in Z), UUIDs in their usual form; null is missing. Nested columns
// are errors.
func Open(path string, o Options) (data.Source, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return data.OpenFolder(path)
	}
	file, size, err := atomicfile.OpenRegular(path)
	if err != nil {
		return nil, suggest.MissingFile(path, wanted, err)
	}
	s := &source{path: path, file: file, close: func() {}}
	if s.info, err = file.Stat(); err == nil {
		err = s.open(size, o)
	}
	if err != nil {
		s.close()
		file.Close()
		return nil, err
	}
	return s, nil
}

// open opens the reader of the file's format.
func (s *source) open(size int64, o Options) error {
	if size == 0 {
		return fmt.Errorf("%s: the file is empty, want a table", s.path)
	}
	text, isCompressed, err := s.decompress()
	if err != nil {
		return err
	}
	if o.Format == Auto {
		head, err := text.Peek(16)
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF):
			return fmt.Errorf("%s: the compressed file is cut short: %w", s.path, err)
		case err != nil && err != io.EOF:
			return fmt.Errorf("%s: %w", s.path, err)
		}
		if o.Format, err = formatOf(s.path, head); err != nil {
			return err
		}
	}
	if isCompressed && (o.Format == Parquet || o.Format == NPZ) {
		return fmt.Errorf("%s: %v within a compressed file, want it as it is: decompress it first",
			s.path,
			o.Format)
	}
	s.format = o.Format
	switch o.Format {
	case CSV:
		s.Source, err = data.NewCSV(text, s.path, data.CSVOptions{Delimiter: o.Delimiter,
			Encoding: o.Encoding})
	case TSV:
		s.Source, err = data.NewCSV(text, s.path, data.CSVOptions{Delimiter: '\t', Encoding: o.Encoding})
	case JSONLines:
		var columns []string
		if columns, err = data.JSONColumns(text, s.path); err != nil {
			return err
		}
		if text, _, err = s.decompress(); err != nil {
			return err
		}
		s.Source, err = data.NewJSONLines(text, s.path, columns)
	case NPY:
		s.Source, err = data.NewNPY(text, s.path)
	case NPZ:
		s.Source, err = data.NewNPZ(s.file, size, s.path)
	case IDX:
		s.Source, err = data.NewIDX(text, s.path)
	case Parquet:
		s.Source, err = openParquet(s.file, size, s.path)
	}
	return err
}

// decompress returns a reader of the file from its begin.
func (s *source) decompress() (text *bufio.Reader, isCompressed bool, err error) {
	s.close()
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		s.close = func() {}
		return nil, false, err
	}
	text, isCompressed, s.close, err = decompress(s.file, s.path)
	return text, isCompressed, err
}

// decompress returns a reader of what a file or a pipe has, decompressed. end ends decompression.
func decompress(
	r io.Reader, name string,
) (text *bufio.Reader, isCompressed bool, end func(), err error) {
	end = func() {}
	text = bufio.NewReaderSize(r, 1<<16)
	head, _ := text.Peek(4)
	switch {
	case len(head) > 1 && string(head[:2]) == gunzip.Magic:
		unzipped, err := gunzip.NewReader(text)
		if err != nil {
			return nil, false, end, fmt.Errorf("%s: header of the compressed file: %w", name, err)
		}
		return bufio.NewReaderSize(unzipped, 1<<16), true, end, nil
	case string(head) == zstdMagic:
		d, err := zstd.NewReader(text, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, false, end, fmt.Errorf("%s: %w", name, err)
		}
		return bufio.NewReaderSize(d, 1<<16), true, d.Close, nil
	}
	return text, false, end, nil
}

// Read reads the next row. At the end it checks that the file did not change.
func (s *source) Read(r *data.Record) error {
	err := s.Source.Read(r)
	if err == nil {
		return nil
	}
	info, statErr := s.file.Stat()
	if statErr == nil && (info.Size() != s.info.Size() || !info.ModTime().Equal(s.info.ModTime())) {
		changed := fmt.Errorf("%s changed while it was read (%d bytes, then %d): read it again when "+
			"nothing writes to it", s.path, s.info.Size(), info.Size())
		if errors.Is(err, io.EOF) {
			return changed
		}
		return errors.Join(err, changed)
	}
	return err
}

// Progress returns how much of the file is read: in rows if the format says how many there are,
// else in bytes. A total of 0 is unknown.
func (s *source) Progress() (done, total int64) {
	if counted, ok := s.Source.(interface{ Progress() (done, total int64) }); ok {
		return counted.Progress()
	}
	if s.format == NPZ { // is not read from its begin to its end
		return 0, 0
	}
	done, err := s.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, 0
	}
	return done, s.info.Size()
}

// Notes returns the remarks of the format's reader.
func (s *source) Notes() []string { return notes(s.Source) }

// notes returns the remarks of sources, if they have any.
func notes(sources ...data.Source) []string {
	var list []string
	for _, s := range sources {
		if noter, ok := s.(interface{ Notes() []string }); ok {
			list = append(list, noter.Notes()...)
		}
	}
	return list
}

// Close closes the file.
func (s *source) Close() error {
	err := s.Source.Close()
	s.close()
	return errors.Join(err, s.file.Close())
}

// ReadFrame reads the rows of all files, one after the other.
func ReadFrame(ctx context.Context, paths []string, o Options) (*data.Frame, error) {
	f, err := data.NewFrame()
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		if err := Append(ctx, f, path, o); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// Append adds the rows of a file to a frame.
func Append(ctx context.Context, f *data.Frame, path string, o Options) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s, err := Open(path, o)
	if err != nil {
		return err
	}
	return errors.Join(f.Append(path, &stoppable{Source: s, ctx: ctx}), s.Close())
}

// stoppable is a source that a context ends.
type stoppable struct {
	data.Source
	ctx  context.Context
	rows int
}

// Read reads the next row. It looks at the context from time to time, as that takes a lock.
func (s *stoppable) Read(r *data.Record) error {
	if s.rows++; s.rows%256 == 0 && s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	return s.Source.Read(r)
}

// Notes returns the remarks of the source.
func (s *stoppable) Notes() []string { return notes(s.Source) }
