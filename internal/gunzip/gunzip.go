// Package gunzip decompresses gzip data, as zcat does.
package gunzip

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
)

// Magic begins gzip data.
const Magic = "\x1f\x8b"

// ErrTrailing is the error of bytes after compressed data that are neither zeros nor compressed
// data.
var ErrTrailing = errors.New("gzip: other bytes follow the compressed data, want its end or zeros")

// Reader decompresses gzip members one after the other. It skips zeros between and after them,
// which tapes and block devices add as padding. zcat warns of other bytes and returns the content
// before them; here they are an ErrTrailing, because they may be the rest of a damaged member.
type Reader struct {
	compressed *bufio.Reader
	member     *gzip.Reader
}

// NewReader reads the header of the first member.
func NewReader(r io.Reader) (*Reader, error) {
	compressed, ok := r.(*bufio.Reader)
	if !ok {
		compressed = bufio.NewReader(r)
	}
	member, err := gzip.NewReader(compressed)
	if err != nil {
		return nil, err
	}
	member.Multistream(false)
	return &Reader{compressed, member}, nil
}

func (r *Reader) Read(p []byte) (int, error) {
	for {
		n, err := r.member.Read(p)
		if err == io.EOF {
			err = r.next()
		}
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
	}
}

// next skips padding and reads the header of the next member. It returns io.EOF if there is none.
func (r *Reader) next() error {
	for {
		b, err := r.compressed.ReadByte()
		if err != nil {
			return err
		}
		if b == 0 {
			continue
		}
		if err := r.compressed.UnreadByte(); err != nil {
			return err
		}
		if head, err := r.compressed.Peek(len(Magic)); string(head) != Magic {
			if err != nil && err != io.EOF {
				return err
			}
			return ErrTrailing
		}
		if err := r.member.Reset(r.compressed); err != nil {
			return err
		}
		r.member.Multistream(false)
		return nil
	}
}
