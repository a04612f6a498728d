package vision_test

import (
	"encoding/binary"
	"errors"
	"image"
	"testing"

	"braid/internal/braidtest"
	"braid/vision"
)

// FuzzDecode reads any bytes, and looks at what comes of them.
func FuzzDecode(f *testing.F) {
	drawing := grey(five(40, 30, 24), 40, 0, 255)
	for _, content := range [][]byte{
		pngOf(f, drawing), pngOf(f, each(drawing, image.NewNRGBA(drawing.Rect), same)), interlaced(f, drawing),
		pngOf(f, each(drawing, image.NewGray16(drawing.Rect), same)), jpegOf(f, drawing, 75), cmyk(f, drawing),
		jpegOf(f, each(drawing, image.NewRGBA(drawing.Rect), same), 75), progressive(f),
		with(jpegOf(f, drawing, 30), exif(binary.BigEndian, 8)),
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
		if err != nil {
			return
		}
		pixels, err := g.MNIST(28, 28)
		if errors.Is(err, vision.ErrBlank) {
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
