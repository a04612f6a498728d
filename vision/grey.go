package vision

import "image"

// Grey is a greyscale image: rows from the top, values from 0, black, to 1, white.
type Grey struct {
	Width, Height int
	Pixels        []float32 // [Height, Width]
}

// longest is the maximum of a Grey's sides. More pixels make no difference in 28 x 28.
const longest = 512

// reduction returns the side of the square of an image's pixels that becomes a pixel of its Grey.
func reduction(width, height int) int { return ceil(max(width, height), longest) }

// reduced returns the size of an image's Grey.
func reduced(width, height int) (columns, rows int) {
	side := reduction(width, height)
	return ceil(width, side), ceil(height, side)
}

func ceil(n, by int) int { return (n + by - 1) / by }

// FromImage converts an image to greyscale. An image with a side of more than 512 pixels is reduced
// by a whole number: each pixel of the Grey is the mean of a square. So a Grey has at most 1 MB.
// Transparent pixels become background: white, or black if the opaque pixels are light strokes.
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
	side          int // of the squares of pixels that become a pixel of the Grey
	columns, rows int // of the Grey
	light         []float64
	cover         []float64 // opacity; nil if all pixels are opaque
	span          span      // the input of add
}

// newReducer returns a reducer for an opaque image.
func newReducer(width, height int) *reducer {
	r := &reducer{width: width, height: height, side: reduction(width, height)}
	r.columns, r.rows = reduced(width, height)
	r.light = make([]float64, r.columns*r.rows)
	return r
}

// withOpacity makes the reducer sum opacities, too.
func (r *reducer) withOpacity() *reducer {
	r.cover = make([]float64, len(r.light))
	return r
}

// reducerBytes returns an upper bound of the memory of a reducer, its Grey, and a turned copy.
func reducerBytes(width, height int) int64 {
	columns, rows := reduced(width, height)
	return (8 + 8 + 4 + 4) * int64(columns) * int64(rows)
}

// add adds the first n pixels of the span. In the image they are in row y, from x on, step apart.
func (r *reducer) add(x, y, n, step int) {
	row := y / r.side * r.columns
	sum(r.light[row:][:r.columns], r.span.light[:n], x, step, r.side)
	if r.cover != nil {
		sum(r.cover[row:][:r.columns], r.span.cover[:n], x, step, r.side)
	}
}

// sum adds values, whose positions are x, x+step and so on, to the cells of width side that contain
// them.
func sum(cells []float64, values []float32, x, step, side int) {
	if side == 1 && step == 1 { // as below, in one loop
		cells = cells[x:][:len(values)]
		for i, v := range values {
			cells[i] += float64(v)
		}
		return
	}
	to := x / side
	for len(values) > 0 {
		n := (to+1)*side - x
		if step > 1 {
			n = ceil(n, step)
		}
		n = min(n, len(values))
		var even, odd float64 // two independent chains of additions
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
		if to++; step > 1 {
			to = x / side
		}
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
		g.addBackground(r.cover)
	}
	return g
}

// pageSpread is the least standard deviation of the opaque pixels' brightness for which they are a
// page with writing and not strokes of one colour.
const pageSpread = 0.05

// addBackground puts an image, whose brightness is multiplied with its opacity, on a background:
// dark strokes on white, light strokes on black, and a page with transparent corners on the more
// similar of the two.
func (g *Grey) addBackground(opacity []float64) {
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
	page := area > float64(len(g.Pixels))/2 && squares/area-float64(mean*mean) > pageSpread*pageSpread
	if light != page {
		return // already on black
	}
	for i, a := range opacity {
		g.Pixels[i] += float32(1 - a)
	}
}
