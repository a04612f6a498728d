package vision_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color/palette"
	"testing"

	"braid/internal/braidtest"
	"braid/vision"
	"braid/vision/digit"
)

// FuzzDecode reads any bytes, and looks at what comes of them.
func FuzzDecode(f *testing.F) {
	drawing := braidtest.Gray(braidtest.Five(40, 30, 24), 40, 0, 255)
	for _, content := range [][]byte{
		braidtest.PNG(f, drawing), braidtest.PNG(f, braidtest.Each(drawing, image.NewNRGBA(drawing.Rect), same)), interlaced(f, drawing),
		braidtest.PNG(f, braidtest.Each(drawing, image.NewGray16(drawing.Rect), same)), braidtest.JPEG(f, drawing, 75), cmyk(f, drawing),
		braidtest.JPEG(f, braidtest.Each(drawing, image.NewRGBA(drawing.Rect), same), 75), progressive(f),
		with(braidtest.JPEG(f, drawing, 30), exif(binary.BigEndian, 8)), without(cmyk(f, drawing), 0xee),
		braidtest.PNG(f, braidtest.Each(drawing, image.NewPaletted(drawing.Rect, palette.WebSafe), same)), deepProgressive(40, 30),
		jpegWith(30, 20, false, []byte{0x41, 0x14, 0x22}, completeTables(1, 2), scanHeader(3, 0, 63, 0), randomBits(900)),
		braidtest.PNGStart(60_000, 60_000, 8, 2, 1), jpegStart(60_000, 60_000, true, 0x22, 0x11, 0x11), []byte("GIF89a"),
	} {
		f.Add(content)
		f.Add(content[:len(content)/2])
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		const most = 1 << 20
		g, err := vision.Decode(content, most)
		if large, ok := errors.AsType[*vision.TooLarge](err); ok && large.Bytes <= most {
			t.Errorf("%d bytes are too large where %d are allowed", large.Bytes, most)
		}
		standard(t, content, g, err)
		if err != nil {
			return
		}
		pixels, err := digit.MNIST(g, 28, 28)
		if errors.Is(err, digit.ErrBlank) {
			return
		}
		if err != nil || len(pixels) != 28*28 {
			t.Fatalf("%d pixels of %d x %d, and the error %v", len(pixels), g.Height, g.Width, err)
		}
		brightest := uint8(0)
		for _, v := range pixels {
			brightest = max(brightest, v)
		}
		if brightest != 255 {
			t.Errorf("the brightest value is %d, want 255", brightest)
		}
	})
}

// standard compares with image/png, which reads less, and with the size that image/jpeg has read.
func standard(t *testing.T, content []byte, got *vision.Grey, err error) {
	t.Helper()
	config, format, bad := image.DecodeConfig(bytes.NewReader(content))
	if bad != nil || config.Width*config.Height > 1<<16 {
		return
	}
	img, _, bad := image.Decode(bytes.NewReader(content))
	switch {
	case bad != nil || errors.As(err, new(*vision.TooLarge)):
		return
	case err != nil && format == "png":
		t.Errorf("image/png reads what is refused: %v", err)
	case err != nil:
		return
	}
	want := vision.FromImage(img)
	turned := format == "jpeg" && got.Width == want.Height && got.Height == want.Width
	if (got.Width != want.Width || got.Height != want.Height) && !turned && !bytes.Contains(content, []byte("eXIf")) {
		t.Errorf("got %d x %d pixels, want %d x %d", got.Width, got.Height, want.Width, want.Height)
	}
	if format != "png" || bytes.Contains(content, []byte("eXIf")) {
		return
	}
	for i, v := range got.Pixels {
		if d := v - want.Pixels[i]; d > 0.01 || d < -0.01 {
			t.Fatalf("pixel %d of %d x %d is %v, want %v", i, got.Width, got.Height, v, want.Pixels[i])
		}
	}
}
