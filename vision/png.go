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
)

// pngImage is what a PNG says before its pixels. See W3C, "Portable Network Graphics", third
// edition.
type pngImage struct {
	width, height int
	depth         int // bits of a sample
	colour        byte
	interlaced    bool
	palette       []byte // three bytes a colour
	transparent   []byte // of a palette an opacity for each colour, else the one colour that is clear
	orientation   int    // by EXIF
	data          []byte // from the first chunk of pixels on
}

// Colour types of PNG.
const (
	pngGrey      = 0
	pngRGB       = 2
	pngPalette   = 3
	pngGreyAlpha = 4
	pngRGBA      = 6
)

// nextChunk returns a chunk and what follows it. The last may be cut short. The name is empty at
// the end.
func nextChunk(content []byte) (name string, chunk, rest []byte, whole bool) {
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

// intact reports whether the checksum behind a whole chunk is right.
func intact(name string, chunk []byte) bool {
	sum := crc32.Update(crc32.ChecksumIEEE([]byte(name)), crc32.IEEETable, chunk)
	return sum == binary.BigEndian.Uint32(chunk[len(chunk):][:4])
}

// newPNG reads all chunks but those of pixels. A chunk that may be missing is left out where it is
// damaged.
func newPNG(content []byte) (*pngImage, error) {
	rest := content[len(pngHeader):]
	name, chunk, rest, whole := nextChunk(rest)
	if name != "IHDR" || !whole || len(chunk) != 13 {
		return nil, errors.New("it does not begin with an IHDR chunk")
	}
	if !intact(name, chunk) {
		return nil, errors.New("its IHDR chunk has a wrong checksum")
	}
	p := &pngImage{orientation: 1}
	if err := p.readHeader(chunk); err != nil {
		return nil, err
	}
	exif := false
	for {
		start := rest
		name, chunk, rest, whole = nextChunk(rest)
		switch {
		case name == "IDAT" && p.data == nil:
			p.data = start
		case name == "IEND" || !whole:
			return p, p.check()
		case name == "PLTE" && p.data == nil:
			if !intact(name, chunk) {
				return nil, errors.New("its PLTE chunk has a wrong checksum")
			}
			p.palette = chunk
		case name == "tRNS" && p.data == nil && intact(name, chunk):
			p.transparent = chunk
		case name == "eXIf" && !exif && intact(name, chunk):
			p.orientation, exif = tiffOrientation(bytes.TrimPrefix(chunk, []byte(exifHeader))), true
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

// channels is how many samples a pixel has.
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

// check tests the chunks that belong to the colour type, and drops those that do not.
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

// rowBytes is the size of so many pixels beside each other.
func (p *pngImage) rowBytes(pixels int) int { return int(p.row(pixels)) }

func (p *pngImage) row(pixels int) int64 {
	return (int64(pixels)*int64(p.channels()*p.depth) + 7) / 8
}

func (p *pngImage) size() (width, height int) { return p.width, p.height }

func (p *pngImage) memory() int64 {
	return 2*(1+p.row(p.width)) + reducerBytes(p.width, p.height) + inflating
}

// rowWork is what it costs to begin a row, in bytes of a row: some 100 ns.
const rowWork = 256

// work counts all rows, which are decompressed and read, whatever a Grey needs of them.
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

// inflating bounds the memory of decompression.
const inflating = 64 << 10

// PNG encodes grey bytes [height, width] as a PNG.
func PNG(pixels []uint8, height, width int) ([]byte, error) {
	if height < 1 || width < 1 || len(pixels)/width != height || len(pixels)%width != 0 {
		return nil, fmt.Errorf("PNG: got %d pixels, want %d rows of %d", len(pixels), height, width)
	}
	var out bytes.Buffer
	err := png.Encode(&out, &image.Gray{Pix: pixels, Stride: width, Rect: image.Rect(0, 0, width, height)})
	return out.Bytes(), err
}
