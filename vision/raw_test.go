package vision_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"slices"
	"testing"

	"braid/internal/braidtest"
)

// adam7 holds the passes of an interlaced PNG: the first column and row, and the distances to the
// next.
var adam7 = [][4]int{
	{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2},
}

// interlaced encodes a grey image as an interlaced PNG, which Go's encoder cannot.
func interlaced(t testing.TB, img *image.Gray) []byte {
	t.Helper()
	width, height := img.Rect.Dx(), img.Rect.Dy()
	var pixels bytes.Buffer
	w := zlib.NewWriter(&pixels)
	for _, p := range adam7 {
		for y := p[1]; y < height && p[0] < width; y += p[3] {
			row := []byte{0} // no filter
			for x := p[0]; x < width; x += p[2] {
				row = append(row, img.GrayAt(x, y).Y)
			}
			if _, err := w.Write(row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return pngWith(width, height, 8, 0, 1, braidtest.PNGChunk("IDAT", pixels.Bytes()))
}

// segment returns a segment of a JPEG.
func segment(marker byte, content ...byte) []byte {
	size := uint16(len(content) + 2)
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, size), content...)
}

// jpegStart returns a JPEG up to its frame header. blocks holds the sampling of its components.
func jpegStart(width, height int, progressive bool, blocks ...byte) []byte {
	marker := byte(0xc0)
	if progressive {
		marker = 0xc2
	}
	header := binary.BigEndian.AppendUint16([]byte{8}, uint16(height))
	header = append(binary.BigEndian.AppendUint16(header, uint16(width)), byte(len(blocks)))
	for i, b := range blocks {
		header = append(header, byte(i+1), b, 0)
	}
	return append([]byte{0xff, 0xd8}, segment(marker, header...)...)
}

// planes returns the tables and the entropy-coded scan of a JPEG of one component.
func planes(t testing.TB, content []byte) (tables, scan []byte) {
	t.Helper()
	for rest := content[2:]; len(rest) >= 4; {
		size := 2 + int(binary.BigEndian.Uint16(rest[2:]))
		switch rest[1] {
		case 0xdb, 0xc4:
			tables = append(tables, rest[:size]...)
		case 0xda:
			return tables, rest[size : len(rest)-2]
		}
		rest = rest[size:]
	}
	t.Fatal("the JPEG has no scan")
	return nil, nil
}

// cmyk returns a JPEG of four equal planes as Adobe writes them, where 255 is no ink.
func cmyk(t testing.TB, img *image.Gray) []byte {
	t.Helper()
	tables, scan := planes(t, braidtest.JPEG(t, img, 95))
	content := slices.Concat(
		jpegStart(img.Rect.Dx(), img.Rect.Dy(), false, 0x11, 0x11, 0x11, 0x11),
		segment(0xee, []byte("Adobe\x00\x64\x00\x00\x00\x00\x00")...), tables,
	)
	for id := range byte(4) {
		content = slices.Concat(content, segment(0xda, 1, id+1, 0, 0, 63, 0), scan)
	}
	return append(content, 0xff, 0xd9)
}

// progressive returns a JPEG of 24 x 24 whose middle block is darker: nine blocks with a first
// coefficient only.
func progressive(t testing.TB) []byte {
	t.Helper()
	tables, _ := planes(t, braidtest.JPEG(t, image.NewGray(image.Rect(0, 0, 8, 8)), 50))
	return slices.Concat(
		jpegStart(24, 24, true, 0x11), tables, segment(0xda, 1, 1, 0, 0, 0, 0),
		// In the table of JPEG's annex K 00 is no difference, and 110 one of five bits: here -24 and 24.
		[]byte{0b00000000, 0b11000111, 0b11011000, 0b00000011}, []byte{0xff, 0xd9},
	)
}
