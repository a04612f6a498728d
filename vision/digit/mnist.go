package digit

import (
	"fmt"
	"math"

	"braid/vision"
)

const smallest = 4 // pixels of a side

// grey is a vision.Grey or an image derived from one, whose values may be outside of 0 to 1.
type grey vision.Grey

// PixelBytes is an upper bound of the memory that MNIST allocates for each pixel of a Grey.
const PixelBytes = 128

// MNIST returns the digit in an image in the form of MNIST's: light on dark, [height, width]. The
// box that the digit fits is 20/28 of the shorter side. An image without a digit is an ErrBlank.
func MNIST(image *vision.Grey, height, width int) ([]uint8, error) {
	if height < smallest || width < smallest {
		const format = "MNIST: got a size of %d x %d, want sides of %d or more"
		return nil, fmt.Errorf(format, height, width, smallest)
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
	return s.normalizedWidth().scaled(box).centred(height, width), nil
}

// check checks the size and the values of a caller's Grey.
func (g *grey) check() error {
	if g.Width < 0 || g.Height < 0 || len(g.Pixels) != g.Width*g.Height {
		const format = "Grey: got %d pixels, want Height %d x Width %d"
		return fmt.Errorf(format, len(g.Pixels), g.Height, g.Width)
	}
	for i, v := range g.Pixels {
		if !(v >= 0 && v <= 1) {
			const format = "Grey: got %v at row %d, column %d, want 0 to 1"
			return fmt.Errorf(format, v, i/g.Width, i%g.Width)
		}
	}
	return nil
}

// centred returns bytes up to 255 with the centre of mass in the middle. The image moves by whole
// pixels and stays within the frame.
func (g *grey) centred(height, width int) []uint8 {
	var mass, sumX, sumY float64
	for y := range g.Height {
		for x, v := range g.Pixels[y*g.Width:][:g.Width] {
			mass += float64(v)
			sumX += float64(float64(x) * float64(v))
			sumY += float64(float64(y) * float64(v))
		}
	}
	left, top := offset(sumX/mass, g.Width, width), offset(sumY/mass, g.Height, height)
	peak := g.peak()
	to := make([]uint8, height*width)
	for y := range g.Height {
		for x, v := range g.Pixels[y*g.Width:][:g.Width] {
			to[(top+y)*width+left+x] = uint8(math.Round(float64(v / peak * 255)))
		}
	}
	return to
}

// offset returns the position of the first of size pixels in a frame that puts their middle at the
// pixel frame/2. In MNIST's images the centre of mass is from 13.5 to 14.5.
func offset(middle float64, size, frame int) int {
	return min(max(int(math.Floor(float64(frame/2)+0.5-middle)), 0), frame-size)
}

func (g *grey) peak() float32 {
	peak := float32(0)
	for _, v := range g.Pixels {
		if v > peak { // max, which handles NaN, takes three times as long
			peak = v
		}
	}
	return peak
}
