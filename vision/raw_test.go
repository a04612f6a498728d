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

// Images that Go's encoders do not write, made by hand.

// interlaced is a grey image as a PNG in the seven passes of Adam7.
func interlaced(t testing.TB, img *image.Gray) []byte {
	t.Helper()
	width, height := img.Rect.Dx(), img.Rect.Dy()
	var pixels bytes.Buffer
	w := zlib.NewWriter(&pixels)
	for _, p := range [7][4]int{ // the first column and row, and the distance to the next
		{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2},
	} {
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
	return slices.Concat(braidtest.PNGStart(width, height, 8, 0, 1), braidtest.PNGChunk("IDAT", pixels.Bytes()), braidtest.PNGChunk("IEND", nil))
}

// segment is a segment of a JPEG.
func segment(marker byte, content ...byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(content)+2)), content...)
}

// jpegStart is a JPEG up to its frame header, of components with the given numbers of blocks.
func jpegStart(width, height int, progressive bool, blocks ...byte) []byte {
	marker := byte(0xc0)
	if progressive {
		marker = 0xc2
	}
	header := []byte{8, byte(height >> 8), byte(height), byte(width >> 8), byte(width), byte(len(blocks))}
	for i, b := range blocks {
		header = append(header, byte(i+1), b, 0)
	}
	return append([]byte{0xff, 0xd8}, segment(marker, header...)...)
}

// planes splits a JPEG of one component by segments: the tables, and the entropy-coded scan.
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

// cmyk is a JPEG of four planes, as Adobe writes them: 255 is no ink. All inks are as the image.
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

// progressive is a JPEG of 24 x 24 whose middle block is darker: nine blocks with a first coefficient only.
func progressive(t testing.TB) []byte {
	t.Helper()
	tables, _ := planes(t, braidtest.JPEG(t, image.NewGray(image.Rect(0, 0, 8, 8)), 50))
	return slices.Concat(
		jpegStart(24, 24, true, 0x11), tables, segment(0xda, 1, 1, 0, 0, 0, 0),
		// In the table of JPEG's annex K 00 is no difference, and 110 one of five bits: here -24 and 24.
		[]byte{0b00000000, 0b11000111, 0b11011000, 0b00000011}, []byte{0xff, 0xd9},
	)
}
