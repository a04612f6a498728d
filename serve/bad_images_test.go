package serve

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"

	"braid/internal/braidtest"
)

const (
	unreadPNG  = "the PNG cannot be read"
	unreadJPEG = "the JPEG cannot be read"
	blankImage = "the image is blank, want one with a digit"
)

// imageMistake is a file in base64 that /ask refuses.
func imageMistake(name string, file []byte, status int, says string) mistake {
	text := `{"image":"` + base64.StdEncoding.EncodeToString(file) + `","question":"odd number"}`
	return askMistake(name, asJSON, []byte(text), status, `"image": `+says)
}

// imageMistakes are files that are no images, are damaged, or are too large when they are decoded.
func imageMistakes(t testing.TB) (list []mistake) {
	for content, kind := range map[string]string{
		"GIF89a\x01\x00\x01\x00":       "a GIF image",
		"RIFF\x10\x00\x00\x00WEBPVP8 ": "a WebP image",
		"BM\x36\x00\x00":               "a BMP image",
		"%PDF-1.7":                     "a PDF file",
		"II*\x00\x08":                  "a TIFF image",
		"MM\x00*":                      "a TIFF image",
		"\x00\x00\x00\x18ftypheic":     "a HEIC or AVIF image",
		"a nine":                       `text ("a nine")`,
		"<svg/>":                       `text ("<svg/>")`,
		"\x89PNG":                      "the first 4 bytes of a PNG image",
		"\x00\x01\x02":                 "3 bytes of an unknown kind (00 01 02)",
		"\x1f\x8b\x08\x00":             "4 bytes of an unknown kind",
		"PK\x03\x04":                   "4 bytes of an unknown kind",
	} {
		list = append(list, imageMistake(kind, []byte(content), 415, "got "+kind))
	}
	list = append(list, imageMistake("no bytes", nil, 400, "a picture is missing"))
	inForm := askMistake("a GIF in a form", asForm+"b", []byte(
		"--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"9.gif\"\r\n\r\nGIF89a"+
			"\r\n--b\r\nContent-Disposition: form-data; name=\"question\"\r\n\r\nodd number"+
			"\r\n--b--\r\n"), 415, "got a GIF image: want a PNG or a JPEG image")
	return slices.Concat(list, []mistake{inForm},
		imageSizeMistakes(t), blankMistakes(t), pngMistakes(t), jpegMistakes(t))
}

// imageSizeMistakes are images whose decoding would take too much memory.
func imageSizeMistakes(t testing.TB) (list []mistake) {
	add := func(name string, file []byte, says string) {
		list = append(list, imageMistake(name, file, 413, says))
	}
	const side = 60_000
	for name, file := range map[string][]byte{
		"PNG grey":         braidtest.PNGStart(side, side, 8, 0, 0),
		"PNG 1 bit":        braidtest.PNGStart(side, side, 1, 0, 0),
		"PNG RGB":          braidtest.PNGStart(side, side, 8, 2, 0),
		"PNG RGB 16":       braidtest.PNGStart(side, side, 16, 2, 0),
		"PNG opacity":      braidtest.PNGStart(side, side, 16, 6, 0),
		"PNG interlaced":   braidtest.PNGStart(side, side, 8, 6, 1),
		"PNG grey opacity": braidtest.PNGStart(side, side, 8, 4, 0),
		"JPEG grey":        jpegStart(side, side, false, 0x11),
		"JPEG 4:4:4":       jpegStart(side, side, false, 0x11, 0x11, 0x11),
		"JPEG 4:2:0":       jpegStart(side, side, false, 0x22, 0x11, 0x11),
		"JPEG progressive": jpegStart(side, side, true, 0x11, 0x11, 0x11),
		"JPEG CMYK":        jpegStart(side, side, false, 0x11, 0x11, 0x11, 0x11),
	} {
		add(name+" of 60,000 x 60,000", file, "an image of 60000 x 60000 pixels counts as ")
	}
	add("PNG of 2^31-1 x 2^31-1", braidtest.PNGStart(1<<31-1, 1<<31-1, 8, 6, 0),
		"an image of 2147483647 x 2147483647 pixels")
	add("PNG of 2^30 x 2^28", braidtest.PNGStart(1<<30, 1<<28, 8, 0, 0),
		"an image of 1073741824 x 268435456 pixels")
	add("PNG of 1 x 20,000,000", braidtest.PNGStart(1, 20_000_000, 8, 0, 0),
		"an image of 1 x 20000000 pixels")
	bomb := pngOf(8_000, 8_000, 1)
	if len(bomb) > 50_000 {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	add("PNG of 50 KB that has 64 MB", bomb, "an image of 8000 x 8000 pixels counts as 66048000 bytes")
	if !testing.Short() {
		add("PNG of 1 x 4,000,000", pngOf(1, 4_000_000, 1),
			"an image of 1 x 4000000 pixels counts as ")
	}
	return list
}

// blankMistakes are images without a digit, up to the size that is decoded.
func blankMistakes(t testing.TB) (list []mistake) {
	add := func(name string, file []byte) {
		list = append(list, imageMistake(name, file, 422, blankImage))
	}
	for _, n := range []int{1, 2, 28, 200} {
		add(fmt.Sprint("blank PNG of ", n), pngOf(n, n, 8))
	}
	add("white PNG", drawing(t, 50, 255, 255))
	add("grey PNG", drawing(t, 50, 128, 128))
	if !testing.Short() {
		add("blank PNG of 2,800 x 2,800", pngOf(2800, 2800, 8))
		add("blank PNG of 2,800 x 2,800 in 1 bit", pngOf(2800, 2800, 1))
		add("blank PNG of 2,000,000 x 1", pngOf(2_000_000, 1, 1))
		add("blank PNG of 1 x 190,000", pngOf(1, 190_000, 1))
	}
	return append(list, imageMistake("blank JPEG of 2,000 x 2,000",
		jpegFrom(t, image.NewGray(image.Rect(0, 0, 2000, 2000)), nil), 422, blankImage))
}

// pngMistakes are damaged PNGs.
func pngMistakes(t testing.TB) (list []mistake) {
	add := func(name string, file ...[]byte) {
		list = append(list, imageMistake(name, slices.Concat(file...), 400, unreadPNG))
	}
	start, end := braidtest.PNGStart(9, 9, 8, 0, 0), braidtest.PNGChunk("IEND", nil)
	pixels := func(content []byte) []byte { return braidtest.PNGChunk("IDAT", zipped(content)) }
	add("PNG of 0 x 9", braidtest.PNGStart(0, 9, 8, 0, 0))
	add("PNG of 9 x -1", braidtest.PNGStart(9, -1, 8, 0, 0))
	add("PNG of 3 bits", braidtest.PNGStart(9, 9, 3, 0, 0))
	add("PNG of no pixels", start, end)
	add("PNG of too few pixels", start, pixels([]byte{0, 1}), end)
	add("PNG of no palette", braidtest.PNGStart(9, 9, 8, 3, 0), pixels(make([]byte, 90)), end)
	add("PNG chunk of 4 GB", start, []byte("\xff\xff\xff\xffIDAT"))
	file := drawing(t, 60, 250, 10)
	for at := 8; at < len(file)-30; at += len(file)/8 + 1 { // the last 30 bytes hold no pixels
		add(fmt.Sprint("PNG cut at ", at), file[:at])
	}
	for _, at := range []int{20, 29, 45, len(file) - 20} {
		damaged := slices.Clone(file)
		damaged[at] ^= 0x55
		add(fmt.Sprint("PNG damaged at ", at), damaged)
	}
	return list
}

// jpegMistakes are damaged JPEGs.
func jpegMistakes(t testing.TB) (list []mistake) {
	add := func(name string, file []byte, says string) {
		list = append(list, imageMistake(name, file, 400, unreadJPEG+says))
	}
	add("JPEG of 0 x 0", jpegStart(0, 0, false, 0x11), "")
	add("JPEG of no component", jpegStart(9, 9, false), "")
	add("JPEG of 5 components", jpegStart(9, 9, false, 0x11, 0x11, 0x11, 0x11, 0x11), "")
	add("JPEG without a frame", []byte("\xff\xd8\xff\xd9"), "")
	add("JPEG of nothing", []byte("\xff\xd8"), "")
	add("JPEG header that ends", jpegStart(90, 90, false, 0x11)[:12], "")
	start := jpegStart(90, 90, true, 0x11)
	scan := []byte("\xff\xda\x00\x08\x01\x01\x00\x00\x00\x10")
	add("JPEG of 500 scans", slices.Concat(start[:len(start)-4], bytes.Repeat(scan, 500)),
		", it is damaged or of a rare kind: scan 1: coefficient 0 of component 1 is sent twice, "+
			"or not from its highest bit on")
	img, err := png.Decode(bytes.NewReader(drawing(t, 60, 250, 10)))
	if err != nil {
		t.Fatal(err)
	}
	file := jpegFrom(t, img, nil)
	for at := 30; at < len(file)-2; at += len(file) / 6 {
		add(fmt.Sprint("JPEG cut at ", at), file[:at], "")
	}
	return list
}

// pngOf is a PNG of zeros with the given bits per grey.
func pngOf(width, height int, depth byte) []byte {
	rows := make([]byte, height*(1+(width*int(depth)+7)/8))
	return slices.Concat(braidtest.PNGStart(width, height, depth, 0, 0),
		braidtest.PNGChunk("IDAT", zipped(rows)), braidtest.PNGChunk("IEND", nil))
}

// jpegFrom encodes an image.
func jpegFrom(t testing.TB, img image.Image, options *jpeg.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, options); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// jpegStart is a JPEG up to its first scan. Each component has the given sampling factors.
func jpegStart(width, height int, progressive bool, sampling ...byte) []byte {
	marker := byte(0xc0)
	if progressive {
		marker = 0xc2
	}
	header := []byte{
		8, byte(height >> 8), byte(height), byte(width >> 8), byte(width), byte(len(sampling)),
	}
	for i, s := range sampling {
		header = append(header, byte(i+1), s, 0)
	}
	start := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, marker}, uint16(len(header)+2))
	return append(append(start, header...), 0xff, 0xda, 0, 2)
}
