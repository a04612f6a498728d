package data

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"braid/internal/gunzip"
)

// Encoding is the encoding of a text file.
type Encoding uint8

// The encodings. Latin1 is Windows-1252, as in web browsers: ISO 8859-1 with letters and
// punctuation in place of most control characters from 0x80 to 0x9f.
const (
	UTF8 Encoding = iota
	Latin1
)

// maxRecord is the largest size of a row in bytes. It bounds what a quote that is not closed reads
// into memory.
const maxRecord = 16 << 20

// lineBuffer is the size of a new buffer, and of what decides the delimiter.
const lineBuffer = 256 << 10

// lines splits a text into records of one or more lines, which end in LF, CRLF or CR. It checks
// that the text is UTF-8 without NUL, and leaves a byte order mark out.
type lines struct {
	name string
	r    io.Reader
	err  error // of r

	buf    []byte
	start  int   // of the record
	text   int   // where the record ends, without its last line end
	stop   int   // where the next line begins
	end    int   // of what was read
	offset int64 // of buf[0] in the text

	lf, cr int // the first of each at or after stop; end if there is none

	line int // where the record begins, from 1
	last int // the line that the record ends in
}

// newLines decompresses gzip and decodes the encoding.
func newLines(r io.Reader, name string, e Encoding) (*lines, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	head, _ := b.Peek(2)
	if string(head) == gunzip.Magic {
		unzipped, err := gunzip.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("%s: header of the compressed file: %w", name, err)
		}
		b = bufio.NewReaderSize(unzipped, 1<<16)
		head, _ = b.Peek(2)
	}
	l := &lines{name: name, r: b, buf: make([]byte, lineBuffer)}
	switch string(head) {
	case "\xff\xfe", "\xfe\xff":
		return nil, fmt.Errorf("%s: the text is UTF-16, want UTF-8: save it as UTF-8", name)
	}
	if mark, _ := b.Peek(3); string(mark) == "\xef\xbb\xbf" {
		b.Discard(3)
		l.offset = 3
	} else if e == Latin1 {
		l.r = &latin1{r: b}
	}
	return l, nil
}

// ErrNotUTF8 is the error of a text in another encoding, such as Latin1.
var ErrNotUTF8 = errors.New("is not UTF-8")

// begin starts a new record behind the last one. It has no text yet.
func (l *lines) begin() { l.start, l.text, l.line = l.stop, l.stop, l.last+1 }

// record returns the text of the record so far.
func (l *lines) record() []byte { return l.buf[l.start:l.text] }

// extend adds a line to the record. The error is io.EOF if there is none.
func (l *lines) extend() error {
	from := l.stop
	for {
		at := min(l.lf, l.cr)
		known := at < l.end && (l.buf[at] == '\n' || at+1 < l.end || l.err != nil)
		if !known && l.err == nil {
			from -= l.start
			if err := l.fill(); err != nil {
				return err
			}
			from += l.start
			continue
		}
		if at == l.end && !errors.Is(l.err, io.EOF) {
			return l.failed()
		}
		if from == l.end {
			return io.EOF
		}
		l.text, l.stop = at, min(at+1, l.end)
		if l.stop < l.end && l.buf[at] == '\r' && l.buf[l.stop] == '\n' {
			l.stop++
		}
		l.last++
		if l.lf < l.stop {
			l.lf = l.index(l.stop, '\n')
		}
		if l.cr < l.stop {
			l.cr = l.index(l.stop, '\r')
		}
		return l.check(from)
	}
}

// fill reads more, and moves the record to the buffer's begin or into a larger buffer if it is
// full.
func (l *lines) fill() error {
	if l.end-l.start > maxRecord {
		return fmt.Errorf("%s:%d: the row is longer than %d MiB: is a quote not closed?", l.name, l.line,
			maxRecord>>20)
	}
	if l.end == len(l.buf) {
		to := l.buf
		if 2*(l.end-l.start) > len(l.buf) {
			to = make([]byte, 2*len(l.buf))
		}
		copy(to, l.buf[l.start:l.end])
		l.buf = to
		l.offset += int64(l.start)
		for _, at := range []*int{&l.text, &l.stop, &l.end, &l.lf, &l.cr} {
			*at -= l.start
		}
		l.start = 0
	}
	old := l.end
	for range 100 {
		n, err := l.r.Read(l.buf[l.end:])
		l.end, l.err = l.end+n, err
		if n == 0 && err == nil {
			continue
		}
		if l.lf == old {
			l.lf = l.index(old, '\n')
		}
		if l.cr == old {
			l.cr = l.index(old, '\r')
		}
		return nil
	}
	l.err = io.ErrNoProgress
	return nil
}

// index returns the position of the first such byte from a position on, or the end.
func (l *lines) index(from int, b byte) int {
	if n := bytes.IndexByte(l.buf[from:l.end], b); n >= 0 {
		return from + n
	}
	return l.end
}

// peek returns what follows the record, at most lineBuffer bytes, and whether that is all.
func (l *lines) peek() (text []byte, all bool) {
	for l.err == nil && l.end-l.stop < lineBuffer && l.fill() == nil {
	}
	return l.buf[l.stop:l.end], l.err != nil
}

// check returns an error unless the record's last line, which begins at from, is valid text.
func (l *lines) check(from int) error {
	line := l.buf[from:l.text]
	if i := bytes.IndexByte(line, 0); i >= 0 {
		return fmt.Errorf("%s:%d: byte %d of the text is NUL, want text: this is a binary file, "+
			"UTF-16, or damaged", l.name, l.last, l.offset+int64(from+i))
	}
	if utf8.Valid(line) {
		return nil
	}
	i := 0
	for {
		r, size := utf8.DecodeRune(line[i:])
		if r == utf8.RuneError && size == 1 {
			return fmt.Errorf("%s:%d: byte %d of the text (0x%02x) %w: save the file as UTF-8, "+
				"or set encoding: latin1 if it is from Windows or older", l.name, l.last,
				l.offset+int64(from+i), line[i], ErrNotUTF8)
		}
		i += size
	}
}

func (l *lines) failed() error {
	if errors.Is(l.err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s:%d: the compressed file is cut short: %w", l.name, l.last+1, l.err)
	}
	return fmt.Errorf("%s:%d: %w", l.name, l.last+1, l.err)
}

// latin1 decodes Windows-1252 to UTF-8.
type latin1 struct {
	r    io.Reader
	in   [4096]byte
	text []byte // of in
	at   int    // of text, what was not returned
	err  error
}

func (d *latin1) Read(p []byte) (int, error) {
	for d.at == len(d.text) && d.err == nil {
		var n int
		n, d.err = d.r.Read(d.in[:])
		d.text, d.at = d.text[:0], 0
		for _, b := range d.in[:n] {
			r := rune(b)
			if b >= 0x80 && b < 0xa0 {
				r = windows1252[b-0x80]
			}
			d.text = utf8.AppendRune(d.text, r)
		}
	}
	n := copy(p, d.text[d.at:])
	d.at += n
	if n > 0 {
		return n, nil
	}
	return 0, d.err
}

// windows1252 are the characters of the bytes from 0x80 on that differ from ISO 8859-1.
var windows1252 = []rune("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ")

// closeReader closes what a source reads, if it can be closed.
func closeReader(r io.Reader) error {
	if c, ok := r.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
