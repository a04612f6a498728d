package picture_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/tiff"

	"braid/internal/braidtest"
	"braid/vision"
	"braid/vision/picture"
)

const most = 1 << 26

// The colours of the four quarters of scene: top left, top right, bottom left, bottom right.
var quarters = [4]picture.Colour{{204, 51, 0}, {0, 153, 51}, {0, 51, 204}, {255, 204, 51}}

// scene returns a picture of 64 x 32 pixels whose quarters have different colours.
func scene() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, 64, 32))
	for y := range 32 {
		for x := range 64 {
			c := quarters[y/16*2+x/32]
			img.SetNRGBA(x, y, color.NRGBA{c[0], c[1], c[2], 255})
		}
	}
	return img
}

func converted[T draw.Image](to T) T {
	draw.Draw(to, to.Bounds(), scene(), image.Point{}, draw.Src)
	return to
}

// lossyWebP is scene as a lossy WebP, and with transparent pixels in the top left quarter.
const (
	lossyWebP = "" +
		"UklGRoYAAABXRUJQVlA4IHoAAABQBgCdASpAACAAPi0Sh0KhoQz/MqoMAWJZADFEUF+AfgB1dl6uI/gB" +
		"+t3+S5ALsB+omd9hA41Pu1VjxgD+9BeA9eq5CdhPWUo/pAtOkrTjCcDGRFQNAUckCG/yDw0C868F4tNe" +
		"bcdA1y/+6whjOLzGZ/SVV8l8MQUAAA=="
	lossyAlphaWebP = "" +
		"UklGRrYAAABXRUJQVlA4WAoAAAAQAAAAPwAAHwAAQUxQSBYAAAABDzD/ERFCLJjMXzqC/oj+TwBUff0D" +
		"VlA4IHoAAABQBgCdASpAACAAPi0Sh0KhoQz/MqoMAWJZADFEUF+AfgB1dl6uI/gB+t3+S5ALsB+omd9h" +
		"A41Pu1VjxgD+9BeA9eq5CdhPWUo/pAtOkrTjCcDGRFQNAUckCG/yDw0C868F4tNebcdA1y/+6whjOLzG" +
		"Z/SVV8l8MQUAAA=="
)

func base64Bytes(t testing.TB, text string) []byte {
	t.Helper()
	content, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// files returns scene in each format, and how far its colours may be off.
func files(t testing.TB) map[string]file {
	frame := scene().Rect
	greys := image.NewPaletted(frame, palette.WebSafe)
	// Adobe stores inks inverted: a number is the light that an ink lets through.
	light := func(i, x, y int) uint8 {
		if i == 3 {
			return 255
		}
		return quarters[y/16*2+x/32][i]
	}
	ycck := func(i, x, y int) uint8 {
		if i == 3 {
			return 255
		}
		c := quarters[y/16*2+x/32]
		yy, cb, cr := color.RGBToYCbCr(255-c[0], 255-c[1], 255-c[2]) // of inks, not of light
		return [3]uint8{yy, cb, cr}[i]
	}
	second, paletted := image.NewPaletted(frame, palette.WebSafe), converted(greys)
	deflated := tiff.Options{Compression: tiff.Deflate, Predictor: true}
	return map[string]file{
		"PNG":               {asPNG(t, scene()), 0},
		"PNG 16 bit":        {asPNG(t, converted(image.NewRGBA64(frame))), 0},
		"PNG palette":       {asPNG(t, paletted), 0},
		"JPEG":              {asJPEG(t, scene()), 4},
		"JPEG CMYK":         {fourPlanes(t, 64, 32, 0, light), 4},
		"JPEG YCCK":         {fourPlanes(t, 64, 32, 2, ycck), 4},
		"GIF":               {asGIF(t, 64, 32, paletted, second), 0},
		"WebP lossless":     {asWebP(scene()), 0},
		"WebP lossy":        {base64Bytes(t, lossyWebP), 24},
		"BMP":               {asBMP(t, scene()), 0},
		"BMP palette":       {asBMP(t, paletted), 0},
		"TIFF":              {asTIFF(t, scene(), tiff.Options{}), 0},
		"TIFF compressed":   {asTIFF(t, scene(), deflated), 0},
		"TIFF 16 bit":       {asTIFF(t, converted(image.NewRGBA64(frame)), tiff.Options{}), 0},
		"TIFF palette":      {asTIFF(t, paletted, tiff.Options{}), 0},
		"TIFF by this test": {orientedTIFF(scene(), 1), 0},
	}
}

type file struct {
	content []byte
	off     int
}

func pixels(t testing.TB, f picture.Form, content []byte) []uint8 {
	t.Helper()
	got, err := f.Pixels(content, most)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3*f.Size*f.Size {
		t.Fatalf("got %d bytes, want 3 x %d x %d", len(got), f.Size, f.Size)
	}
	return got
}

// TestFormats reads one picture in each format.
func TestFormats(t *testing.T) {
	f := picture.Form{Size: 8, Fit: picture.Stretch}
	for name, c := range files(t) {
		got := pixels(t, f, c.content)
		for i := range 64 {
			want := quarters[i/32*2+i%8/4]
			for k, v := range got[3*i:][:3] {
				if d := int(v) - int(want[k]); max(d, -d) > c.off {
					t.Fatalf("%s: pixel %d is %v, want %v", name, i, got[3*i:][:3], want)
				}
			}
		}
		if picture.IsGrey(got) {
			t.Errorf("%s: the picture is grey", name)
		}
	}
}

// TestGrey reads grey pictures, whose colours must be equal, also where they are coded as colours.
func TestGrey(t *testing.T) {
	frame := image.Rect(0, 0, 64, 32)
	grey := image.NewGray(frame)
	for i := range grey.Pix {
		grey.Pix[i] = uint8(100 + 60*(i%64/32) + 40*(i/64/16))
	}
	to := func(img draw.Image) draw.Image {
		draw.Draw(img, frame, grey, image.Point{}, draw.Src)
		return img
	}
	f := picture.Form{Size: 2, Fit: picture.Stretch}
	want := []uint8{100, 160, 140, 200}
	for name, content := range map[string][]byte{
		"PNG": asPNG(t, grey), "PNG 16 bit": asPNG(t, to(image.NewGray16(frame))),
		"PNG RGB": asPNG(t, to(image.NewRGBA(frame))), "JPEG": asJPEG(t, grey),
		"JPEG of colours": asJPEG(t, to(image.NewRGBA(frame))), "BMP": asBMP(t, grey),
		"TIFF":    asTIFF(t, grey, tiff.Options{}),
		"TIFF 16": asTIFF(t, to(image.NewGray16(frame)), tiff.Options{}),
	} {
		got := pixels(t, f, content)
		if !picture.IsGrey(got) {
			t.Errorf("%s: %v is not grey", name, got)
		}
		for i, v := range picture.Grey(got) {
			if d := int(v) - int(want[i]); max(d, -d) > 1 {
				t.Errorf("%s: pixel %d is %d, want %d", name, i, v, want[i])
			}
		}
	}
	got := picture.Grey([]uint8{255, 0, 0, 0, 255, 0, 0, 0, 255})
	if !slices.Equal(got, []uint8{76, 150, 29}) {
		t.Errorf("red, green and blue are %v, want 76, 150, 29", got)
	}
}

// TestAlpha lays half transparent pixels over a background.
func TestAlpha(t *testing.T) {
	img := scene()
	for y := range 16 {
		for x := range 32 {
			img.Pix[img.PixOffset(x, y)+3] = 51 // a fifth
			img.Pix[img.PixOffset(32+x, y)+3] = 0
		}
	}
	to := func(d draw.Image) draw.Image {
		draw.Draw(d, d.Bounds(), img, image.Point{}, draw.Src)
		return d
	}
	f := picture.Form{Size: 2, Fit: picture.Stretch, Background: picture.Colour{100, 150, 200}}
	want := []uint8{121, 130, 160, 100, 150, 200, 0, 51, 204, 255, 204, 51}
	for name, content := range map[string][]byte{
		"PNG": asPNG(t, img), "PNG 16 bit": asPNG(t, to(image.NewNRGBA64(img.Rect))),
		"WebP": asWebP(img), "TIFF": asTIFF(t, img, tiff.Options{}),
		"TIFF multiplied": asTIFF(t, to(image.NewRGBA(img.Rect)), tiff.Options{}),
	} {
		if got := pixels(t, f, content); !near(got, want, 1) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	got := pixels(t, f, base64Bytes(t, lossyAlphaWebP)) // its top left quarter is transparent
	want = append([]uint8{100, 150, 200, 0, 153, 51}, want[6:]...)
	if !near(got, want, 24) {
		t.Errorf("lossy WebP: got %v, want %v", got, want)
	}
}

func near(got, want []uint8, most int) bool {
	for i, v := range got {
		if d := int(v) - int(want[i]); max(d, -d) > most {
			return false
		}
	}
	return len(got) == len(want)
}

// TestGIFFrame reads a first frame that covers a part of the canvas, with a transparent colour.
func TestGIFFrame(t *testing.T) {
	colours := color.Palette{color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 0, 255, 255}, color.NRGBA{}}
	frame := image.NewPaletted(image.Rect(1, 2, 4, 4), colours)
	copy(frame.Pix, []uint8{0, 1, 0, 2, 0, 0})
	got := pixels(t, picture.Form{Size: 4, Background: picture.Colour{9, 9, 9}},
		asGIF(t, 4, 4, frame, image.NewPaletted(image.Rect(0, 0, 4, 4), colours)))
	const n = 9
	want := []uint8{
		n, n, n, n, n, n, n, n, n, n, n, n,
		n, n, n, n, n, n, n, n, n, n, n, n,
		n, n, n, 255, 0, 0, 0, 0, 255, 255, 0, 0,
		n, n, n, n, n, n, 255, 0, 0, 255, 0, 0,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestFit compares known pixels.
func TestFit(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 5, 2))
	copy(img.Pix, []uint8{10, 20, 30, 40, 50, 110, 120, 130, 140, 150})
	const w = 200 // background
	for _, c := range []struct {
		fit  picture.Fit
		size int
		want []uint8
	}{
		{picture.Pad, 5, []uint8{
			w, w, w, w, w, 10, 20, 30, 40, 50, 110, 120, 130, 140, 150, w, w, w, w, w, w, w, w, w, w,
		}},
		{picture.Pad, 1, []uint8{(3*5*w + 5*30 + 5*130 + 12) / 25}},
		{picture.Stretch, 1, []uint8{80}},
		{picture.Stretch, 2, []uint8{18, 42, 118, 142}}, // (10 + 20 + 30/2) / 2.5
		{picture.Crop, 2, []uint8{20, 30, 120, 130}},
		{picture.Crop, 1, []uint8{75}},
		{picture.Crop, 4, []uint8{
			20, 20, 30, 30, 20, 20, 30, 30, 120, 120, 130, 130, 120, 120, 130, 130,
		}},
		{picture.Crop, 3, []uint8{20, 25, 30, 70, 75, 80, 120, 125, 130}},
	} {
		f := picture.Form{Size: c.size, Fit: c.fit, Background: picture.Colour{w, w, w}}
		if got := picture.Grey(pixels(t, f, asPNG(t, img))); !slices.Equal(got, c.want) {
			t.Errorf("%v to %d: got %v, want %v", c.fit, c.size, got, c.want)
		}
	}
}

// TestMean compares with means over the pixels of a picture that is enlarged Size times.
func TestMean(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range braidtest.Cases(300, 3000) {
		width, height := 1+random.IntN(9), 1+random.IntN(9)
		f := picture.Form{
			Size: 1 + random.IntN(8), Fit: picture.Fit(random.IntN(3)),
			Background: picture.Colour{0, 100, 250},
		}
		img := image.NewNRGBA(image.Rect(0, 0, width, height))
		for i := range img.Pix {
			img.Pix[i] = uint8(random.Uint32())
		}
		got := pixels(t, f, asPNG(t, img))
		windowX, windowY := width, height
		switch f.Fit {
		case picture.Pad:
			windowX = max(width, height)
			windowY = windowX
		case picture.Crop:
			windowX = min(width, height)
			windowY = windowX
		}
		sums := make([]float64, len(got))
		for u := range windowX * f.Size {
			for v := range windowY * f.Size {
				c := img.NRGBAAt(u/f.Size-(windowX-width)/2, v/f.Size-(windowY-height)/2)
				for k, s := range []uint8{c.R, c.G, c.B} {
					a := float64(c.A) / 255
					at := 3*(v/windowY*f.Size+u/windowX) + k
					sums[at] += float64(s)*a + float64(f.Background[k])*(1-a)
				}
			}
		}
		for i, s := range sums {
			want := s / float64(windowX*windowY)
			if d := float64(got[i]) - want; d > 0.51 || d < -0.51 {
				t.Fatalf("%d x %d, %+v: byte %d is %d, want %.2f", width, height, f, i, got[i], want)
			}
		}
	}
}

// TestOrientation turns pictures of odd sides by all orientations in all formats that have them.
func TestOrientation(t *testing.T) {
	const width, height = 5, 2
	upright := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		copy(upright.Pix[4*i:], []uint8{uint8(20 * i), uint8(250 - 10*i), uint8(i * i), 255})
	}
	for o, from := range stored(width, height) {
		img := image.NewNRGBA(image.Rect(0, 0, width, height))
		if o >= 4 {
			img = image.NewNRGBA(image.Rect(0, 0, height, width))
		}
		for y := range img.Rect.Dy() {
			for x := range img.Rect.Dx() {
				img.SetNRGBA(x, y, upright.NRGBAAt(from(x, y)))
			}
		}
		for name, content := range map[string][]byte{
			"PNG": orientedPNG(asPNG(t, img), o+1), "TIFF": orientedTIFF(img, o+1),
			"WebP": orientedWebP(img, o+1),
		} {
			for fit := range picture.Crop + 1 {
				for _, size := range []int{1, 3, 4, 5, 7} {
					f := picture.Form{Size: size, Fit: fit, Background: picture.Colour{7, 8, 9}}
					got, want := pixels(t, f, content), pixels(t, f, asPNG(t, upright))
					if !slices.Equal(got, want) {
						t.Errorf("%s, orientation %d, %v to %d: got %v, want %v", name, o+1, fit, size, got,
							want)
					}
				}
			}
		}
	}
	for o, from := range stored(64, 32) {
		img := image.NewNRGBA(image.Rect(0, 0, 64, 32))
		if o >= 4 {
			img = image.NewNRGBA(image.Rect(0, 0, 32, 64))
		}
		for y := range img.Rect.Dy() {
			for x := range img.Rect.Dx() {
				img.SetNRGBA(x, y, scene().NRGBAAt(from(x, y)))
			}
		}
		f := picture.Form{Size: 4, Fit: picture.Stretch}
		got, want := pixels(t, f, orientedJPEG(asJPEG(t, img), o+1)), pixels(t, f, asPNG(t, scene()))
		if !near(got, want, 6) {
			t.Errorf("JPEG, orientation %d: got %v, want %v", o+1, got, want)
		}
	}
}

// stored returns where in an upright picture a stored pixel is from, by the orientation minus 1.
func stored(width, height int) []func(x, y int) (int, int) {
	return []func(x, y int) (int, int){
		func(x, y int) (int, int) { return x, y },
		func(x, y int) (int, int) { return width - 1 - x, y },
		func(x, y int) (int, int) { return width - 1 - x, height - 1 - y },
		func(x, y int) (int, int) { return x, height - 1 - y },
		func(x, y int) (int, int) { return y, x },
		func(x, y int) (int, int) { return width - 1 - y, x },
		func(x, y int) (int, int) { return width - 1 - y, height - 1 - x },
		func(x, y int) (int, int) { return y, height - 1 - x },
	}
}

// TestTooLarge reads headers of pictures that would take too much memory.
func TestTooLarge(t *testing.T) {
	f := picture.Form{Size: 8}
	webp := slices.Clone(asWebP(scene()))
	copy(webp[21:], []byte{0xff, 0xff, 0xff, 0x0f}) // 16384 x 16384
	bmp := slices.Clone(asBMP(t, scene()))
	copy(bmp[18:], []byte{0, 0, 1, 0, 0, 0, 1, 0})
	gif := slices.Clone(asGIF(t, 64, 32, converted(image.NewPaletted(scene().Rect, palette.WebSafe))))
	copy(gif[6:], []byte{0xff, 0xff, 0xff, 0xff})
	large := image.NewNRGBA(image.Rect(0, 0, 64, 32))
	jpg := asJPEG(t, scene())
	at := bytes.Index(jpg, []byte{0xff, 0xc0})
	copy(jpg[at+5:], []byte{0xff, 0xff, 0xff, 0xff})
	tif := orientedTIFF(large, 1)
	end := len(tif) - 4 - 10*12
	tif[end+8], tif[end+9], tif[end+20], tif[end+21] = 0xff, 0xff, 0xff, 0xff
	for name, content := range map[string][]byte{
		"PNG": braidtest.PNGStart(60_000, 60_000, 8, 2, 0), "JPEG": jpg, "GIF": gif, "WebP": webp,
		"BMP": bmp, "TIFF": tif,
	} {
		var err error
		allocated := braidtest.Allocated(func() { _, err = f.Pixels(content, most) })
		large, ok := errors.AsType[*vision.TooLarge](err)
		if !ok || large.Bytes <= most || large.Most != most || large.Width < 16_384 {
			t.Errorf("%s: the error is %v, want one of its size", name, err)
		}
		if allocated > 1<<20 {
			t.Errorf("%s: %d bytes were allocated for a picture that is too large", name, allocated)
		}
	}
	// The limit is exact: a PNG of scene counts as four bytes a pixel.
	if _, err := f.Pixels(asPNG(t, scene()), 64*32*4); err != nil {
		t.Error(err)
	}
	if _, err := f.Pixels(asPNG(t, scene()), 64*32*4-1); !errors.As(err, new(*vision.TooLarge)) {
		t.Errorf("one byte less: the error is %v", err)
	}
	for depth, want := range map[byte]int64{8: 50 * 40 * 4, 16: 50 * 40 * 8} {
		for interlace := range byte(2) {
			_, err := f.Pixels(braidtest.PNGStart(50, 40, depth, 2, interlace), 1)
			large, ok := errors.AsType[*vision.TooLarge](err)
			if !ok || large.Bytes != want*int64(1+interlace) {
				t.Errorf("PNG of %d bits, interlaced %d: the error is %v", depth, interlace, err)
			}
		}
	}
	long := braidtest.PNGStart(1<<20, 1, 8, 0, 0)
	_, err := f.Pixels(long, 1<<40)
	if err == nil || !strings.Contains(err.Error(), "at most 1048575") {
		t.Errorf("a long picture: the error is %v", err)
	}
}

// TestProgressive counts the coefficients and the scans of a progressive JPEG.
func TestProgressive(t *testing.T) {
	start := func(marker byte, scans int) []byte {
		content := slices.Concat([]byte{0xff, 0xd8}, segment(marker, 8, 3, 0, 4, 0, 1, 1, 0x11, 0))
		for range scans {
			content = append(content, segment(0xda, 1, 1, 0, 0, 0, 0)...)
			content = append(content, 0x12, 0xff, 0x00, 0xff, 0xd0, 0x34) // 0xff and a restart
		}
		return append(content, 0xff, 0xd9)
	}
	const padded = (1024 + 32) * (768 + 32)
	for _, c := range []struct {
		marker byte
		scans  int
		want   int64
	}{{0xc0, 1, padded}, {0xc0, 100, padded}, {0xc2, 3, 5 * padded}, {0xc2, 100, 100 * 1024 * 768}} {
		_, err := picture.Form{Size: 8}.Pixels(start(c.marker, c.scans), 1000)
		if large, ok := errors.AsType[*vision.TooLarge](err); !ok || large.Bytes != c.want {
			t.Errorf("%x with %d scans: the error is %v, want %d bytes", c.marker, c.scans, err, c.want)
		}
	}
	for range 2 { // damaged, and so large that they are decoded one at a time
		_, err := picture.Form{Size: 8}.Pixels(start(0xc2, 100), 1<<30)
		if err == nil || !strings.Contains(err.Error(), "the JPEG") {
			t.Errorf("a progressive JPEG without pixels: the error is %v", err)
		}
	}
}

// TestMistakes gives what is no picture, and damaged ones.
func TestMistakes(t *testing.T) {
	f := picture.Form{Size: 4}
	for content, want := range map[string]string{
		"":                                 "no bytes: want a PNG, JPEG, GIF, WebP, BMP or TIFF picture",
		"%PDF-1.4 ....":                    "got a PDF file: want",
		"<svg></svg>":                      "got text (\"<svg></svg>\")",
		"\x00\x00\x00\x18ftypheic\x00\x00": "got a HEIC or AVIF image or a film: want",
		"RIFF\x00\x00\x00\x00WAVEfmt ":     "of an unknown kind",
	} {
		_, err := f.Pixels([]byte(content), most)
		if !errors.Is(err, picture.ErrFormat) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: the error is %v, want %q", content, err, want)
		}
	}
	for name, c := range files(t) {
		_, err := f.Pixels(c.content[:len(c.content)/2], most)
		format, _, _ := strings.Cut(name, " ")
		if err == nil || !strings.Contains(err.Error(), "the "+format) {
			t.Errorf("half of %s: the error is %v, want one that names the format", name, err)
		}
	}
	for form, want := range map[picture.Form]string{
		{}: "size 0, want 1 to 1024 pixels", {Size: 1025}: "size 1025, want 1 to 1024",
		{Size: 8, Fit: 3}: `Fit(3), want one of "pad", "stretch", "crop"`,
	} {
		_, err := form.Pixels(asPNG(t, scene()), most)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: the error is %v, want %q", form, err, want)
		}
	}
}

// TestHostile damages pictures of all formats.
func TestHostile(t *testing.T) {
	f := picture.Form{Size: 3}
	for _, c := range files(t) {
		step := max(len(c.content)/braidtest.Cases(40, 400), 1)
		for at := 0; at < len(c.content); at += step {
			for _, change := range []byte{0xff, 0x01, 0x80} {
				damaged := slices.Clone(c.content)
				damaged[at] ^= change
				f.Pixels(damaged, 1<<20)
			}
			f.Pixels(c.content[:at], 1<<20)
		}
	}
}

func TestColour(t *testing.T) {
	for text, want := range map[string]picture.Colour{
		"auto": {255, 255, 255}, "white": {255, 255, 255}, "black": {}, "#0180fF": {1, 128, 255},
		"grey": {128, 128, 128},
	} {
		var c picture.Colour
		if err := c.UnmarshalText([]byte(text)); err != nil || c != want {
			t.Errorf("%s: got %v and the error %v, want %v", text, c, err, want)
		}
		again := c
		if text, err := c.MarshalText(); err != nil || again.UnmarshalText(text) != nil || again != c {
			t.Errorf("%v is written as %s, error %v", c, text, err)
		}
	}
	for _, text := range []string{"", "red", "#fff", "ff8000", "#ff80000", "#gg0000"} {
		var c picture.Colour
		if err := c.UnmarshalText([]byte(text)); err == nil || !strings.Contains(err.Error(), "#ff8000") {
			t.Errorf("%s: the error is %v", text, err)
		}
	}
}

// fuzz checks one format: any content gives pixels or an error.
func fuzz(f *testing.F, format string) {
	for name, c := range files(f) {
		if strings.HasPrefix(name, format) {
			f.Add(c.content, uint8(4))
			f.Add(c.content[:len(c.content)/2], uint8(9))
		}
	}
	f.Fuzz(func(t *testing.T, content []byte, size uint8) {
		form := picture.Form{Size: 1 + int(size)%16, Fit: picture.Fit(size / 16 % 3)}
		got, err := form.Pixels(content, 1<<16)
		if err == nil && len(got) != 3*form.Size*form.Size {
			t.Errorf("got %d bytes for %d x %d pixels", len(got), form.Size, form.Size)
		}
	})
}

func FuzzPNG(f *testing.F)  { fuzz(f, "PNG") }
func FuzzJPEG(f *testing.F) { fuzz(f, "JPEG") }
func FuzzGIF(f *testing.F)  { fuzz(f, "GIF") }
func FuzzWebP(f *testing.F) { fuzz(f, "WebP") }
func FuzzBMP(f *testing.F)  { fuzz(f, "BMP") }
func FuzzTIFF(f *testing.F) { fuzz(f, "TIFF") }

func BenchmarkPixels(b *testing.B) {
	img := image.NewNRGBA(image.Rect(0, 0, 640, 480))
	random := rand.New(rand.NewPCG(3, 4))
	for i := range img.Pix {
		img.Pix[i] = uint8(i/40) | 0x80 | uint8(random.IntN(8))
	}
	for name, content := range map[string][]byte{"png": asPNG(b, img), "jpeg": asJPEG(b, img)} {
		b.Run(fmt.Sprint("format=", name), func(b *testing.B) {
			b.SetBytes(640 * 480)
			for b.Loop() {
				pixels(b, picture.Form{Size: 48}, content)
			}
		})
	}
}
