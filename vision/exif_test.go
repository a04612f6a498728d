package vision_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"slices"
	"testing"

	"braid/internal/braidtest"
	"braid/vision"
)

// tiff returns EXIF with an orientation after another entry. kind is the type of the orientation,
// value its first bytes.
func tiff(order binary.AppendByteOrder, kind uint16, count uint32, value []byte) []byte {
	content := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		content = []byte("MM\x00*")
	}
	content = order.AppendUint32(content, 10) // offset of the directory
	content = append(content, 0xee, 0xee)
	content = order.AppendUint16(content, 2)
	for _, e := range []struct {
		tag, kind uint16
		count     uint32
		value     []byte
	}{{0x0103, 3, 1, order.AppendUint16(nil, 6)}, {0x0112, kind, count, value}} {
		content = order.AppendUint16(content, e.tag)
		content = order.AppendUint16(content, e.kind)
		content = order.AppendUint32(content, e.count)
		content = append(content, append(e.value, 0, 0, 0, 0)[:4]...)
	}
	return order.AppendUint32(content, 0)
}

// exif returns an APP1 segment with an orientation.
func exif(order binary.AppendByteOrder, orientation uint16) []byte {
	return exifOf(tiff(order, 3, 1, order.AppendUint16(nil, orientation)))
}

func exifOf(tiff []byte) []byte { return segment(0xe1, append([]byte("Exif\x00\x00"), tiff...)...) }

// with puts a segment first into a JPEG.
func with(content, segment []byte) []byte {
	return slices.Concat(content[:2], segment, content[2:])
}

func TestOrientation(t *testing.T) {
	const width, height = 192, 144 // complete blocks, which JPEG codes alike in all directions
	upright := braidtest.Gray(braidtest.Five(width, height, 14), width, 0, 255)
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
		content := braidtest.JPEG(t, stored, 95)
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			g := decoded(t, with(content, exif(order, uint16(i+1))))
			if g.Width != width || g.Height != height {
				const format = "orientation %d, %v: %d x %d, want %d x %d"
				t.Errorf(format, i+1, order, g.Width, g.Height, width, height)
			}
			if mean, most := braidtest.Apart(seen(t, g), want); mean > 4 {
				t.Errorf("orientation %d, %v: off by %.1f, and %d at most", i+1, order, mean, most)
			}
		}
	}
}

// TestDamagedEXIF changes and cuts an EXIF segment. An orientation that cannot be read is ignored.
func TestDamagedEXIF(t *testing.T) {
	content := braidtest.JPEG(t, braidtest.Gray(braidtest.Five(96, 64, 14), 96, 0, 255), 90)
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
		t.Errorf("the complete segment gives %d x %d, want %d x %d",
			g.Width, g.Height, plain.Height, plain.Width)
	}
}

// TestOrientationTypes checks types and positions of the orientation. Pillow 9.4 reads the same.
func TestOrientationTypes(t *testing.T) {
	drawing := braidtest.Gray(braidtest.Five(96, 64, 14), 96, 0, 255)
	plainJPEG, plainPNG := braidtest.JPEG(t, drawing, 90), braidtest.PNG(t, drawing)
	chunks := func(before, after []byte) []byte { // before and after the pixels
		header, end := 8+25, len(plainPNG)-12
		return slices.Concat(plainPNG[:header], before, plainPNG[header:end], after, plainPNG[end:])
	}
	chunk := func(tiff []byte) []byte { return braidtest.PNGChunk("eXIf", tiff) }
	check := func(what string, content []byte, turned bool) {
		t.Helper()
		if g := decoded(t, content); (g.Width == 64) != turned {
			t.Errorf("%s: %d x %d, want it turned: %v", what, g.Width, g.Height, turned)
		}
	}
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		short, long := order.AppendUint16(nil, 6), order.AppendUint32(nil, 6)
		for _, c := range []struct {
			name   string
			kind   uint16
			count  uint32
			value  []byte
			turned bool
		}{
			{"BYTE", 1, 1, []byte{6}, false},
			{"ASCII", 2, 2, []byte("6"), false},
			{"SHORT", 3, 1, short, true},
			{"LONG", 4, 1, long, true},
			{"RATIONAL", 5, 1, long, false},
			{"SBYTE", 6, 1, []byte{6}, true},
			{"UNDEFINED", 7, 1, []byte{6}, false},
			{"SSHORT", 8, 1, short, true},
			{"SLONG", 9, 1, long, true},
			{"two SHORT", 3, 2, append(short, short...), true},
			{"no SHORT", 3, 0, short, false},
			{"two LONG", 4, 2, long, false},
			{"a large SHORT", 3, 1, order.AppendUint16(nil, 0x106), false},
			{"a large LONG", 4, 1, order.AppendUint32(nil, 0x10006), false},
		} {
			content := tiff(order, c.kind, c.count, c.value)
			what := fmt.Sprintf("%v, %s", order, c.name)
			check(what+" in a JPEG", with(plainJPEG, exifOf(content)), c.turned)
			check(what+" in a PNG", chunks(chunk(content), nil), c.turned)
		}
		orientation := tiff(order, 3, 1, short)
		check("after the pixels", chunks(nil, chunk(orientation)), true)
		likeSegment := append([]byte("Exif\x00\x00"), orientation...)
		check("a chunk like a segment", chunks(chunk(likeSegment), nil), true)
	}
	six, one := exif(binary.LittleEndian, 6), exif(binary.LittleEndian, 1)
	xmp := segment(0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta/>")...)
	check("after XMP", with(with(plainJPEG, six), xmp), true)
	comment, jfif := segment(0xfe, 'a'), segment(0xe0, []byte("JFIF\x00")...)
	check("after a comment and JFIF", with(with(with(plainJPEG, six), comment), jfif), true)
	check("6, then 1", with(with(plainJPEG, one), six), true)
	check("1, then 6", with(with(plainJPEG, six), one), false)
	at := bytes.Index(plainJPEG, []byte{0xff, 0xda})
	check("before the scan", slices.Concat(plainJPEG[:at], six, plainJPEG[at:]), true)
	damaged := chunk(tiff(binary.BigEndian, 3, 1, []byte{0, 6}))
	damaged[len(damaged)-1] ^= 1
	check("a chunk with a wrong checksum", chunks(damaged, nil), false)
}
