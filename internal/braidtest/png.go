package braidtest

import (
	"encoding/binary"
	"hash/crc32"
)

// PNGChunk returns a chunk of a PNG, for images that Go's encoder does not write.
func PNGChunk(name string, content []byte) []byte {
	c := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	c = append(append(c, name...), content...)
	return binary.BigEndian.AppendUint32(c, crc32.ChecksumIEEE(c[4:]))
}

// PNGStart returns a PNG up to its pixels. The colour is 0 for grey, 2 for RGB, 3 for a palette, 4
// and 6 for grey and RGB with alpha.
func PNGStart(width, height int, depth, colour, interlace byte) []byte {
	header := binary.BigEndian.AppendUint32(nil, uint32(width))
	header = binary.BigEndian.AppendUint32(header, uint32(height))
	header = append(header, depth, colour, 0, 0, interlace)
	return append([]byte("\x89PNG\r\n\x1a\n"), PNGChunk("IHDR", header)...)
}
