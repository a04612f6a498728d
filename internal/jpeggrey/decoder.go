package jpeggrey

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Markers of JPEG: see ITU-T T.81, table B.1.
const (
	markerSOF0  = 0xc0 // the frame: baseline
	markerSOF2  = 0xc2 // the frame: progressive; between the two is extended sequential
	markerDHT   = 0xc4 // Huffman tables
	markerRST0  = 0xd0 // the first of eight restart markers
	markerRST7  = 0xd7
	markerEOI   = 0xd9 // end of image
	markerSOS   = 0xda // start of a scan
	markerDQT   = 0xdb // quantization tables
	markerDRI   = 0xdd // restart interval
	markerAPP0  = 0xe0 // JFIF
	markerAPP1  = 0xe1 // EXIF, among others
	markerAPP14 = 0xee // Adobe's colour transform
)

// Header begins a JPEG: the SOI marker.
const Header = "\xff\xd8"

// Decoder decodes a JPEG. It has read the segments before the first scan.
type Decoder struct {
	content []byte
	at      int // the next byte of content

	frame
	huffman  [2][4][]byte // DC and AC tables as in the file: 16 counts, then symbols
	quantum  [4][64]uint16
	interval int // units between restart markers; 0: none
	scans    int
	jfif     bool
	adobe    int // colour transform of an Adobe segment, -1 without one

	exif []byte // nil without an EXIF segment
}

// next returns the next marker and its segment. Like libjpeg it skips other bytes. At the end of
// the file the marker is EOI.
func (j *Decoder) next() (marker byte, segment []byte) {
	for {
		marker = j.nextMarker()
		switch {
		case marker == markerEOI:
			return marker, nil
		case marker <= 1 || markerRST0 <= marker && marker <= markerRST7: // without content
			continue
		}
		rest := j.content[j.at:]
		if len(rest) < 2 {
			return markerEOI, nil
		}
		size := int(binary.BigEndian.Uint16(rest))
		if size < 2 || size > len(rest) {
			return markerEOI, nil
		}
		j.at += size
		return marker, rest[2:size]
	}
}

// nextMarker returns the next marker and advances past it. 0xff followed by 0 is no marker, but
// data of a scan.
func (j *Decoder) nextMarker() byte {
	for {
		start := bytes.IndexByte(j.content[j.at:], 0xff)
		if start < 0 {
			j.at = len(j.content)
			return markerEOI
		}
		for j.at += start; j.at < len(j.content) && j.content[j.at] == 0xff; j.at++ {
		}
		if j.at == len(j.content) {
			return markerEOI
		}
		j.at++
		if marker := j.content[j.at-1]; marker != 0 {
			return marker
		}
	}
}

// Open reads all segments of a JPEG before the first scan. The sides of the reduced image will have
// at most longest pixels.
func Open(content []byte, longest int) (*Decoder, error) {
	j := &Decoder{content: content, at: len(Header), adobe: -1}
	for {
		start := j.at
		marker, segment := j.next()
		if marker == markerSOS {
			j.at = start
			break
		}
		if marker == markerEOI {
			return nil, errCutShort
		}
		if err := j.read(marker, segment); err != nil {
			return nil, err
		}
	}
	if len(j.components) == 0 {
		return nil, errors.New("it has no frame header")
	}
	j.layOut(longest)
	return j, nil
}

// read reads a segment that is not a scan.
func (j *Decoder) read(marker byte, segment []byte) (err error) {
	switch {
	case marker == markerDHT:
		return j.readHuffman(segment)
	case marker == markerDQT:
		return j.readQuanta(segment)
	case marker == markerDRI:
		if len(segment) != 2 {
			return fmt.Errorf("its restart interval has %d bytes, want 2", len(segment))
		}
		j.interval = int(binary.BigEndian.Uint16(segment))
	case marker == markerAPP0:
		j.jfif = j.jfif || bytes.HasPrefix(segment, []byte("JFIF\x00"))
	case marker == markerAPP1:
		if tiff, ok := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); ok && j.exif == nil {
			j.exif = tiff
		}
	case marker == markerAPP14:
		if bytes.HasPrefix(segment, []byte("Adobe")) && len(segment) >= 12 {
			j.adobe = int(segment[11])
		}
	case markerSOF0 <= marker && marker <= markerSOF2:
		if len(j.components) > 0 {
			return errors.New("it has two frame headers")
		}
		j.frame, err = readFrame(marker, segment)
	case 0xc0 <= marker && marker <= 0xcf && marker != 0xc8 && marker != 0xcc:
		return fmt.Errorf("its coding is %s (SOF%d), want Huffman-coded DCT: save it anew as a baseline "+
			"JPEG, or as a PNG", rare(marker), marker-markerSOF0)
	}
	return err
}

// rare names the unsupported coding of a frame header's marker.
func rare(marker byte) string {
	switch {
	case marker&3 == 3:
		return "lossless"
	case marker&4 != 0:
		return "hierarchical"
	}
	return "arithmetic"
}

// readHuffman stores tables. The scan that needs them builds them.
func (j *Decoder) readHuffman(s []byte) error {
	for len(s) > 0 {
		if len(s) < 17 {
			return errors.New("a Huffman table is cut short")
		}
		class, id, size := s[0]>>4, s[0]&15, 17
		for _, n := range s[1:17] {
			size += int(n)
		}
		if class > 1 || id > 3 || size > len(s) || size > 17+256 {
			return errors.New("a Huffman table is wrong")
		}
		j.huffman[class][id], s = s[1:size], s[size:]
	}
	return nil
}

func (j *Decoder) readQuanta(s []byte) error {
	for len(s) > 0 {
		id, size := s[0]&15, 1+64*(1+int(s[0]>>4))
		if id > 3 || s[0]>>4 > 1 || size > len(s) {
			return errors.New("a quantization table is wrong")
		}
		for i := range j.quantum[id] {
			if size == 1+64 {
				j.quantum[id][i] = uint16(s[1+i])
			} else {
				j.quantum[id][i] = binary.BigEndian.Uint16(s[1+2*i:])
			}
		}
		s = s[size:]
	}
	return nil
}

// Decode returns the brightness of the reduced image, 0 to 1, in rows from the top. It reads scans
// until all pixels are complete. A progressive image is complete only at its EOI marker, because
// any scan may add bits.
func (j *Decoder) Decode() ([]float32, error) {
	j.allocate()
	for !j.complete() {
		marker, segment := j.next()
		switch {
		case marker == markerSOS:
			if err := j.scan(segment); err != nil {
				return nil, fmt.Errorf("scan %d: %w", j.scans, err)
			}
		case marker != markerEOI:
			if err := j.read(marker, segment); err != nil {
				return nil, err
			}
		case !j.progressive || !j.ended() || !j.sent():
			return nil, errCutShort
		default:
			j.reconstruct()
			return j.grey(), nil
		}
	}
	return j.grey(), nil
}

var errCutShort = errors.New("it is cut short: some pixels are missing")

// complete reports whether all planes of a sequential image have been decoded.
func (j *Decoder) complete() bool {
	for i := range j.components {
		if c := &j.components[i]; c.plane != nil && !c.done {
			return false
		}
	}
	return true
}

// sent reports whether each plane of a progressive image has had a scan.
func (j *Decoder) sent() bool {
	for i := range j.components {
		if c := &j.components[i]; c.plane != nil && c.lowest[0] == unsent {
			return false
		}
	}
	return true
}

// ended reports whether the file contains the EOI marker that next returned.
func (j *Decoder) ended() bool {
	return j.at <= len(j.content) && bytes.HasSuffix(j.content[:j.at], []byte{0xff, markerEOI})
}
