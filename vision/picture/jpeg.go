package picture

import (
	"bytes"
	"encoding/binary"
	"image"

	"braid/internal/exif"
)

// Markers of JPEG. See ITU-T T.81, table B.1.
const (
	markerSOF0 = 0xc0 // a frame: baseline
	markerSOF2 = 0xc2 // a frame: progressive
	markerRST0 = 0xd0 // to 0xd7: without a length, as SOI
	markerSOI  = 0xd8
	markerEOI  = 0xd9
	markerSOS  = 0xda // a scan
	markerAPP1 = 0xe1 // EXIF, among others
	markerTEM  = 0x01 // without a length
)

// jpegFile is what the markers of a JPEG say.
type jpegFile struct {
	exif        []byte // the TIFF header in the first EXIF segment, or nil
	components  int
	progressive bool
	scans       int64
}

// readJPEG reads the markers up to the first scan, and all of a progressive JPEG.
func readJPEG(content []byte) (f jpegFile) {
	for rest := content; ; {
		start := bytes.IndexByte(rest, 0xff)
		if start < 0 || start+1 >= len(rest) {
			return f
		}
		marker := rest[start+1]
		switch {
		case marker == 0xff: // fills
			rest = rest[start+1:]
			continue
		case marker == 0 || marker == markerTEM || marker&^7 == markerRST0 || marker == markerSOI:
			rest = rest[start+2:] // within a scan, 0 follows a byte 0xff
			continue
		case marker == markerEOI:
			return f
		}
		rest = rest[start+2:]
		if len(rest) < 2 {
			return f
		}
		size := int(binary.BigEndian.Uint16(rest))
		if size < 2 || size > len(rest) {
			return f
		}
		f.segment(marker, rest[2:size])
		if marker == markerSOS && !f.progressive {
			return f
		}
		rest = rest[size:]
	}
}

// segment reads the content of a segment.
func (f *jpegFile) segment(marker byte, content []byte) {
	switch {
	case marker >= markerSOF0 && marker <= markerSOF2 && len(content) >= 6 && f.components == 0:
		f.components, f.progressive = int(content[5]), marker == markerSOF2
	case marker == markerAPP1 && f.exif == nil:
		if tiff, ok := bytes.CutPrefix(content, []byte(exif.Header)); ok {
			f.exif = tiff
		}
	case marker == markerSOS:
		f.scans++
	}
}

// jpegCost counts a byte of each component, a row of blocks more on each side, four bytes of each
// coefficient of a progressive picture, and four bytes where colours are converted: of red, green
// and blue in place of brightness and colour, which is rare and only counted with four components.
// Each scan of a progressive picture goes through all its pixels.
func jpegCost(content []byte, c image.Config, pixels int64) int64 {
	f := readJPEG(content)
	const block = 32 // the largest unit of blocks is 4 x 4 blocks of 8 x 8
	padded := (int64(c.Width) + block) * (int64(c.Height) + block)
	each := int64(max(f.components, 1))
	if f.progressive {
		each *= 1 + 4
	}
	if f.components > 3 {
		each += 4
	}
	return max(each*padded, f.scans*pixels)
}
