package vision

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"braid/internal/jpeggrey"
)

// ErrFormat is the error of content that is neither PNG nor JPEG.
var ErrFormat = errors.New("want a PNG or a JPEG image")

// TooLarge is the error of an image that takes too much memory or work.
type TooLarge struct {
	Width, Height int
	Bytes, Most   int64 // the count for the image, and Decode's limit
}

func (e *TooLarge) Error() string {
	return fmt.Sprintf("an image of %d x %d pixels counts as %d bytes when decoded, at most %d are "+
		"allowed: make it smaller", e.Width, e.Height, e.Bytes, e.Most)
}

// Decode reads a PNG or a JPEG and turns it upright by its EXIF orientation. most limits the bytes
// that it allocates and its work: a PNG counts as the bytes of its rows, a JPEG as a byte for each
// pixel, or two if it is progressive. The header is checked against the limit before
// anything else is read. The error is ErrFormat if content is neither PNG nor JPEG, and a *TooLarge
// if the image is too large.
//
// An image with all its pixels is read, even if something else is missing, damaged, or follows it.
func Decode(content []byte, most int64) (*Grey, error) {
	format, d, err := open(content)
	if err != nil {
		return nil, err
	}
	width, height := d.size()
	if need := max(d.memory(), d.work()); need > most {
		return nil, &TooLarge{width, height, need, most}
	}
	g, err := d.decode()
	if err != nil {
		return nil, damaged(format, err)
	}
	return g, nil
}

// Memory returns an upper bound of the bytes that Decode allocates for an image, and the number of
// pixels of its Grey. Both are 0 if Decode refuses the image.
func Memory(content []byte, most int64) (bytes, pixels int64) {
	_, d, err := open(content)
	if err != nil || max(d.memory(), d.work()) > most {
		return 0, 0
	}
	columns, rows := reduced(d.size())
	return d.memory(), int64(columns) * int64(rows)
}

// decoder decodes an image whose header it has read.
type decoder interface {
	size() (width, height int)
	memory() int64 // upper bound of the bytes that decode allocates
	work() int64   // upper bound of the bytes that decode processes
	decode() (*Grey, error)
}

// open reads the header of an image and returns its format.
func open(content []byte) (format string, d decoder, err error) {
	switch {
	case bytes.HasPrefix(content, []byte(pngHeader)):
		format = "PNG"
		d, err = newPNG(content)
	case bytes.HasPrefix(content, []byte(jpeggrey.Header)):
		format = "JPEG"
		d, err = openJPEG(content)
	default:
		return "", nil, fmt.Errorf("got %s: %w", Describe(content), ErrFormat)
	}
	if err != nil {
		return "", nil, damaged(format, err)
	}
	return format, d, nil
}

// damaged returns the error of an image that its decoder refuses.
func damaged(format string, err error) error {
	return fmt.Errorf("the %s cannot be read, it is damaged or of a rare kind: %w", format, err)
}

const pngHeader = "\x89PNG\r\n\x1a\n"

// Describe returns what content that is no PNG or JPEG seems to be, such as "a PDF file".
func Describe(content []byte) string {
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

// isText reports whether bytes are printable text. They may end within a rune.
func isText(start []byte) bool {
	for len(start) > 0 {
		r, n := utf8.DecodeRune(start)
		control := r < ' ' && r != '\n' && r != '\r' && r != '\t'
		if control || r == utf8.RuneError && utf8.FullRune(start) {
			return false
		}
		start = start[n:]
	}
	return true
}
