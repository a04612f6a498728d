package vision_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"slices"
	"strings"
	"testing"

	"braid/internal/braidtest"
	"braid/vision"
)

// TestKinds decodes one drawing in every kind of PNG and JPEG.
func TestKinds(t *testing.T) {
	drawing := braidtest.Gray(braidtest.Five(200, 150, 12), 200, 20, 240)
	want := seen(t, vision.FromImage(drawing))
	frame := drawing.Rect
	var greys color.Palette
	for i := range 256 {
		greys = append(greys, color.Gray{Y: uint8(i)})
	}
	const lossy, poor = 6, 20 // levels in the mean
	pngAs := func(to draw.Image) []byte { return braidtest.PNG(t, braidtest.Convert(drawing, to)) }
	rgba := braidtest.Convert(drawing, image.NewRGBA(frame))
	for name, c := range map[string]struct {
		content []byte
		mean    float64
	}{
		"PNG grey":       {braidtest.PNG(t, drawing), 0},
		"PNG grey 16":    {pngAs(image.NewGray16(frame)), 0},
		"PNG RGB":        {pngAs(image.NewRGBA(frame)), 0},
		"PNG RGB 16":     {pngAs(image.NewRGBA64(frame)), 0},
		"PNG palette":    {pngAs(image.NewPaletted(frame, greys)), 0},
		"PNG interlaced": {interlaced(t, drawing), 0},
		"JPEG grey":      {braidtest.JPEG(t, drawing, 95), lossy},
		"JPEG colour":    {braidtest.JPEG(t, rgba, 95), lossy},
		"JPEG poor":      {braidtest.JPEG(t, drawing, 50), poor},
	} {
		measure := braidtest.Near
		if c.mean == 0 {
			measure = braidtest.Apart
		}
		mean, most := measure(seen(t, decoded(t, c.content)), want)
		if mean > c.mean {
			t.Errorf("%s: off by %.1f, and %d at most; want a mean of %v at most", name, mean, most, c.mean)
		}
	}
	inks := braidtest.Each(drawing, image.NewCMYK(frame), func(c color.Color) color.Color {
		none := 255 - c.(color.Gray).Y
		return color.CMYK{C: none, M: none, Y: none, K: none}
	})
	want = seen(t, vision.FromImage(inks))
	if mean, most := braidtest.Near(seen(t, decoded(t, cmyk(t, drawing))), want); mean > poor {
		t.Errorf("JPEG CMYK: off by %.1f, and %d at most; want a mean of %v at most", mean, most, poor)
	}
	if got := seen(t, decoded(t, progressive(t))); got[14*28+14] != 255 || got[2*28+2] != 0 {
		t.Errorf("a progressive JPEG with a dark block in the middle gives %v", got)
	}
}

// TestFromImage compares the fast readers of some types with the general one.
func TestFromImage(t *testing.T) {
	colours := image.NewNRGBA(image.Rect(0, 0, 1301, 7))
	for i := range colours.Pix {
		colours.Pix[i] = uint8(i * i >> 3)
	}
	var web color.Palette
	for i := range 200 {
		web = append(web, color.NRGBA{uint8(i), uint8(3 * i), uint8(255 - i), uint8(255 - i/2)})
	}
	const rounding = 0.01 // of colours to the image's type
	for name, img := range map[string]image.Image{
		"NRGBA":    colours,
		"RGBA":     braidtest.Convert(colours, image.NewRGBA(colours.Rect)),
		"Gray":     braidtest.Convert(colours, image.NewGray(colours.Rect)),
		"CMYK":     braidtest.Convert(colours, image.NewCMYK(colours.Rect)),
		"Paletted": braidtest.Convert(colours, image.NewPaletted(colours.Rect, web)),
		"SubImage": colours.SubImage(image.Rect(3, 2, 1290, 6)),
	} {
		got, want := vision.FromImage(img), vision.FromImage(general{img})
		if got.Width != want.Width || got.Height != want.Height ||
			len(got.Pixels) != got.Width*got.Height {
			t.Errorf("%s: %d x %d, want %d x %d", name, got.Width, got.Height, want.Width, want.Height)
			continue
		}
		for i, v := range got.Pixels {
			if d := v - want.Pixels[i]; d > rounding || d < -rounding {
				t.Errorf("%s: pixel %d is %v, want %v", name, i, v, want.Pixels[i])
				break
			}
		}
	}
}

// TestBrightness checks single values.
func TestBrightness(t *testing.T) {
	// The squares have a side of 3 pixels, but those at the end are smaller.
	white := image.NewGray(image.Rect(0, 0, 1301, 7))
	for i := range white.Pix {
		white.Pix[i] = 255
	}
	for i, v := range vision.FromImage(white).Pixels {
		if v != 1 {
			t.Fatalf("pixel %d of a white image is %v", i, v)
		}
	}
	for c, want := range map[color.RGBA]float32{
		{255, 0, 0, 255}: 0.299, {0, 255, 0, 255}: 0.587, {0, 0, 255, 255}: 0.114,
	} {
		img := image.NewRGBA(image.Rect(0, 0, 1, 1))
		img.SetRGBA(0, 0, c)
		if got := vision.FromImage(img).Pixels[0]; got < want-1e-3 || got > want+1e-3 {
			t.Errorf("%v is %v bright, want %v", c, got, want)
		}
	}
}

// general hides the type of an image.
type general struct{ image.Image }

// TestFormat checks the descriptions of content that is neither PNG nor JPEG.
func TestFormat(t *testing.T) {
	for content, want := range map[string]string{
		"":                             "no bytes",
		"GIF89a\x01":                   "a GIF",
		"RIFF\x10\x00\x00\x00WEBPVP8 ": "a WebP",
		"\x89PNG":                      "the first 4 bytes of a PNG",
		"\x00\x00\x00\x18ftypheic":     "a HEIC",
		"{\"a\": \"é\"}":               "text",
		"%PDF-1.7":                     "a PDF",
		"BM\x36":                       "a BMP",
		"\x00\x01\x02":                 "3 bytes of an unknown kind (00 01 02)",
	} {
		_, err := vision.Decode([]byte(content), 1<<30)
		if !errors.Is(err, vision.ErrFormat) || !strings.Contains(err.Error(), "got "+want) {
			t.Errorf("%q gives the error %v, want ErrFormat with %q", content, err, want)
		}
	}
	for name, whole := range map[string][]byte{
		"PNG":  braidtest.PNG(t, image.NewGray(image.Rect(0, 0, 40, 30))),
		"JPEG": braidtest.JPEG(t, image.NewGray(image.Rect(0, 0, 40, 30)), 75),
	} {
		_, err := vision.Decode(whole[:len(whole)*2/3], 1<<30)
		if err == nil || errors.Is(err, vision.ErrFormat) || !strings.Contains(err.Error(), name) {
			t.Errorf("two thirds of a %s give the error %v, want that it is damaged", name, err)
		}
	}
}

// TestTooLarge decodes headers of large images without pixels.
func TestTooLarge(t *testing.T) {
	const side, most, little = 60_000, 100 << 20, 256 << 10
	jpeg := func(progressive bool, sampling ...byte) []byte {
		scan := []byte{0xff, 0xda, 0, 2}
		return append(jpegStart(side, side, progressive, sampling...), scan...)
	}
	for name, c := range map[string]struct {
		content []byte
		bytes   int64 // of a pixel
	}{
		"PNG grey":                {braidtest.PNGStart(side, side, 8, 0, 0), 1},
		"PNG 1 bit":               {braidtest.PNGStart(side, side, 1, 0, 0), 1},
		"PNG RGB":                 {braidtest.PNGStart(side, side, 8, 2, 0), 3},
		"PNG RGB 16":              {braidtest.PNGStart(side, side, 16, 2, 0), 6},
		"PNG grey and opacity 16": {braidtest.PNGStart(side, side, 16, 4, 0), 4},
		"PNG interlaced":          {braidtest.PNGStart(side, side, 8, 6, 1), 8},
		"JPEG grey":               {jpeg(false, 0x11), 1},
		"JPEG 4:4:4":              {jpeg(false, 0x11, 0x11, 0x11), 1},
		"JPEG progressive":        {jpeg(true, 0x11, 0x11, 0x11), 2},
		"JPEG CMYK":               {jpeg(false, 0x11, 0x11, 0x11, 0x11), 4},
		"JPEG CMYK, sampled":      {jpeg(false, 0x22, 0x11, 0x11, 0x22), 6},
	} {
		var err error
		got := braidtest.Allocated(func() { _, err = vision.Decode(c.content, most) })
		large, ok := errors.AsType[*vision.TooLarge](err)
		if !ok || large.Width != side || large.Height != side || large.Most != most {
			t.Errorf("%s: got the error %v, want a TooLarge of %d x %d", name, err, side, side)
			continue
		}
		if pixels := c.bytes * side * side; large.Bytes < pixels || large.Bytes > pixels+pixels/200 {
			t.Errorf("%s: counts as %d bytes, want %d and little more", name, large.Bytes, pixels)
		}
		if got > little {
			t.Errorf("%s: %d bytes were allocated, want at most %d", name, got, little)
		}
	}
}

// TestBound compares the bytes that are allocated with those that Decode counts.
func TestBound(t *testing.T) {
	const rest = 64 << 10 // allocated by the test
	img := image.NewGray(image.Rect(0, 0, 1201, 803))
	for i := range img.Pix {
		img.Pix[i] = uint8(i >> 9)
	}
	rgba := braidtest.Convert(img, image.NewRGBA(img.Rect))
	rgba64 := braidtest.Convert(img, image.NewRGBA64(img.Rect))
	photo := braidtest.JPEG(t, img, 90)
	for name, content := range map[string][]byte{
		"PNG grey":                braidtest.PNG(t, img),
		"PNG RGB":                 braidtest.PNG(t, rgba),
		"PNG RGBA":                braidtest.PNG(t, braidtest.Each(img, image.NewNRGBA(img.Rect), faint)),
		"PNG 16":                  braidtest.PNG(t, rgba64),
		"PNG interlaced":          interlaced(t, img),
		"JPEG grey":               photo,
		"JPEG 4:2:0":              braidtest.JPEG(t, rgba, 90),
		"JPEG CMYK":               cmyk(t, img),
		"JPEG turned":             with(photo, exif(binary.LittleEndian, 6)),
		"JPEG progressive":        deepProgressive(1201, 803),
		"JPEG progressive, large": deepProgressive(4000, 3000),
	} {
		_, err := vision.Decode(content, 0)
		large, ok := errors.AsType[*vision.TooLarge](err)
		if !ok {
			t.Errorf("%s: got the error %v, want TooLarge", name, err)
			continue
		}
		if _, err := vision.Decode(content, large.Bytes-1); !errors.As(err, &large) {
			t.Errorf("%s: got the error %v, want TooLarge", name, err)
		}
		got := braidtest.Allocated(func() { _, err = vision.Decode(content, large.Bytes) })
		if err != nil || got > large.Bytes+rest {
			t.Errorf("%s: %d bytes were allocated (%v), want at most %d", name, got, err, large.Bytes)
		}
	}
}

func faint(c color.Color) color.Color {
	return color.NRGBA{200, 100, c.(color.Gray).Y, c.(color.Gray).Y}
}

// deepProgressive returns a JPEG whose bits come in 14 scans.
func deepProgressive(width, height int) []byte {
	blocks := ((width + 7) / 8) * ((height + 7) / 8)
	scans := [][]byte{scanHeader(1, 0, 0, 0), make([]byte, blocks/8+1)}
	for low := 12; low >= 0; low-- {
		high := byte((low + 1) << 4)
		if low == 12 {
			high = 0
		}
		scans = append(scans, scanHeader(1, 1, 63, high|byte(low)), make([]byte, 2*(blocks/16384+1)))
	}
	return jpegWith(width, height, true, []byte{0x11}, jpegTables(0xe0, 1), scans...)
}

// TestScans checks that the work of a JPEG is bounded: each component of a sequential image, and
// each bit of a progressive one, is read once.
func TestScans(t *testing.T) {
	dc := append(scanHeader(1, 0, 0, 0), make([]byte, 9)...)
	ac := func(k, high, low int) []byte {
		return append(scanHeader(1, byte(k), byte(k), byte(high<<4|low)), make([]byte, 99)...)
	}
	var bits, single [][]byte // each bit of a coefficient, and each coefficient but the last
	bits = append(bits, dc, ac(1, 0, 13))
	for low := 12; low >= 0; low-- {
		bits = append(bits, ac(1, low+1, low))
	}
	single = append(single, dc)
	for k := range 62 {
		single = append(single, ac(k+1, 0, 0))
	}
	tables := jpegTables(0xe0, 1)
	small := func(scans ...[]byte) []byte {
		return jpegWith(64, 64, true, []byte{0x11}, tables, scans...)
	}
	large := func(scans ...[]byte) []byte {
		scans[0] = append(scanHeader(1, 0, 0, 0), make([]byte, 300*300/8)...)
		return jpegWith(2400, 2400, true, []byte{0x11}, tables, scans...)
	}
	tooMany := append(slices.Clone(single), ac(63, 0, 1), ac(63, 1, 0))
	for name, c := range map[string]struct {
		content []byte
		want    string // of the error; "" for none
	}{
		"every bit":        {small(bits...), ""},
		"63 scans":         {small(single...), ""},
		"65 scans":         {small(tooMany...), "want at most 64"},
		"a bit twice":      {small(append(slices.Clone(bits), ac(1, 1, 0))...), "sent twice"},
		"first twice":      {small(dc, ac(1, 0, 0), ac(1, 0, 0)), "sent twice"},
		"a bit left out":   {small(dc, ac(1, 0, 3), ac(1, 2, 1)), "not from its highest bit on"},
		"1000 DC scans":    {small(slices.Repeat([][]byte{dc}, 1000)...), "scan 2"},
		"large, 15 scans":  {large(slices.Clone(bits)...), ""},
		"large, 63 scans":  {large(slices.Clone(single)...), "more than 16 scans"},
		"without DC":       {small(ac(1, 0, 0)), "cut short"},
		"no scan":          {small(), "cut short"},
		"header cut short": {small(dc, []byte{0xff, 0xda, 0, 6, 1, 1, 0, 0}), "header is wrong"},
	} {
		_, err := vision.Decode(c.content, 1<<30)
		if (err == nil) != (c.want == "") || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%s: got the error %v, want one with %q", name, err, c.want)
		}
	}
	// Data after the scan that completes the pixels is ignored.
	drawing := braidtest.Gray(braidtest.Five(96, 64, 14), 96, 0, 255)
	whole := braidtest.JPEG(t, drawing, 90)
	end := len(whole) - 2
	again := slices.Concat(whole[:end], scanHeader(1, 0, 63, 0), []byte{1, 2, 3}, whole[end:])
	if got := decoded(t, again); !slices.Equal(got.Pixels, decoded(t, whole).Pixels) {
		t.Error("a second scan of a component changes the pixels")
	}
}

// TestMemory compares the bytes that Decode allocates with Memory.
func TestMemory(t *testing.T) {
	shade := braidtest.Gray(braidtest.Five(1000, 1000, 24), 1000, 0, 255)
	for name, content := range map[string][]byte{
		"PNG":  braidtest.PNG(t, shade),
		"JPEG": braidtest.JPEG(t, shade, 50),
		"RGBA": braidtest.PNG(t, braidtest.Each(shade, image.NewNRGBA(shade.Rect), faint)),
	} {
		most, pixels := vision.Memory(content, 1<<30)
		got := braidtest.Allocated(func() {
			if g := decoded(t, content); pixels != int64(len(g.Pixels)) {
				t.Errorf("%s: got %d pixels, want the %d of the Grey", name, pixels, len(g.Pixels))
			}
		})
		if got > most+64<<10 {
			t.Errorf("%s: %d bytes were allocated, want at most %d", name, got, most)
		}
	}
	// A progressive photograph takes less memory than all its coefficients.
	if got, _ := vision.Memory(deepProgressive(4032, 3024), 1<<30); got > 40<<20 {
		t.Errorf("a progressive image of 12 million pixels takes %d bytes, want at most 40 MB", got)
	}
	// The count for 2^31-1 by 2^31-1 pixels of 64 bits does not overflow.
	most := braidtest.PNGStart(1<<31-1, 1<<31-1, 16, 6, 1)
	_, err := vision.Decode(most, 1<<62)
	if !strings.Contains(fmt.Sprint(err), "counts as 9223372036854775807 bytes") {
		t.Errorf("got the error %v, want one of 2^63-1 bytes", err)
	}
	if got, _ := vision.Memory([]byte("GIF89a"), 1<<30); got != 0 {
		t.Errorf("a GIF takes %d bytes, want 0", got)
	}
	if got, _ := vision.Memory(braidtest.PNG(t, shade), 999_999); got != 0 {
		t.Errorf("an image that Decode refuses takes %d bytes, want 0", got)
	}
}
