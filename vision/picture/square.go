package picture

import (
	"fmt"
	"sync"
)

// MaxSize is the largest Form.Size.
const MaxSize = 1024

// Form is the form of the pixels that pictures are converted to.
type Form struct {
	Size       int    // side of the square in pixels: 1 to MaxSize
	Fit        Fit    // of pictures that are not square
	Background Colour // of transparent pixels and of padding
}

// Check returns an error if the form is not possible.
func (f Form) Check() error {
	if f.Size < 1 || f.Size > MaxSize {
		return fmt.Errorf("size %d, want 1 to %d pixels", f.Size, MaxSize)
	}
	return fits.Check(f.Fit)
}

// Pixels reads a picture, turns it upright by its EXIF orientation, and converts it to a square:
// red, green and blue of [Size, Size] pixels. Each is the mean of the area that it covers.
//
// most limits the bytes that the decoder allocates and its work, which are known from the header.
// If they are more, nothing is decoded, and the error is a *vision.TooLarge. It is ErrFormat if
// content is of no known format. No content makes Pixels panic.
//
// Any number of goroutines may decode at once. Pictures of more than 64 MB wait for each other.
func (f Form) Pixels(content []byte, most int64) ([]uint8, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	h, err := open(content, most)
	if err != nil {
		return nil, err
	}
	if h.cost > large {
		oneLarge.Lock()
		defer oneLarge.Unlock()
	}
	d, err := h.decode(content)
	if err != nil {
		return nil, err
	}
	return f.square(d), nil
}

// large is the cost above which pictures are decoded one at a time, by all goroutines together: as
// many as there are processors would take too much memory.
const large = 64 << 20

var oneLarge sync.Mutex

// square converts a picture.
func (f Form) square(d *decoded) []uint8 {
	size, bounds := f.Size, d.Bounds()
	x, y := f.Fit.axes(d.canvas.Dx(), d.canvas.Dy(), d.orientation)
	// The image is where it is in the canvas.
	whole := uint64(x.window) * uint64(y.window)
	x.offset, x.length = x.offset+bounds.Min.X-d.canvas.Min.X, bounds.Dx()
	y.offset, y.length = y.offset+bounds.Min.Y-d.canvas.Min.Y, bounds.Dy()
	columns, rows := x.spans(size), y.spans(size)

	read, row := reader(d.Image), make([]uint16, channels*bounds.Dx())
	line, lineOf := make([]uint64, channels*size), -1 // a row of the picture, averaged
	sums := make([]uint64, channels*size)
	pixels := make([]uint8, 3*size*size)
	for i, s := range rows {
		clear(sums)
		for r := s.first; r <= s.last; r++ {
			if r != lineOf {
				read(row, bounds.Min.Y+r)
				average(line, row, columns, size)
				lineOf = r
			}
			weight := s.weight(r, size)
			for k, v := range line {
				sums[k] += weight * v
			}
		}
		f.Background.blend(pixels[3*size*i:][:3*size], sums, whole)
	}
	return turned(pixels, size, d.orientation)
}

// average sums the pixels of a row into those of the square.
func average(line []uint64, row []uint16, columns []span, size int) {
	for i, s := range columns {
		var r, g, b, a uint64
		if s.first <= s.last {
			for p := s.first + 1; p < s.last; p++ {
				pixel := row[channels*p:][:channels]
				r += uint64(pixel[0])
				g += uint64(pixel[1])
				b += uint64(pixel[2])
				a += uint64(pixel[3])
			}
			n := uint64(size)
			r, g, b, a = n*r, n*g, n*b, n*a
			ends := [2]int{s.first, s.last}
			for _, p := range ends[:1+min(1, s.last-s.first)] {
				pixel, weight := row[channels*p:][:channels], s.weight(p, size)
				r += weight * uint64(pixel[0])
				g += weight * uint64(pixel[1])
				b += weight * uint64(pixel[2])
				a += weight * uint64(pixel[3])
			}
		}
		line[channels*i], line[channels*i+1], line[channels*i+2], line[channels*i+3] = r, g, b, a
	}
}

// turned returns a square upright that was stored with an orientation.
func turned(pixels []uint8, size, orientation int) []uint8 {
	if orientation == 1 {
		return pixels
	}
	swapped, reversedX, reversedY := turn(orientation)
	to := make([]uint8, len(pixels))
	for row := range size {
		for column := range size {
			x, y := column, row
			if reversedX {
				x = size - 1 - x
			}
			if reversedY {
				y = size - 1 - y
			}
			if swapped {
				x, y = y, x
			}
			copy(to[3*(y*size+x):][:3], pixels[3*(row*size+column):])
		}
	}
	return to
}

// IsGrey reports whether red, green and blue of all pixels are equal.
func IsGrey(pixels []uint8) bool {
	for i := 0; i+2 < len(pixels); i += 3 {
		if pixels[i] != pixels[i+1] || pixels[i] != pixels[i+2] {
			return false
		}
	}
	return true
}

// Grey returns the brightness of pixels: 0.299 red + 0.587 green + 0.114 blue.
func Grey(pixels []uint8) []uint8 {
	to := make([]uint8, len(pixels)/3)
	for i := range to {
		p := pixels[3*i:][:3]
		to[i] = uint8((19595*uint32(p[0]) + 38470*uint32(p[1]) + 7471*uint32(p[2]) + 1<<15) >> 16)
	}
	return to
}
