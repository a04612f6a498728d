package digit_test

import (
	"image"
	"image/color"
	"image/draw"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"braid/vision"
	"braid/vision/digit"
)

// seen returns an image's digit in 28 x 28.
func seen(t testing.TB, g *vision.Grey) []uint8 {
	t.Helper()
	pixels, err := digit.MNIST(g, 28, 28)
	if err != nil {
		t.Fatal(err)
	}
	return pixels
}

// decoded decodes an image.
func decoded(t testing.TB, content []byte) *vision.Grey {
	t.Helper()
	g, err := vision.Decode(content, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// face returns a font at a size in pixels.
func face(t *testing.T, ttf []byte, size float64) font.Face {
	t.Helper()
	parsed, err := opentype.Parse(ttf)
	if err != nil {
		t.Fatal(err)
	}
	f, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// written draws a digit on a slightly larger page, away from its middle.
func written(f font.Face, digit int, ink, paper color.Color) image.Image {
	text := string(rune('0' + digit))
	box, _ := font.BoundString(f, text)
	width, height := (box.Max.X - box.Min.X).Ceil(), (box.Max.Y - box.Min.Y).Ceil()
	img := image.NewRGBA(image.Rect(0, 0, 2*width+height+9, 2*height+5))
	draw.Draw(img, img.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	at := fixed.P(width/3+3, height/2+2).Sub(fixed.Point26_6{X: box.Min.X &^ 63, Y: box.Min.Y &^ 63})
	d := font.Drawer{Dst: img, Src: image.NewUniform(ink), Face: f, Dot: at}
	d.DrawString(text)
	return img
}
