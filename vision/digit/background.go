package digit

import (
	"math"
	"slices"
)

// The windows that tell strokes from the page, in shares of the shorter side.
const (
	windowShare = 1. / 3 // wider than any stroke, and narrower than most that is dark or light beside it
	halvedSide  = 256    // an image with so long a side has strokes that a mean of 2 x 2 leaves
)

// closed is the light page beneath dark strokes: where a stroke is narrower than the window it is filled
// with the darkest that is as wide, and a step of the light stays where it is. It is the closing of grey
// morphology by a square: J. Serra, "Image Analysis and Mathematical Morphology", 1982.
func (g *grey) closed(half int) *grey {
	to := g.largest(half)
	to.negate()
	to = to.largest(half)
	to.negate()
	return to
}

// opened is the same for light strokes: the dark page beneath them.
func (g *grey) opened(half int) *grey {
	to := g.clone()
	to.negate()
	to = to.closed(half)
	to.negate()
	return to
}

// largest gives each pixel the largest value of a square about it, of half pixels to each side. What is
// outside of the image does not count.
func (g *grey) largest(half int) *grey {
	to := g.clone()
	for range 2 {
		s := newSlide(to.Width, half)
		for y := range to.Height {
			s.largest(to.Pixels[y*to.Width:][:to.Width])
		}
		to = to.transposed()
	}
	return to
}

// slide goes along a line with a window: M. van Herk, "A fast algorithm for local minimum and maximum
// filters on rectangular and octagonal kernels", 1992. The line is cut into pieces as long as the window,
// which so is the end of one and the start of the next.
type slide struct {
	half          int
	toLeft, after []float32 // the largest from a pixel back to where its piece begins, and on to where it ends
}

var outside = float32(math.Inf(-1)) // less than any pixel

func newSlide(n, half int) *slide {
	window := 2*half + 1
	padded := (n + 2*half + window - 1) / window * window
	return &slide{half, make([]float32, padded), make([]float32, padded)}
}

// largest replaces each value of a line.
func (s *slide) largest(line []float32) {
	window := 2*s.half + 1
	for i := range s.toLeft {
		s.toLeft[i] = outside
	}
	copy(s.toLeft[s.half:], line)
	copy(s.after, s.toLeft)
	for start := 0; start < len(s.after); start += window {
		left, after := s.toLeft[start:][:window], s.after[start:][:window]
		for i := 1; i < window; i++ {
			if left[i] < left[i-1] {
				left[i] = left[i-1]
			}
		}
		for i := window - 1; i > 0; i-- {
			if after[i-1] < after[i] {
				after[i-1] = after[i]
			}
		}
	}
	for i := range line {
		line[i] = s.after[i]
		if v := s.toLeft[i+window-1]; v > line[i] {
			line[i] = v
		}
	}
}

func (g *grey) transposed() *grey {
	const tile = 16 // pixels of a side: a line of the cache holds as many
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

// halved takes the mean of 2 x 2 pixels, which leaves little noise and a quarter of the work, and twice
// gives it back: each pixel for four. Small images stay as they are.
func (g *grey) halved() *grey {
	if max(g.Width, g.Height) < halvedSide {
		return g
	}
	return g.half()
}

func (g *grey) half() *grey { return g.means(2) }

// means takes the mean of 2 x 2 pixels at every step-th pixel.
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

func (g *grey) twice(width, height int) *grey {
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
