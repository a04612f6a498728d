package datafile

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"braid/data"
	"braid/internal/atomicfile"
)

// sink writes a file that appears at its path when it is complete.
type sink struct {
	data.Sink
	path       string
	compressor io.Closer // nil without compression
	file       *atomicfile.Replacement
	failed     error
}

// Create creates a file of rows: CSV, TSV, JSON lines or Parquet, as the options' format or the
// path's name say. Names that end in .gz or .zst are compressed. A file at the path stays as it is
// until Close has written the new one.
//
// In Parquet, a TextField is a column of strings and a NumberField one of doubles; a missing cell
// is null.
func Create(path string, fields []data.Field, o Options) (data.Sink, error) {
	ext, compression := extension(path)
	if o.Format == Auto {
		if o.Format = extensions[ext]; o.Format == Auto {
			return nil, fmt.Errorf("%s: the name does not say which format to write, want one that ends in "+
				".csv, .tsv, .jsonl or .parquet", path)
		}
	}
	if o.Format == Parquet && compression != "" {
		return nil, fmt.Errorf("%s: Parquet is compressed within, want a name that ends in .parquet",
			path)
	}
	file, err := atomicfile.Begin(path)
	if err != nil {
		return nil, err
	}
	s := &sink{path: path, file: file}
	w, err := s.compress(compression)
	if err == nil {
		s.Sink, err = NewSink(w, fields, o)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Abort())
	}
	return s, nil
}

// NewSink writes rows to w, such as standard output. Close does not close w.
func NewSink(w io.Writer, fields []data.Field, o Options) (data.Sink, error) {
	switch o.Format {
	case CSV:
		if o.Delimiter == 0 {
			o.Delimiter = ','
		}
		return data.NewCSVSink(w, fields, o.Delimiter)
	case TSV:
		return data.NewCSVSink(w, fields, '\t')
	case JSONLines:
		return data.NewJSONSink(w, fields)
	case Parquet:
		return newParquetSink(w, fields)
	}
	return nil, fmt.Errorf("writing %v, want CSV, TSV, JSON lines or Parquet", o.Format)
}

// compress returns a writer to the file.
func (s *sink) compress(compression string) (io.Writer, error) {
	switch compression {
	case ".gz":
		z := gzip.NewWriter(s.file)
		s.compressor = z
		return z, nil
	case ".zst":
		z, err := zstd.NewWriter(s.file, zstd.WithEncoderConcurrency(1))
		s.compressor = z
		return z, err
	}
	return s.file, nil
}

// Write writes a row.
func (s *sink) Write(cells []string) error {
	if s.failed == nil {
		s.fail(s.Sink.Write(cells))
	}
	return s.failed
}

// fail keeps the first error.
func (s *sink) fail(err error) {
	if err != nil && s.failed == nil {
		s.failed = fmt.Errorf("writing %s: %w", s.path, err)
	}
}

// Close completes the file. After a failed Write it removes it.
func (s *sink) Close() error {
	if s.failed == nil {
		s.fail(s.Sink.Close())
	}
	if s.failed == nil && s.compressor != nil {
		s.fail(s.compressor.Close())
	}
	if s.failed == nil {
		s.failed = s.file.Commit() // names the path
	}
	return errors.Join(s.failed, s.file.Abort())
}

// Abort removes the file, unless it is complete.
func (s *sink) Abort() { s.file.Abort() }
