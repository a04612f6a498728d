package vision

import "image"

// Grey is an image in greys: rows from the top, 0 black to 1 white.
type Grey struct {
	Width, Height int
	Pixels        []float32 // [Height, Width]
}

// longest is the longer side of a Grey that is made of an image: more shows nothing in 28 x 28.
const longest = 512

// reduction returns how many pixels of an image, along each side, become one of a Grey.
func reduction(width, height int) int { return ceil(max(width, height), longest) }

// reduced returns the size of an image's Grey.
func reduced(width, height int) (columns, rows int) {
	side := reduction(width, height)
	return ceil(width, side), ceil(height, side)
}

func ceil(n, by int) int { return (n + by - 1) / by }

// FromImage gives an image's brightness. Images with a side of more than 512 pixels are made
// smaller by a whole number, each of the new pixels being the mean of a square; so a Grey has at
// most 1 MB. What is transparent becomes background: white, or black where all that can be seen is
// light.
func FromImage(img image.Image) *Grey {
	bounds := img.Bounds()
	width, height := bounds.Dx(), bounds.Dy()
	if width <= 0 || height <= 0 {
		return &Grey{}
	}
	to := newReducer(width, height).withOpacity()
	read := reader(img)
	for y := range height {
		for x := 0; x < width; x += spanPixels {
			n := min(spanPixels, width-x)
			read(&to.span, bounds.Min.X+x, bounds.Min.Y+y, n)
			to.add(x, y, n, 1)
		}
	}
	return to.grey()
}

// reducer sums the pixels of an image into those of a Grey.
type reducer struct {
	width, height int // of the image
	side          int // pixels of the image in one of the Grey, along each side
	columns, rows int // of the Grey
	light         []float64
	cover         []float64 // nil where all pixels are opaque
	span          span      // what add adds
}

// newReducer is for an image whose pixels are all opaque.
func newReducer(width, height int) *reducer {
	r := &reducer{width: width, height: height, side: reduction(width, height)}
	r.columns, r.rows = reduced(width, height)
	r.light = make([]float64, r.columns*r.rows)
	return r
}

// withOpacity has the reducer sum opacities too.
func (r *reducer) withOpacity() *reducer {
	r.cover = make([]float64, len(r.light))
	return r
}

// reducerBytes bounds the memory of a reducer, its Grey, and a copy of that which is turned.
func reducerBytes(width, height int) int64 {
	columns, rows := reduced(width, height)
	return (8 + 8 + 4 + 4) * int64(columns) * int64(rows)
}

// add adds the first n pixels of the span, which lie step apart in row y from x on.
func (r *reducer) add(x, y, n, step int) {
	row := y / r.side * r.columns
	sum(r.light[row:][:r.columns], r.span.light[:n], x, step, r.side)
	if r.cover != nil {
		sum(r.cover[row:][:r.columns], r.span.cover[:n], x, step, r.side)
	}
}

// sum adds values that lie step apart from x on to the cells, each as wide as side, that they lie
// in.
func sum(cells []float64, values []float32, x, step, side int) {
	for len(values) > 0 {
		to := x / side
		n := min(len(values), ceil((to+1)*side-x, step))
		var even, odd float64 // sums that do not wait for each other
		cell := values[:n]
		for ; len(cell) >= 2; cell = cell[2:] {
			even += float64(cell[0])
			odd += float64(cell[1])
		}
		if len(cell) > 0 {
			even += float64(cell[0])
		}
		cells[to] += even + odd
		values, x = values[n:], x+n*step
	}
}

// grey returns the means.
func (r *reducer) grey() *Grey {
	g := &Grey{Width: r.columns, Height: r.rows, Pixels: make([]float32, len(r.light))}
	opaque := true
	for i, light := range r.light {
		pixels := min(r.side, r.width-i%r.columns*r.side) * min(r.side, r.height-i/r.columns*r.side)
		g.Pixels[i] = float32(light / float64(pixels))
		if r.cover != nil {
			opaque = opaque && r.cover[i] == float64(pixels)
			r.cover[i] /= float64(pixels)
		}
	}
	if !opaque {
		g.lay(r.cover)
	}
	return g
}

// pageSpread is how much the brightness of what is opaque must vary, as a standard deviation, for
// it to be a page that holds something, rather than strokes of one colour.
const pageSpread = 0.05

// lay puts an image, whose brightness is multiplied with its opacity so far, onto a background.
// Dark strokes get white, light strokes black. But a page with transparent corners gets what is
// most like it.
func (g *Grey) lay(opacity []float64) {
	var area, sum, squares float64
	for i, p := range g.Pixels {
		if a := opacity[i]; a > 0 {
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
		g.Pixels[i] += float32(1 - a)
	}
}
