package vision_test

import (
	"errors"
	"image"
	"image/color"
	"runtime"
	"slices"
	"strings"
	"testing"

	"braid/internal/braidtest"
	"braid/vision"
)

func same(c color.Color) color.Color { return c }

// TestKinds decodes one drawing in every kind of PNG and JPEG.
func TestKinds(t *testing.T) {
	drawing := grey(five(200, 150, 12), 200, 20, 240)
	want := seen(t, vision.FromImage(drawing))
	frame := drawing.Rect
	var greys color.Palette
	for i := range 256 {
		greys = append(greys, color.Gray{Y: uint8(i)})
	}
	const lossy, poor = 6, 20 // levels in the mean
	for name, c := range map[string]struct {
		content []byte
		mean    float64
	}{
		"PNG grey":       {pngOf(t, drawing), 0},
		"PNG grey 16":    {pngOf(t, each(drawing, image.NewGray16(frame), same)), 0},
		"PNG RGB":        {pngOf(t, each(drawing, image.NewRGBA(frame), same)), 0},
		"PNG RGB 16":     {pngOf(t, each(drawing, image.NewRGBA64(frame), same)), 0},
		"PNG palette":    {pngOf(t, each(drawing, image.NewPaletted(frame, greys), same)), 0},
		"PNG interlaced": {interlaced(t, drawing), 0},
		"JPEG grey":      {jpegOf(t, drawing, 95), lossy},
		"JPEG colour":    {jpegOf(t, each(drawing, image.NewRGBA(frame), same), 95), lossy},
		"JPEG poor":      {jpegOf(t, drawing, 50), poor},
	} {
		measure := near
		if c.mean == 0 {
			measure = apart
		}
		mean, most := measure(seen(t, decoded(t, c.content)), want)
		if mean > c.mean {
			t.Errorf("%s: off by %.1f, and %d at most; want a mean of %v at most", name, mean, most, c.mean)
		}
	}
	inks := each(drawing, image.NewCMYK(frame), func(c color.Color) color.Color {
		none := 255 - c.(color.Gray).Y
		return color.CMYK{C: none, M: none, Y: none, K: none}
	})
	if mean, most := near(seen(t, decoded(t, cmyk(t, drawing))), seen(t, vision.FromImage(inks))); mean > poor {
		t.Errorf("JPEG CMYK: off by %.1f, and %d at most; want a mean of %v at most", mean, most, poor)
	}
	if got := seen(t, decoded(t, progressive(t))); got[14*28+14] != 255 || got[2*28+2] != 0 {
		t.Errorf("a progressive JPEG with a dark block in the middle gives %v", got)
	}
}

// TestFromImage compares the types that are read fast with the way that is open to all.
func TestFromImage(t *testing.T) {
	colours := image.NewNRGBA(image.Rect(0, 0, 1301, 7))
	for i := range colours.Pix {
		colours.Pix[i] = uint8(i * i >> 3)
	}
	var web color.Palette
	for i := range 200 {
		web = append(web, color.NRGBA{uint8(i), uint8(3 * i), uint8(255 - i), uint8(255 - i/2)})
	}
	const rounding = 0.01 // of colours into the type's own
	for name, img := range map[string]image.Image{
		"NRGBA": colours, "RGBA": each(colours, image.NewRGBA(colours.Rect), same),
		"Gray": each(colours, image.NewGray(colours.Rect), same), "CMYK": each(colours, image.NewCMYK(colours.Rect), same),
		"Paletted": each(colours, image.NewPaletted(colours.Rect, web), same),
		"part":     colours.SubImage(image.Rect(3, 2, 1290, 6)),
	} {
		got, want := vision.FromImage(img), vision.FromImage(slowly{img})
		if got.Width != want.Width || got.Height != want.Height || len(got.Pixels) != got.Width*got.Height {
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

// TestBrightness looks at single values.
func TestBrightness(t *testing.T) {
	// Squares of 3 pixels, of which the last ones have less.
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

// slowly is an image of which no more than its colours is known.
type slowly struct{ image.Image }

// TestFormat names what is neither PNG nor JPEG.
func TestFormat(t *testing.T) {
	for content, want := range map[string]string{
		"": "no bytes", "GIF89a\x01": "a GIF", "RIFF\x10\x00\x00\x00WEBPVP8 ": "a WebP",
		"\x89PNG":                  "the first 4 bytes of a PNG",
		"\x00\x00\x00\x18ftypheic": "a HEIC", "{\"a\": \"é\"}": "text", "%PDF-1.7": "a PDF", "BM\x36": "a BMP",
		"\x00\x01\x02": "3 bytes of an unknown kind (00 01 02)",
	} {
		_, err := vision.Decode([]byte(content), 1<<30)
		if !errors.Is(err, vision.ErrFormat) || !strings.Contains(err.Error(), "got "+want) {
			t.Errorf("%q gives the error %v, want ErrFormat with %q", content, err, want)
		}
	}
	for name, whole := range map[string][]byte{
		"PNG":  pngOf(t, image.NewGray(image.Rect(0, 0, 40, 30))),
		"JPEG": jpegOf(t, image.NewGray(image.Rect(0, 0, 40, 30)), 75),
	} {
		_, err := vision.Decode(whole[:len(whole)*2/3], 1<<30)
		if err == nil || errors.Is(err, vision.ErrFormat) || !strings.Contains(err.Error(), name) {
			t.Errorf("two thirds of a %s give the error %v, want that it is damaged", name, err)
		}
	}
}

// allocated is how many bytes f allocates.
func allocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// TestTooLarge claims sizes that nothing is behind.
func TestTooLarge(t *testing.T) {
	const side, most, little = 60_000, 100 << 20, 256 << 10
	for name, c := range map[string]struct {
		content []byte
		bytes   int64 // of a pixel
	}{
		"PNG grey":                {braidtest.PNGStart(side, side, 8, 0, 0), 1},
		"PNG 1 bit":               {braidtest.PNGStart(side, side, 1, 0, 0), 1},
		"PNG grey, opacity":       {append(braidtest.PNGStart(side, side, 8, 0, 0), braidtest.PNGChunk("tRNS", []byte{0, 7})...), 4},
		"PNG RGB":                 {braidtest.PNGStart(side, side, 8, 2, 0), 4},
		"PNG RGB 16":              {braidtest.PNGStart(side, side, 16, 2, 0), 8},
		"PNG grey and opacity 16": {braidtest.PNGStart(side, side, 16, 4, 0), 8},
		"PNG interlaced":          {braidtest.PNGStart(side, side, 8, 6, 1), 8},
		"JPEG grey":               {append(jpegStart(side, side, false, 0x11), 0xff, 0xda, 0, 2), 1},
		"JPEG 4:4:4":              {append(jpegStart(side, side, false, 0x11, 0x11, 0x11), 0xff, 0xda, 0, 2), 3},
		"JPEG progressive":        {append(jpegStart(side, side, true, 0x11, 0x11, 0x11), 0xff, 0xda, 0, 2), 15},
		"JPEG CMYK":               {append(jpegStart(side, side, false, 0x11, 0x11, 0x11, 0x11), 0xff, 0xda, 0, 2), 8},
	} {
		var err error
		got := allocated(func() { _, err = vision.Decode(c.content, most) })
		large, ok := errors.AsType[*vision.TooLarge](err)
		if !ok || large.Width != side || large.Height != side || large.Most != most {
			t.Errorf("%s: got the error %v, want a TooLarge of %d x %d", name, err, side, side)
			continue
		}
		if whole := c.bytes * side * side; large.Bytes < whole || large.Bytes > whole+whole/1000 {
			t.Errorf("%s: %d bytes are expected, want %d and little more", name, large.Bytes, whole)
		}
		if got > little {
			t.Errorf("%s: %d bytes were allocated, want at most %d", name, got, little)
		}
	}
}

// TestBound holds what is allocated against what was expected.
func TestBound(t *testing.T) {
	const rest = 1 << 20 // a decoder's tables and buffers, and a Grey
	img := image.NewGray(image.Rect(0, 0, 1201, 803))
	for i := range img.Pix {
		img.Pix[i] = uint8(i >> 9)
	}
	frame := img.Rect
	for name, content := range map[string][]byte{
		"PNG grey": pngOf(t, img), "PNG RGB": pngOf(t, each(img, image.NewRGBA(frame), same)),
		"PNG 16": pngOf(t, each(img, image.NewRGBA64(frame), same)), "PNG interlaced": interlaced(t, img),
		"JPEG grey": jpegOf(t, img, 90), "JPEG 4:2:0": jpegOf(t, each(img, image.NewRGBA(frame), same), 90),
		"JPEG CMYK": cmyk(t, img),
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
		got := allocated(func() { _, err = vision.Decode(content, large.Bytes) })
		if err != nil || got > large.Bytes+rest || got < large.Bytes*3/4 {
			t.Errorf("%s: %d bytes were allocated (%v), want about the %d that were expected", name, got, err, large.Bytes)
		}
	}
}

// TestScans refuses a JPEG of many scans, each of which goes through the whole image.
func TestScans(t *testing.T) {
	content := progressive(t)
	scan := slices.Concat(segment(0xda, 1, 1, 0, 0, 0, 0x10), []byte{0})
	content = slices.Concat(content[:len(content)-2], slices.Repeat(scan, 1000), content[len(content)-2:])
	if _, err := vision.Decode(content, 1<<30); err == nil || !strings.Contains(err.Error(), "1001 scans") {
		t.Errorf("got the error %v, want that 1001 scans are too many", err)
	}
}
