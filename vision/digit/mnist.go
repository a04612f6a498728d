package digit

import (
	"fmt"
	"math"

	"braid/vision"
)

const smallest = 4 // pixels of a side

// grey is a vision.Grey, or what was made of one: then values may lie beyond 0 to 1.
type grey vision.Grey

// PixelBytes bounds the memory that MNIST allocates, for each pixel of a Grey.
const PixelBytes = 128

// MNIST returns the digit in an image as MNIST has its digits: light on dark bytes, [height, width].
// For sizes other than 28 x 28, the box that the digit fits is 20/28 of the smaller side. An image
// with nothing on it is an ErrBlank.
func MNIST(image *vision.Grey, height, width int) ([]uint8, error) {
	if height < smallest || width < smallest {
		return nil, fmt.Errorf("MNIST: got a size of %d x %d, want sides of %d or more", height, width, smallest)
	}
	g := (*grey)(image)
	if err := g.check(); err != nil {
		return nil, err
	}
	s, err := g.digit()
	if err != nil {
		return nil, err
	}
	box := int(math.Round(float64(min(height, width)) * 20 / 28))
	return s.evened().scaled(box).centred(height, width), nil
}

// check tests what a caller may have put into a Grey.
func (g *grey) check() error {
	if g.Width < 0 || g.Height < 0 || len(g.Pixels) != g.Width*g.Height {
		return fmt.Errorf("Grey: got %d pixels, want Height %d x Width %d", len(g.Pixels), g.Height, g.Width)
	}
	for i, v := range g.Pixels {
		if !(v >= 0 && v <= 1) {
			return fmt.Errorf("Grey: got %v at row %d, column %d, want 0 to 1", v, i/g.Width, i%g.Width)
		}
	}
	return nil
}

// centred gives bytes of which the brightest is 255, with the centre of mass in the middle. It moves by
// whole pixels, and no further than to the edge.
func (g *grey) centred(height, width int) []uint8 {
	var mass, sumX, sumY float64
	for y := range g.Height {
		for x, v := range g.Pixels[y*g.Width:][:g.Width] {
			mass += float64(v)
			sumX += float64(x) * float64(v)
			sumY += float64(y) * float64(v)
		}
	}
	left, top := start(sumX/mass, g.Width, width), start(sumY/mass, g.Height, height)
	peak := g.peak()
	to := make([]uint8, height*width)
	for y := range g.Height {
		for x, v := range g.Pixels[y*g.Width:][:g.Width] {
			to[(top+y)*width+left+x] = uint8(math.Round(float64(v / peak * 255)))
		}
	}
	return to
}

// start is the place of a first pixel that brings the middle of size pixels next to the middle of room:
// the pixel room/2, as in MNIST, where the centre of mass is anywhere from 13.5 to 14.5.
func start(middle float64, size, room int) int {
	return min(max(int(math.Floor(float64(room/2)+0.5-middle)), 0), room-size)
}

func (g *grey) peak() float32 {
	peak := float32(0)
	for _, v := range g.Pixels {
		if v > peak { // max would look out for NaN, and take three times as long
			peak = v
		}
	}
	return peak
}
