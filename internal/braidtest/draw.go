package braidtest

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math"
	"testing"
)

// Five draws a 5, whose bar touches nothing else, away from the middle of width x height pixels. It
// returns the fraction of each pixel that its strokes cover. pen is their width in an image of
// 400 x 300.
func Five(width, height int, pen float64) []float64 {
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

// Gray paints strokes with the given cover. ink and paper are from 0 to 255.
func Gray(cover []float64, width int, ink, paper float64) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, width, len(cover)/width))
	for i, c := range cover {
		img.Pix[i] = uint8(math.Round(paper + c*(ink-paper)))
	}
	return img
}

// Convert copies an image to one of another type.
func Convert[T draw.Image](img image.Image, to T) T {
	return Each(img, to, func(c color.Color) color.Color { return c })
}

// Each copies an image to another and changes each pixel's colour.
func Each[T draw.Image](img image.Image, to T, change func(c color.Color) color.Color) T {
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			to.Set(x, y, change(img.At(x, y)))
		}
	}
	return to
}

// PNG encodes an image.
func PNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// JPEG encodes an image.
func JPEG(t testing.TB, img image.Image, quality int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Apart returns the mean difference of two images, over the pixels that are not 0 in both, and the
// largest difference.
func Apart(a, b []uint8) (mean float64, most int) {
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

// Near is the least Apart of an image and another of 28 x 28 that is moved by up to a pixel: a
// small difference may round the centre of mass to another pixel.
func Near(a, b []uint8) (mean float64, most int) {
	mean, most = Apart(a, b)
	for _, move := range []int{-29, -28, -27, -1, 1, 27, 28, 29} {
		moved := make([]uint8, len(b))
		for i := range moved {
			if from := i - move; from >= 0 && from < len(b) {
				moved[i] = b[from]
			}
		}
		if m, most2 := Apart(a, moved); m < mean {
			mean, most = m, most2
		}
	}
	return mean, most
}
