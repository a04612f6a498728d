package datafile

import (
	"errors"
	"fmt"
	"io"

	"braid/data"
)

// pipe is a source of a pipe.
type pipe struct {
	data.Source
	end func() // of a decompressor
}

// NewSource reads rows from r, such as standard input, which is read once and not sought. name
// stands for a file in errors. The options' format is CSV, TSV or JSON lines; Auto means that the
// first byte says which: JSON lines begin with {. columns are those of JSON lines, whose objects
// may have others; they are missing where an object lacks them. gzip and Zstandard are
// decompressed. Close does not close r.
func NewSource(r io.Reader, name string, columns []string, o Options) (data.Source, error) {
	text, _, end, err := decompress(r, name)
	if err != nil {
		return nil, err
	}
	s := &pipe{end: end}
	if o.Format == Auto {
		head, peeked := text.Peek(16)
		if len(head) == 0 && !errors.Is(peeked, io.EOF) {
			return nil, fmt.Errorf("%s: %w", name, peeked)
		}
		o.Format, err = formatOf("", head)
	}
	only := struct{ io.Reader }{text} // without Close
	switch {
	case err != nil:
	case o.Format == CSV:
		s.Source, err = data.NewCSV(only, name, data.CSVOptions{
			Delimiter: o.Delimiter, Encoding: o.Encoding,
		})
	case o.Format == TSV:
		s.Source, err = data.NewCSV(only, name, data.CSVOptions{Delimiter: '\t', Encoding: o.Encoding})
	case o.Format == JSONLines:
		s.Source, err = data.NewJSONLines(only, name, columns)
	default:
		err = fmt.Errorf("%s: %v is read from a file, want CSV, TSV or JSON lines here", name, o.Format)
	}
	if err != nil {
		end()
		return nil, err
	}
	return s, nil
}

// Close ends the source.
func (p *pipe) Close() error {
	err := p.Source.Close()
	p.end()
	return err
}
