package vision

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"math"

	"braid/internal/exif"
)

// pngImage is the decoder of a PNG. See W3C, "Portable Network Graphics", third edition.
type pngImage struct {
	width, height int
	depth         int // bits of a sample
	colour        byte
	interlaced    bool
	palette       []byte // three bytes a colour
	transparent   []byte // the opacity of each colour of a palette, or the one transparent colour
	orientation   int    // by EXIF
	data          []byte // the file from the first IDAT chunk on
}

// Colour types of PNG.
const (
	pngGrey      = 0
	pngRGB       = 2
	pngPalette   = 3
	pngGreyAlpha = 4
	pngRGBA      = 6
)

// nextChunk returns the first chunk and the content after it. complete is false if the chunk is cut
// short. The name is empty at the end.
func nextChunk(content []byte) (name string, chunk, rest []byte, complete bool) {
	if len(content) < 8 {
		return "", nil, nil, false
	}
	size := int64(binary.BigEndian.Uint32(content))
	name, content = string(content[4:8]), content[8:]
	if size+4 > int64(len(content)) {
		return name, content[:min(size, int64(len(content)))], nil, false
	}
	return name, content[:size], content[size+4:], true
}

// intact reports whether the checksum after a complete chunk is right.
func intact(name string, chunk []byte) bool {
	sum := crc32.Update(crc32.ChecksumIEEE([]byte(name)), crc32.IEEETable, chunk)
	return sum == binary.BigEndian.Uint32(chunk[len(chunk):][:4])
}

// newPNG reads all chunks but those of pixels. It ignores damaged chunks that are optional.
func newPNG(content []byte) (*pngImage, error) {
	rest := content[len(pngHeader):]
	name, chunk, rest, complete := nextChunk(rest)
	if name != "IHDR" || !complete || len(chunk) != 13 {
		return nil, errors.New("it does not begin with an IHDR chunk")
	}
	if !intact(name, chunk) {
		return nil, errors.New("its IHDR chunk has a wrong checksum")
	}
	p := &pngImage{orientation: 1}
	if err := p.readHeader(chunk); err != nil {
		return nil, err
	}
	oriented := false
	for {
		start := rest
		name, chunk, rest, complete = nextChunk(rest)
		switch {
		case name == "IDAT" && p.data == nil:
			p.data = start
		case name == "IEND" || !complete:
			return p, p.check()
		case name == "PLTE" && p.data == nil:
			if !intact(name, chunk) {
				return nil, errors.New("its PLTE chunk has a wrong checksum")
			}
			p.palette = chunk
		case name == "tRNS" && p.data == nil && intact(name, chunk):
			p.transparent = chunk
		case name == "eXIf" && !oriented && intact(name, chunk):
			chunk = bytes.TrimPrefix(chunk, []byte(exif.Header))
			p.orientation, oriented = exif.Orientation(chunk), true
		}
	}
}

func (p *pngImage) readHeader(s []byte) error {
	width, height := binary.BigEndian.Uint32(s), binary.BigEndian.Uint32(s[4:])
	p.width, p.height = int(int32(width)), int(int32(height))
	p.depth, p.colour, p.interlaced = int(s[8]), s[9], s[12] == 1
	switch {
	case p.width <= 0 || p.height <= 0:
		return fmt.Errorf("its size is %d x %d", width, height)
	case p.channels() == 0 || !p.goodDepth():
		return fmt.Errorf("it has %d bits a sample and the colour type %d", p.depth, p.colour)
	case s[10] != 0 || s[11] != 0 || s[12] > 1:
		return errors.New("its compression, filter or interlace method is unknown")
	}
	return nil
}

// channels returns the number of samples of a pixel.
func (p *pngImage) channels() int {
	return map[byte]int{pngGrey: 1, pngRGB: 3, pngPalette: 1, pngGreyAlpha: 2, pngRGBA: 4}[p.colour]
}

func (p *pngImage) goodDepth() bool {
	switch p.depth {
	case 1, 2, 4:
		return p.channels() == 1
	case 8:
		return true
	}
	return p.depth == 16 && p.colour != pngPalette
}

// check checks the palette, and drops a transparent colour that does not fit the colour type.
func (p *pngImage) check() error {
	if p.colour == pngPalette {
		if n := len(p.palette); n == 0 || n%3 != 0 || n > 3*256 {
			return fmt.Errorf("its palette has %d bytes, want three for each of 1 to 256 colours", n)
		}
		return nil
	}
	want := 2 * p.channels()
	if p.colour != pngGrey && p.colour != pngRGB || len(p.transparent) != want {
		p.transparent = nil
	}
	return nil
}

// rowBytes returns the size of a row of the given number of pixels.
func (p *pngImage) rowBytes(pixels int) int { return int(p.row(pixels)) }

func (p *pngImage) row(pixels int) int64 {
	return (int64(pixels)*int64(p.channels()*p.depth) + 7) / 8
}

func (p *pngImage) size() (width, height int) { return p.width, p.height }

func (p *pngImage) memory() int64 {
	return 2*(1+p.row(p.width)) + reducerBytes(p.width, p.height) + inflating
}

// rowWork is the fixed cost of a row, about 100 ns, in bytes.
const rowWork = 256

// work counts all rows, because each is decompressed and read.
func (p *pngImage) work() int64 {
	row := max(p.row(p.width), int64(p.width)) + rowWork
	if int64(p.height) > math.MaxInt64/2/row {
		return math.MaxInt64
	}
	work := int64(p.height) * row
	if p.interlaced {
		work *= 2
	}
	return work
}

// inflating is an upper bound of the memory of decompression.
const inflating = 64 << 10

// PNG encodes grey bytes [height, width] as a PNG.
func PNG(pixels []uint8, height, width int) ([]byte, error) {
	if height < 1 || width < 1 || len(pixels)/width != height || len(pixels)%width != 0 {
		return nil, fmt.Errorf("PNG: got %d pixels, want %d rows of %d", len(pixels), height, width)
	}
	var out bytes.Buffer
	img := &image.Gray{Pix: pixels, Stride: width, Rect: image.Rect(0, 0, width, height)}
	err := png.Encode(&out, img)
	return out.Bytes(), err
}
