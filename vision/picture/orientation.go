package picture

import (
	"bytes"
	"encoding/binary"

	"braid/internal/exif"
)

// pngEXIF returns the TIFF header in the first eXIf chunk of a PNG, or nil. A chunk is a length, a
// name, the content and a checksum; see W3C, "Portable Network Graphics", third edition, 5.3.
func pngEXIF(content []byte) []byte {
	for rest := content[min(8, len(content)):]; len(rest) >= 8; {
		size := int64(binary.BigEndian.Uint32(rest))
		if size+12 > int64(len(rest)) {
			return nil
		}
		if string(rest[4:8]) == "eXIf" {
			return bytes.TrimPrefix(rest[8:8+size], []byte(exif.Header))
		}
		rest = rest[size+12:]
	}
	return nil
}

// webpEXIF returns the TIFF header in the first EXIF chunk of a WebP, or nil. A chunk is a name, a
// length, the content, and a byte that makes the length even; see RFC 9649, 2.3.
func webpEXIF(content []byte) []byte {
	for rest := content[min(12, len(content)):]; len(rest) >= 8; {
		size := int64(binary.LittleEndian.Uint32(rest[4:]))
		if size+8 > int64(len(rest)) {
			return nil
		}
		if string(rest[:4]) == "EXIF" {
			return bytes.TrimPrefix(rest[8:8+size], []byte(exif.Header))
		}
		rest = rest[min(8+size+size%2, int64(len(rest))):]
	}
	return nil
}
