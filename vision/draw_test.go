package vision_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"braid/vision"
)

// five is a 5 whose bar touches nothing else, off the middle of width x height pixels, as the share of
// each pixel that its strokes cover. The pen's width and all places are for 400 x 300.
func five(width, height int, pen float64) []float64 {
	line := [][2]float64{{165, 78}, {156, 122}, {196, 114}, {226, 146}, {200, 194}, {146, 200}}
	bar := [][2]float64{{192, 69}, {246, 60}}
	scale := float64(width) / 400
	cover := make([]float64, width*height)
	for _, l := range [][][2]float64{line, bar} {
		for i := 1; i < len(l); i++ {
			ax, ay, bx, by := l[i-1][0]*scale, l[i-1][1]*scale, l[i][0]*scale, l[i][1]*scale
			for at := range cover {
				x, y := float64(at%width)+0.5, float64(at/width)+0.5
				along := ((x-ax)*(bx-ax) + (y-ay)*(by-ay)) / ((bx-ax)*(bx-ax) + (by-ay)*(by-ay))
				along = min(max(along, 0), 1)
				off := math.Hypot(x-ax-along*(bx-ax), y-ay-along*(by-ay))
				cover[at] = max(cover[at], min(max(pen*scale/2+0.5-off, 0), 1))
			}
		}
	}
	return cover
}

// grey paints what is covered with ink on paper, both 0 to 255.
func grey(cover []float64, width int, ink, paper float64) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, width, len(cover)/width))
	for i, c := range cover {
		img.Pix[i] = uint8(math.Round(paper + c*(ink-paper)))
	}
	return img
}

// each is the image with every pixel's colour changed, in the type of to.
func each[T draw.Image](img image.Image, to T, change func(c color.Color) color.Color) T {
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			to.Set(x, y, change(img.At(x, y)))
		}
	}
	return to
}

// seen is an image's digit in 28 x 28.
func seen(t testing.TB, g *vision.Grey) []uint8 {
	t.Helper()
	pixels, err := g.MNIST(28, 28)
	if err != nil {
		t.Fatal(err)
	}
	return pixels
}

// decoded reads content that is a good image.
func decoded(t testing.TB, content []byte) *vision.Grey {
	t.Helper()
	g, err := vision.Decode(content, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// apart is how far two images differ: in the mean of the pixels of which either is not 0, and at most.
func apart(a, b []uint8) (mean float64, most int) {
	n := 0
	for i := range a {
		if a[i] == 0 && b[i] == 0 {
			continue
		}
		n++
		d := max(int(a[i])-int(b[i]), int(b[i])-int(a[i]))
		mean += float64(d)
		most = max(most, d)
	}
	return mean / float64(max(n, 1)), most
}

// near is apart where the second image may be moved by a pixel: the centre of mass may be close to where
// it rounds the other way.
func near(a, b []uint8) (mean float64, most int) {
	mean, most = apart(a, b)
	for _, move := range []int{-29, -28, -27, -1, 1, 27, 28, 29} {
		moved := make([]uint8, len(b))
		for i := range moved {
			if from := i - move; from >= 0 && from < len(b) {
				moved[i] = b[from]
			}
		}
		if m, most2 := apart(a, moved); m < mean {
			mean, most = m, most2
		}
	}
	return mean, most
}

// face is a font at a size in pixels.
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

// written is a digit on a page a bit larger, off its middle.
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

func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func jpegOf(t testing.TB, img image.Image, quality int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
