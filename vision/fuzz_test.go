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

// FuzzDecode decodes any bytes and checks the digit in them.
func FuzzDecode(f *testing.F) {
	drawing := braidtest.Gray(braidtest.Five(40, 30, 24), 40, 0, 255)
	frame := drawing.Rect
	for _, content := range [][]byte{
		braidtest.PNG(f, drawing),
		braidtest.PNG(f, braidtest.Convert(drawing, image.NewNRGBA(frame))),
		braidtest.PNG(f, braidtest.Convert(drawing, image.NewGray16(frame))),
		braidtest.PNG(f, braidtest.Convert(drawing, image.NewPaletted(frame, palette.WebSafe))),
		interlaced(f, drawing),
		braidtest.PNGStart(60_000, 60_000, 8, 2, 1),
		braidtest.JPEG(f, drawing, 75),
		braidtest.JPEG(f, braidtest.Convert(drawing, image.NewRGBA(frame)), 75),
		with(braidtest.JPEG(f, drawing, 30), exif(binary.BigEndian, 8)),
		cmyk(f, drawing),
		without(cmyk(f, drawing), 0xee),
		progressive(f),
		deepProgressive(40, 30),
		jpegWith(30, 20, false, []byte{0x41, 0x14, 0x22}, completeTables(1, 2),
			scanHeader(3, 0, 63, 0), randomBits(900)),
		jpegStart(60_000, 60_000, true, 0x22, 0x11, 0x11),
		[]byte("GIF89a"),
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

// standard compares a Grey with image/png, and its size with image/jpeg. Both refuse more files.
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
	hasEXIF := bytes.Contains(content, []byte("eXIf")) // in a PNG
	sameSize := got.Width == want.Width && got.Height == want.Height
	turned := format == "jpeg" && got.Width == want.Height && got.Height == want.Width
	if !sameSize && !turned && !hasEXIF {
		t.Errorf("got %d x %d pixels, want %d x %d", got.Width, got.Height, want.Width, want.Height)
	}
	if format != "png" || hasEXIF {
		return
	}
	for i, v := range got.Pixels {
		if d := v - want.Pixels[i]; d > 0.01 || d < -0.01 {
			t.Fatalf("pixel %d of %d x %d is %v, want %v", i, got.Width, got.Height, v, want.Pixels[i])
		}
	}
}
