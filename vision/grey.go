package vision

import (
	"image"
	"slices"
)

// Grey is an image in greys: rows from the top, 0 black to 1 white.
type Grey struct {
	Width, Height int
	Pixels        []float32 // [Height, Width]
}

// longest is the longer side of a Grey that is made of an image: more shows nothing in 28 x 28.
const longest = 512

// FromImage gives an image's brightness. Images with a side of more than 512 pixels are made smaller by
// a whole number, each of the new pixels being the mean of a square; so a Grey has at most 1 MB. What is
// transparent becomes background: white, or black where all that can be seen is light.
func FromImage(img image.Image) *Grey {
	bounds := img.Bounds()
	width, height := bounds.Dx(), bounds.Dy()
	if width <= 0 || height <= 0 {
		return &Grey{}
	}
	side := (max(width, height) + longest - 1) / longest
	g := &Grey{Width: (width + side - 1) / side, Height: (height + side - 1) / side}
	g.Pixels = make([]float32, g.Width*g.Height)
	var opacity []float32 // only if some pixel is not opaque

	read := reader(img)
	var span span
	light, cover := make([]float64, g.Width), make([]float64, g.Width)
	for row := range g.Height {
		clear(light)
		clear(cover)
		rows := min(side, height-row*side)
		for y := range rows {
			for x := 0; x < width; x += spanPixels {
				n := min(spanPixels, width-x)
				read(&span, bounds.Min.X+x, bounds.Min.Y+row*side+y, n)
				span.add(light, cover, x, n, side)
			}
		}
		for i := range light {
			n := float64(rows * min(side, width-i*side))
			g.Pixels[row*g.Width+i] = float32(light[i] / n)
			if cover[i] != n && opacity == nil {
				opacity = slices.Repeat([]float32{1}, len(g.Pixels))
			}
			if opacity != nil {
				opacity[row*g.Width+i] = float32(cover[i] / n)
			}
		}
	}
	if opacity != nil {
		g.lay(opacity)
	}
	return g
}

// add sums pixels of a row to the squares that they lie in.
func (s *span) add(light, cover []float64, x, n, side int) {
	if side == 1 {
		for i := range n {
			light[x+i], cover[x+i] = float64(s.light[i]), float64(s.cover[i])
		}
		return
	}
	for i := 0; i < n; {
		to := (x + i) / side
		end := min(n, (to+1)*side-x)
		var l, c float64
		for ; i < end; i++ {
			l += float64(s.light[i])
			c += float64(s.cover[i])
		}
		light[to] += l
		cover[to] += c
	}
}

// pageSpread is how much the brightness of what is opaque must vary, as a standard deviation, for it to
// be a page that holds something, rather than strokes of one colour.
const pageSpread = 0.05

// lay puts an image, whose brightness is multiplied with its opacity so far, onto a background. Dark
// strokes get white, light strokes black. But a page with transparent corners gets what is most like it.
func (g *Grey) lay(opacity []float32) {
	var area, sum, squares float64
	for i, p := range g.Pixels {
		if a := float64(opacity[i]); a > 0 {
			area += a
			sum += float64(p)
			squares += float64(p) * float64(p) / a
		}
	}
	if area == 0 {
		return
	}
	mean := sum / area
	light := mean >= 0.5
	page := area > float64(len(g.Pixels))/2 && squares/area-mean*mean > pageSpread*pageSpread
	if light != page {
		return // onto black, as it is
	}
	for i, a := range opacity {
		g.Pixels[i] += 1 - a
	}
}
