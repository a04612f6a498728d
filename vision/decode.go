package vision

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// ErrFormat is the error of content that is neither PNG nor JPEG.
var ErrFormat = errors.New("want a PNG or a JPEG image")

// TooLarge is the error of an image that would take too much memory.
type TooLarge struct {
	Width, Height int
	Bytes, Most   int64 // what decoding it may take, and what it may take at most
}

func (e *TooLarge) Error() string {
	return fmt.Sprintf("vision: an image of %d x %d pixels takes up to %d bytes when decoded, at most %d are allowed: "+
		"make it smaller", e.Width, e.Height, e.Bytes, e.Most)
}

// Decode reads a PNG or a JPEG, upright as its EXIF orientation says. The decoded image may take at
// most so many bytes, also while it is decoded; the header is held against that before anything
// else is read. Content that is neither PNG nor JPEG is an ErrFormat, an image too large a
// *TooLarge.
func Decode(content []byte, most int64) (*Grey, error) {
	switch {
	case bytes.HasPrefix(content, []byte(pngHeader)):
		return decodePNG(content, most)
	case bytes.HasPrefix(content, []byte(jpegHeader)):
		return decodeJPEG(content, most)
	}
	return nil, fmt.Errorf("vision: got %s: %w", kind(content), ErrFormat)
}

func decodePNG(content []byte, most int64) (*Grey, error) {
	p, err := newPNG(content)
	if err != nil {
		return nil, damaged("PNG", err)
	}
	if need := p.bytes(); need > most {
		return nil, &TooLarge{p.width, p.height, need, most}
	}
	g, err := p.decode()
	if err != nil {
		return nil, damaged("PNG", err)
	}
	return g.turned(p.orientation), nil
}

func decodeJPEG(content []byte, most int64) (*Grey, error) {
	j, err := newJPEG(content)
	if err != nil {
		return nil, damaged("JPEG", err)
	}
	if need := j.bytes(); need > most {
		return nil, &TooLarge{j.width, j.height, need, most}
	}
	j.allocate()
	g, err := j.decode()
	if err != nil {
		return nil, damaged("JPEG", err)
	}
	return g.turned(j.orientation), nil
}

// damaged is the error of an image that its decoder refuses. The decoders say "png: " and "jpeg: ".
func damaged(format string, err error) error {
	return fmt.Errorf("vision: the %s cannot be read, it is damaged or of a rare kind: %w", format, err)
}

const (
	pngHeader  = "\x89PNG\r\n\x1a\n"
	jpegHeader = "\xff\xd8"
)

// kind says in words what content is.
func kind(content []byte) string {
	for _, k := range []struct {
		name, magic string
		at          int
	}{
		{"a GIF image", "GIF8", 0},
		{"a WebP image", "WEBP", 8},
		{"a HEIC or AVIF image or a film", "ftyp", 4},
		{"a BMP image", "BM", 0},
		{"a TIFF image", "II*\x00", 0},
		{"a TIFF image", "MM\x00*", 0},
		{"a PDF file", "%PDF", 0},
	} {
		if len(content) > k.at && bytes.HasPrefix(content[k.at:], []byte(k.magic)) {
			return k.name
		}
	}
	start := content[:min(len(content), 64)]
	switch {
	case len(content) == 0:
		return "no bytes"
	case len(content) < len(pngHeader) && strings.HasPrefix(pngHeader, string(content)):
		return fmt.Sprintf("the first %d bytes of a PNG image", len(content))
	case isText(start):
		return fmt.Sprintf("text (%.20q)", start)
	}
	return fmt.Sprintf("%d bytes of an unknown kind (% x)", len(content), start[:min(len(start), 4)])
}

// isText tells whether bytes that may end within a rune are printed text.
func isText(start []byte) bool {
	for len(start) > 0 {
		r, n := utf8.DecodeRune(start)
		if r == utf8.RuneError && utf8.FullRune(start) || r < ' ' && r != '\n' && r != '\r' && r != '\t' {
			return false
		}
		start = start[n:]
	}
	return true
}
