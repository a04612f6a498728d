package vision_test

import (
	"encoding/binary"
	"image"
	"slices"
	"testing"

	"braid/vision"
)

// exif is an APP1 segment with an orientation behind another entry.
func exif(order binary.AppendByteOrder, orientation uint16) []byte {
	content := []byte("Exif\x00\x00II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		content = []byte("Exif\x00\x00MM\x00*")
	}
	content = order.AppendUint32(content, 10) // where the directory is
	content = append(content, 0xee, 0xee)
	content = order.AppendUint16(content, 2)
	for _, e := range []struct{ tag, value uint16 }{{0x0103, 6}, {0x0112, orientation}} {
		content = order.AppendUint16(content, e.tag)
		content = order.AppendUint16(content, 3) // two bytes
		content = order.AppendUint32(content, 1)
		content = order.AppendUint16(content, e.value)
		content = order.AppendUint16(content, 0)
	}
	return segment(0xe1, order.AppendUint32(content, 0)...)
}

// with puts a segment first into a JPEG.
func with(content, segment []byte) []byte { return slices.Concat(content[:2], segment, content[2:]) }

func TestOrientation(t *testing.T) {
	const width, height = 192, 144 // whole blocks, which JPEG does alike in all directions
	upright := grey(five(width, height, 14), width, 0, 255)
	want := seen(t, vision.FromImage(upright))
	// Where in the upright image a stored pixel is from.
	for i, from := range []func(x, y int) (int, int){
		func(x, y int) (int, int) { return x, y },
		func(x, y int) (int, int) { return width - 1 - x, y },
		func(x, y int) (int, int) { return width - 1 - x, height - 1 - y },
		func(x, y int) (int, int) { return x, height - 1 - y },
		func(x, y int) (int, int) { return y, x },
		func(x, y int) (int, int) { return width - 1 - y, x },
		func(x, y int) (int, int) { return width - 1 - y, height - 1 - x },
		func(x, y int) (int, int) { return y, height - 1 - x },
	} {
		stored := image.NewGray(image.Rect(0, 0, width, height))
		if i >= 4 {
			stored = image.NewGray(image.Rect(0, 0, height, width))
		}
		for y := range stored.Rect.Dy() {
			for x := range stored.Rect.Dx() {
				stored.SetGray(x, y, upright.GrayAt(from(x, y)))
			}
		}
		content := jpegOf(t, stored, 95)
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			g := decoded(t, with(content, exif(order, uint16(i+1))))
			if g.Width != width || g.Height != height {
				t.Errorf("orientation %d, %v: %d x %d, want %d x %d", i+1, order, g.Width, g.Height, width, height)
			}
			if mean, most := apart(seen(t, g), want); mean > 4 {
				t.Errorf("orientation %d, %v: off by %.1f, and %d at most", i+1, order, mean, most)
			}
		}
	}
}

// TestDamagedEXIF changes and cuts off an EXIF segment: what cannot be read is upright.
func TestDamagedEXIF(t *testing.T) {
	content := jpegOf(t, grey(five(96, 64, 14), 96, 0, 255), 90)
	plain := decoded(t, content)
	good := exif(binary.LittleEndian, 6)
	check := func(what string, at int, s []byte) {
		if g := decoded(t, with(content, s)); g.Width != plain.Width {
			t.Errorf("%s %d is read as an orientation", what, at)
		}
	}
	check("orientation", 0, exif(binary.LittleEndian, 0))
	check("orientation", 9, exif(binary.LittleEndian, 9))
	for n := range len(good) - 4 - 8 { // up to the orientation's value, and the four bytes at the end
		check("a cut after byte", n, segment(0xe1, good[4:][:n]...))
	}
	for at := 4; at < len(good)-4-4; at++ {
		s := slices.Clone(good)
		s[at] ^= 0xff
		decoded(t, with(content, s)) // need not be upright, but must not fail
	}
	// Any number of 0xff may precede a marker.
	g := decoded(t, with(content, append([]byte{0xff, 0xff}, good...)))
	if g.Width != plain.Height {
		t.Errorf("the whole segment gives %d x %d, want %d x %d", g.Width, g.Height, plain.Height, plain.Width)
	}
}
