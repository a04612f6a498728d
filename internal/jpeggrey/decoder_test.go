package jpeggrey_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"testing"

	"braid/internal/braidtest"
	"braid/internal/jpeggrey"
)

// TestDecode compares several reduced sizes with the means of image/jpeg's pixels. If squares have
// a side of more than 6 pixels, only the means of blocks are decoded.
func TestDecode(t *testing.T) {
	const width, height = 203, 151
	drawing := braidtest.Gray(braidtest.Five(width, height, 12), width, 20, 230)
	for name, content := range map[string][]byte{
		"grey":  braidtest.JPEG(t, drawing, 90),
		"4:2:0": braidtest.JPEG(t, braidtest.Convert(drawing, image.NewRGBA(drawing.Rect)), 90),
	} {
		img, err := jpeg.Decode(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		for _, longest := range []int{512, 203, 202, 68, 20, 1} {
			d, err := jpeggrey.Open(content, longest)
			if err != nil {
				t.Fatal(err)
			}
			if w, h := d.Size(); w != width || h != height || d.EXIF() != nil {
				t.Fatalf("%s: got %d x %d, EXIF %v, want %d x %d and none", name, w, h, d.EXIF(), width, height)
			}
			got, err := d.Decode()
			if err != nil {
				t.Fatal(err)
			}
			side := (width + longest - 1) / longest
			want := means(img, side)
			if len(got) != len(want) {
				t.Fatalf("%s to %d: got %d pixels, want %d", name, longest, len(got), len(want))
			}
			mean, most := 0.0, 0.0 // levels of 255
			for i, v := range got {
				off := 255 * math.Abs(float64(v)-want[i])
				mean, most = mean+off/float64(len(got)), max(most, off)
			}
			// Both decoders round to levels. The mean of a block is inexact if the edge of a square
			// crosses the block.
			if side <= 6 && most > 1.01 || mean > 2 {
				t.Errorf("%s to %d: off by %.2f levels in the mean, %.2f at most", name, longest, mean, most)
			}
		}
	}
}

// means returns the brightness of squares of side x side pixels, 0 to 1.
func means(img image.Image, side int) []float64 {
	frame := img.Bounds()
	var to []float64
	for top := 0; top < frame.Dy(); top += side {
		for left := 0; left < frame.Dx(); left += side {
			sum, n := 0.0, 0.0
			for y := top; y < min(top+side, frame.Dy()); y++ {
				for x := left; x < min(left+side, frame.Dx()); x++ {
					sum += luminance(img, x, y)
					n++
				}
			}
			to = append(to, sum/n/255)
		}
	}
	return to
}

func luminance(img image.Image, x, y int) float64 {
	switch img := img.(type) {
	case *image.Gray:
		return float64(img.GrayAt(x, y).Y)
	case *image.YCbCr:
		return float64(img.Y[img.YOffset(x, y)])
	}
	panic("neither grey nor YCbCr")
}
