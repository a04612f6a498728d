package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"

	"braid/internal/exif"
	"braid/vision"
)

// ErrFormat is the error of content that is no picture of a known format.
var ErrFormat = errors.New("want a PNG, JPEG, GIF, WebP, BMP or TIFF picture")

// maxSide bounds width and height, so that sums over a square of pixels fit in 64 bits.
const maxSide = 1<<20 - 1

// format is a format of files.
type format struct {
	name   string
	magics []string // how content begins; ? is any byte
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	// cost returns an upper bound of the bytes that decode allocates for a picture with a number of
	// pixels, or of those that it processes, if they are more.
	cost func(content []byte, c image.Config, pixels int64) int64
	// orientation returns the content's TIFF header with the orientation, or nil.
	orientation func(content []byte) []byte
}

var formats = []format{
	{
		"PNG", []string{"\x89PNG\r\n\x1a\n"}, png.DecodeConfig, png.Decode, pngCost, pngEXIF,
	},
	{
		"JPEG", []string{"\xff\xd8"}, jpeg.DecodeConfig, jpeg.Decode, jpegCost,
		func(content []byte) []byte { return readJPEG(content).exif },
	},
	{
		"GIF", []string{"GIF87a", "GIF89a"}, gif.DecodeConfig, gif.Decode, bytesEach(1), none,
	},
	{
		// At most three bytes for the planes of a lossy picture and its opacity, which is decoded to
		// four bytes first; four bytes of a lossless one, and four before its transforms.
		"WebP", []string{"RIFF????WEBP"}, webp.DecodeConfig, webp.Decode, bytesEach(8), webpEXIF,
	},
	{
		"BMP", []string{"BM"}, bmp.DecodeConfig, bmp.Decode, bytesEach(4), none,
	},
	{
		// At most eight bytes, and as many for a strip that is the whole picture.
		"TIFF", []string{"II*\x00", "MM\x00*"}, tiff.DecodeConfig, tiff.Decode, bytesEach(16),
		func(content []byte) []byte { return content },
	},
}

// bytesEach returns the cost of a format with a number of bytes for each pixel.
func bytesEach(n int64) func([]byte, image.Config, int64) int64 {
	return func(_ []byte, _ image.Config, pixels int64) int64 { return n * pixels }
}

func none([]byte) []byte { return nil }

// pngCost counts a picture without an alpha channel as if it had one: the header does not say
// whether a colour is transparent. The seven passes of an interlaced picture are as large as it is.
func pngCost(content []byte, c image.Config, pixels int64) int64 {
	each := int64(4)
	switch c.ColorModel {
	case color.Gray16Model, color.RGBA64Model, color.NRGBA64Model:
		each = 8
	}
	const interlace = 28 // where the IHDR chunk has the interlace method
	if len(content) > interlace && content[interlace] == 1 {
		each *= 2
	}
	return each * pixels
}

// decoded is a picture as it is stored.
type decoded struct {
	image.Image
	canvas      image.Rectangle // the image covers all of it, or a part; the rest is transparent
	orientation int             // by EXIF: 1 to 8
}

// header is what the header of a picture says.
type header struct {
	*format
	width, height int
	cost          int64
}

// open reads the header of a picture that costs at most a number of bytes.
func open(content []byte, most int64) (*header, error) {
	f := find(content)
	if f == nil {
		return nil, fmt.Errorf("got %s: %w", vision.Describe(content), ErrFormat)
	}
	c, err := guard(f.name, f.config, content)
	if err != nil {
		return nil, err
	}
	if c.Width <= 0 || c.Height <= 0 {
		return nil, fmt.Errorf("the %s has %d x %d pixels, want 1 x 1 or more", f.name, c.Width, c.Height)
	}
	if max(c.Width, c.Height) > maxSide {
		return nil, fmt.Errorf("the %s has %d x %d pixels, want at most %d a side", f.name, c.Width,
			c.Height, maxSide)
	}
	cost := f.cost(content, c, int64(c.Width)*int64(c.Height))
	if cost > most {
		return nil, &vision.TooLarge{Width: c.Width, Height: c.Height, Bytes: cost, Most: most}
	}
	return &header{f, c.Width, c.Height, cost}, nil
}

// Memory returns an upper bound of the bytes that decoding a picture allocates: 0 if Form.Pixels
// refuses it.
func Memory(content []byte, most int64) int64 {
	h, err := open(content, most)
	if err != nil {
		return 0
	}
	return h.cost
}

// decode reads a picture.
func (h *header) decode(content []byte) (*decoded, error) {
	img, err := guard(h.name, h.format.decode, content)
	if err != nil {
		return nil, err
	}
	d := &decoded{img, img.Bounds(), exif.Orientation(h.orientation(content))}
	if h.name == "GIF" { // whose first frame may be smaller
		d.canvas = image.Rect(0, 0, h.width, h.height)
	}
	if d.canvas.Dx() != h.width || d.canvas.Dy() != h.height {
		return nil, fmt.Errorf("the %s has %d x %d pixels, but its header says %d x %d", h.name,
			d.canvas.Dx(), d.canvas.Dy(), h.width, h.height)
	}
	return d, nil
}

// find returns the format of content, or nil.
func find(content []byte) *format {
	for i, f := range formats {
		for _, magic := range f.magics {
			if len(content) >= len(magic) && matches(string(content[:len(magic)]), magic) {
				return &formats[i]
			}
		}
	}
	return nil
}

// matches reports whether a start is as a magic says.
func matches(start, magic string) bool {
	before, after, wild := strings.Cut(magic, "????")
	if !wild {
		return start == magic
	}
	return strings.HasPrefix(start, before) && strings.HasSuffix(start, after)
}

// guard calls read, a function of a decoder, and returns its panics as errors.
func guard[T any](
	format string, read func(io.Reader) (T, error), content []byte,
) (result T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the decoder of %s failed on it: %v", format, p)
		}
	}()
	result, err = read(bytes.NewReader(content))
	if err == nil {
		return result, nil
	}
	// Some decoders keep no more of io.ErrUnexpectedEOF than its text.
	if errors.Is(err, io.EOF) || strings.HasSuffix(err.Error(), io.ErrUnexpectedEOF.Error()) {
		return result, fmt.Errorf("the %s is cut short", format)
	}
	return result, fmt.Errorf("the %s cannot be read, it is damaged or of a rare kind: %w", format,
		err)
}
