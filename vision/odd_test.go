package vision_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"slices"
	"strings"
	"testing"

	"braid/internal/braidtest"
	"braid/vision"
)

// TestOddFiles reads damaged and unusual files. A file with all its pixels is read. A file without
// them is an error, even if Pillow 9.4, whose behaviour is in the table, fills them up.
func TestOddFiles(t *testing.T) {
	drawing := braidtest.Gray(braidtest.Five(96, 64, 14), 96, 0, 255)
	const refuses, reads = false, true
	type odd struct {
		name          string
		content       []byte
		pillow, braid bool
	}

	whole := braidtest.PNG(t, drawing)
	ihdr, end := whole[8:33], whole[len(whole)-12:]
	rows := pngRows(t, whole)
	stream := compressed(6, rows)
	chunk := braidtest.PNGChunk
	png := func(chunks ...[]byte) []byte {
		return append([]byte("\x89PNG\r\n\x1a\n"), slices.Concat(chunks...)...)
	}
	wrong := func(chunk []byte) []byte {
		return append(slices.Clone(chunk[:len(chunk)-4]), 1, 2, 3, 4)
	}
	data, text := chunk("IDAT", stream), chunk("tEXt", []byte("Comment\x00hi"))
	start, rest := chunk("IDAT", stream[:9]), chunk("IDAT", stream[9:])
	more := compressed(6, append(slices.Clone(rows), make([]byte, 500)...))
	var open bytes.Buffer // without a last block
	w := zlib.NewWriter(&open)
	w.Write(rows)
	w.Flush()
	cases := []odd{
		{"PNG", whole, reads, reads},
		{"PNG without IEND", whole[:len(whole)-12], reads, reads},
		{"PNG cut off in IEND", whole[:len(whole)-5], reads, reads},
		{"PNG cut off in IDAT's checksum", png(ihdr, data[:len(data)-2]), reads, reads},
		{"PNG cut off behind its pixels", png(ihdr, data[:len(data)-4]), reads, reads},
		{"PNG cut off in zlib's checksum", png(ihdr, data[:len(data)-6]), reads, reads},
		{"PNG without zlib's checksum",
			png(ihdr, chunk("IDAT", stream[:len(stream)-4]), end), reads, reads},
		{"PNG without a last deflate block", png(ihdr, chunk("IDAT", open.Bytes()), end), reads, reads},
		{"PNG of two thirds", whole[:len(whole)*2/3], refuses, refuses},
		{"PNG a byte of pixels short",
			png(ihdr, chunk("IDAT", compressed(6, rows[:len(rows)-1])), end), refuses, refuses},
		{"PNG of a header", png(ihdr), refuses, refuses},
		{"PNG without IDAT", png(ihdr, end), refuses, refuses},
		{"PNG and zeros", append(slices.Clone(whole), make([]byte, 100)...), reads, reads},
		{"PNG and junk", append(slices.Clone(whole), "junk and more"...), reads, reads},
		{"PNG and a PNG", append(slices.Clone(whole), whole...), reads, reads},
		{"PNG with more pixels", png(ihdr, chunk("IDAT", more), end), reads, reads},
		{"PNG with junk behind zlib's stream",
			png(ihdr, chunk("IDAT", append(slices.Clone(stream), "junk"...)), end), reads, reads},
		{"PNG with zlib's checksum wrong",
			png(ihdr, chunk("IDAT", wrong(stream)), end), refuses, refuses},
		{"PNG with IDAT's checksum wrong", png(ihdr, wrong(data), end), reads, reads},
		{"PNG with IHDR's checksum wrong", png(wrong(ihdr), data, end), refuses, refuses},
		{"PNG with IEND's checksum wrong", png(ihdr, data, wrong(end)), reads, reads},
		{"PNG with a text's checksum wrong",
			png(ihdr, wrong(text), data, end), refuses, reads}, // as libpng
		{"PNG with a text's checksum wrong behind its pixels",
			png(ihdr, data, wrong(text), end), reads, reads},
		{"PNG in many chunks",
			png(ihdr, chunk("IDAT", nil), start, rest, end), reads, reads},
		{"PNG with a text between its pixels",
			png(ihdr, start, text, rest, end), refuses, reads},
		{"PNG with an unknown critical chunk", png(ihdr, chunk("ABCD", nil), data, end), reads, reads},
		{"PNG with a palette beside greys",
			png(ihdr, chunk("PLTE", []byte{1, 2, 3}), data, end), reads, reads},
		{"PNG with a filter 5",
			png(ihdr, chunk("IDAT", compressed(6, append([]byte{5}, rows[1:]...))), end), refuses, refuses},
	}

	photo := braidtest.JPEG(t, drawing, 90)
	deep := deepProgressive(96, 64)
	sos := []byte{0xff, 0xda}
	first := bytes.Index(deep, sos) + len(sos)
	scan := first + bytes.Index(deep[first:], sos) // the second
	cases = append(cases, []odd{
		{"JPEG", photo, reads, reads},
		{"JPEG without EOI", photo[:len(photo)-2], refuses, reads}, // as libjpeg, and browsers
		{"JPEG cut off in EOI", photo[:len(photo)-1], refuses, reads},
		{"JPEG a byte of pixels short", photo[:len(photo)-4], refuses, refuses},
		{"JPEG of two thirds", photo[:len(photo)*2/3], refuses, refuses},
		{"JPEG of two thirds and EOI",
			append(slices.Clone(photo[:len(photo)*2/3]), 0xff, 0xd9), reads, refuses},
		{"JPEG and zeros", append(slices.Clone(photo), make([]byte, 100)...), reads, reads},
		{"JPEG and junk", append(slices.Clone(photo), "junk and more"...), reads, reads},
		{"JPEG and a JPEG", append(slices.Clone(photo), photo...), reads, reads},
		{"JPEG with junk before its first segment",
			with(photo, []byte("junk")), refuses, reads}, // as libjpeg
		{"JPEG with fill bytes", with(photo, bytes.Repeat([]byte{0xff}, 50)), reads, reads},
		{"JPEG with a restart marker before EOI",
			slices.Concat(photo[:len(photo)-2], []byte{0xff, 0xd0, 0xff, 0xd9}), reads, reads},
		{"JPEG with junk before its scan's marker",
			slices.Concat(photo[:2], segment(0xfe), []byte{0, 0}, photo[2:]), reads, reads},
		{"JPEG with an unknown segment", with(photo, segment(0xf7, 1, 2, 3)), refuses, reads},
		// libjpeg-turbo has tables for frames of Motion JPEG that come without.
		{"JPEG without its tables", without(photo, 0xc4), reads, refuses},
		{"JPEG of a start", photo[:2], refuses, refuses},
		{"JPEG progressive", deep, reads, reads},
		{"JPEG progressive without EOI",
			deep[:len(deep)-2], refuses, refuses}, // more bits may have followed
		{"JPEG progressive of a scan and EOI",
			append(slices.Clone(deep[:scan]), 0xff, 0xd9), reads, reads},
		{"JPEG progressive cut off behind a scan", deep[:scan], refuses, refuses},
	}...)
	plain := map[string]*vision.Grey{"PNG": decoded(t, whole), "JPE": decoded(t, photo)}
	for _, c := range cases {
		got, err := vision.Decode(c.content, 1<<20)
		if (err == nil) != c.braid {
			t.Errorf("%s: it is read: %v (%v), want %v; Pillow: %v",
				c.name, err == nil, err, c.braid, c.pillow)
			continue
		}
		if err != nil || strings.Contains(c.name, "progressive") {
			continue
		}
		if !slices.Equal(got.Pixels, plain[c.name[:3]].Pixels) {
			t.Errorf("%s: the pixels differ from those of the complete file", c.name)
		}
	}
}

// pngRows returns the decompressed rows of a PNG.
func pngRows(t *testing.T, content []byte) []byte {
	t.Helper()
	var data []byte
	for at := 8; at < len(content); {
		size := int(binary.BigEndian.Uint32(content[at:]))
		if string(content[at+4:at+8]) == "IDAT" {
			data = append(data, content[at+8:at+8+size]...)
		}
		at += 12 + size
	}
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
