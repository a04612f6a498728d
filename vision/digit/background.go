package digit

import (
	"math"
	"slices"
)

const (
	// windowShare is the side of the window, as a fraction of the image's shorter side: wider than
	// any stroke, but narrower than most other dark or light areas.
	windowShare = 1. / 3
	// halvedSide is the least side of an image whose strokes a mean of 2 x 2 pixels preserves.
	halvedSide = 256
)

// closed returns the light page beneath dark strokes. Strokes that are narrower than the window are
// filled, and steps of the light stay in place. It is the closing of grey morphology by a square:
// J. Serra, "Image Analysis and Mathematical Morphology", 1982.
func (g *grey) closed(half int) *grey {
	to := g.dilated(half)
	to.negate()
	to = to.dilated(half)
	to.negate()
	return to
}

// opened returns the dark page beneath light strokes.
func (g *grey) opened(half int) *grey {
	to := g.clone()
	to.negate()
	to = to.closed(half)
	to.negate()
	return to
}

// dilated returns, for each pixel, the largest value in a square around it that extends half pixels
// to each side, within the image.
func (g *grey) dilated(half int) *grey {
	to := g.clone()
	for range 2 {
		f := newMaxFilter(to.Width, half)
		for y := range to.Height {
			f.apply(to.Pixels[y*to.Width:][:to.Width])
		}
		to = to.transposed()
	}
	return to
}

// maxFilter is a maximum filter along a line: M. van Herk, "A fast algorithm for local minimum and
// maximum filters on rectangular and octagonal kernels", 1992. The line is cut into blocks of the
// window's length, so that any window is the end of a block and the start of the next.
type maxFilter struct {
	half   int
	before []float32 // maximum from the start of the block to the pixel
	after  []float32 // maximum from the pixel to the end of the block
}

var outside = float32(math.Inf(-1)) // less than any pixel

func newMaxFilter(n, half int) *maxFilter {
	window := 2*half + 1
	padded := (n + 2*half + window - 1) / window * window
	return &maxFilter{half, make([]float32, padded), make([]float32, padded)}
}

// apply filters a line in place.
func (f *maxFilter) apply(line []float32) {
	window := 2*f.half + 1
	for i := range f.before {
		f.before[i] = outside
	}
	copy(f.before[f.half:], line)
	copy(f.after, f.before)
	for start := 0; start < len(f.after); start += window {
		before, after := f.before[start:][:window], f.after[start:][:window]
		for i := 1; i < window; i++ {
			if before[i] < before[i-1] {
				before[i] = before[i-1]
			}
		}
		for i := window - 1; i > 0; i-- {
			if after[i-1] < after[i] {
				after[i-1] = after[i]
			}
		}
	}
	for i := range line {
		line[i] = f.after[i]
		if v := f.before[i+window-1]; v > line[i] {
			line[i] = v
		}
	}
}

func (g *grey) transposed() *grey {
	const tile = 16 // pixels in a cache line
	to := &grey{g.Height, g.Width, make([]float32, len(g.Pixels))}
	for top := 0; top < g.Height; top += tile {
		for left := 0; left < g.Width; left += tile {
			for y := top; y < min(top+tile, g.Height); y++ {
				for x := left; x < min(left+tile, g.Width); x++ {
					to.Pixels[x*g.Height+y] = g.Pixels[y*g.Width+x]
				}
			}
		}
	}
	return to
}

func (g *grey) clone() *grey { return &grey{g.Width, g.Height, slices.Clone(g.Pixels)} }

func (g *grey) negate() {
	for i, v := range g.Pixels {
		g.Pixels[i] = -v
	}
}

// halved returns an image of half the size, with less noise and a quarter of the work. It returns a
// small image as it is. doubled reverses it.
func (g *grey) halved() *grey {
	if max(g.Width, g.Height) < halvedSide {
		return g
	}
	return g.half()
}

func (g *grey) half() *grey { return g.means(2) }

// means returns the means of 2 x 2 pixels at every step-th pixel.
func (g *grey) means(step int) *grey {
	to := &grey{Width: (g.Width + step - 1) / step, Height: (g.Height + step - 1) / step}
	to.Pixels = make([]float32, to.Width*to.Height)
	for y := range to.Height {
		above := g.Pixels[step*y*g.Width:][:g.Width]
		below := g.Pixels[min(step*y+1, g.Height-1)*g.Width:][:g.Width]
		for x := range to.Width {
			left, right := step*x, min(step*x+1, g.Width-1)
			to.Pixels[y*to.Width+x] = (above[left] + above[right] + below[left] + below[right]) / 4
		}
	}
	return to
}

// doubled repeats each pixel twice in each direction, unless the image has the given size already.
func (g *grey) doubled(width, height int) *grey {
	if g.Width == width && g.Height == height {
		return g
	}
	to := &grey{width, height, make([]float32, width*height)}
	for y := range height {
		row, from := to.Pixels[y*width:][:width], g.Pixels[y/2*g.Width:][:g.Width]
		for x := range row {
			row[x] = from[x/2]
		}
	}
	return to
}
