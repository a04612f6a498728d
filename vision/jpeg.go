package vision

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
)

// Markers of JPEG: see ITU-T T.81, table B.1.
const (
	markerSOF0 = 0xc0 // the frame: baseline
	markerSOF2 = 0xc2 // the frame: progressive
	markerEOI  = 0xd9 // end of image
	markerSOS  = 0xda // start of a scan
	markerAPP1 = 0xe1 // EXIF, among others
)

// segments are the markers and contents of the segments before the first scan. Like image/jpeg it skips
// bytes that belong to none.
func segments(content []byte) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		rest := content[len(jpegHeader):]
		for {
			start := bytes.IndexByte(rest, 0xff)
			if start < 0 {
				return
			}
			for rest = rest[start:]; len(rest) > 0 && rest[0] == 0xff; rest = rest[1:] {
			}
			if len(rest) == 0 || rest[0] == markerEOI || rest[0] == markerSOS {
				return
			}
			marker := rest[0]
			rest = rest[1:]
			if marker == 0 || 0xd0 <= marker && marker <= 0xd7 { // no marker, or one without content
				continue
			}
			if len(rest) < 2 {
				return
			}
			size := int(binary.BigEndian.Uint16(rest))
			if size < 2 || size > len(rest) || !yield(marker, rest[2:size]) {
				return
			}
			rest = rest[size:]
		}
	}
}

// frame is what a JPEG's frame header says: the size, and for each component, a plane of the image, its
// name and how many blocks of 8 x 8 samples it has in each unit.
type frame struct {
	progressive   bool
	width, height int64
	components    []struct{ name, across, down byte }
}

// jpegFrame reads the frame header.
func jpegFrame(content []byte) (frame, error) {
	for marker, s := range segments(content) {
		if marker < markerSOF0 || marker > markerSOF2 {
			continue
		}
		if len(s) < 6 || len(s) != 6+3*int(s[5]) {
			break
		}
		f := frame{
			progressive: marker == markerSOF2,
			height:      int64(binary.BigEndian.Uint16(s[1:])), width: int64(binary.BigEndian.Uint16(s[3:])),
		}
		for c := s[6:]; len(c) > 0; c = c[3:] {
			f.components = append(f.components, struct{ name, across, down byte }{c[0], c[1] >> 4, c[1] & 15})
		}
		if len(f.components) == 1 { // whose unit is a block, whatever it says
			f.components[0].across, f.components[0].down = 1, 1
		}
		if c := f.components; len(c) > 0 && c[0].across > 0 && c[0].down > 0 {
			return f, nil
		}
		break
	}
	return frame{}, errors.New("no frame header")
}

// bytes bounds what image/jpeg allocates: the planes, in whole units; of a progressive image all
// coefficients as int32 besides; and 4 bytes a pixel where the planes are merged, into CMYK or RGB.
func (f frame) bytes(content []byte) int64 {
	first := f.components[0]
	across, down := 8*int64(first.across), 8*int64(first.down)
	units := ((f.width + across - 1) / across) * ((f.height + down - 1) / down)
	samples, names := int64(0), ""
	for _, c := range f.components {
		samples += 64 * int64(c.across) * int64(c.down) * units
		names += string(c.name)
	}
	need := samples
	if f.progressive {
		need += 4 * samples
	}
	if len(f.components) == 4 || names == "RGB" || adobeRGB(content) {
		need += 4 * f.width * f.height
	}
	return need
}

// adobeRGB tells whether an APP14 segment may say that the planes are red, green and blue. It may stand
// behind the first scan too, so it is looked for everywhere.
func adobeRGB(content []byte) bool {
	for rest := content; ; {
		at := bytes.Index(rest, []byte("\xff\xee"))
		if at < 0 || len(rest) < at+16 {
			return false
		}
		if s := rest[at+4:]; string(s[:5]) == "Adobe" && s[11] == 0 {
			return true
		}
		rest = rest[at+2:]
	}
}

// checkScans bounds the work: each scan may go through the whole image, and a few bytes make a scan. A
// progressive image has about ten; the two bytes of the marker may occur elsewhere by chance.
func checkScans(content []byte) error {
	scans, most := bytes.Count(content, []byte{0xff, markerSOS}), 64+len(content)>>12
	if scans > most {
		return fmt.Errorf("vision: a JPEG of %d bytes with %d scans, want at most %d: save it anew",
			len(content), scans, most)
	}
	return nil
}
