package digit

import "math"

// scaled returns an image whose longer side is box pixels. The shorter side keeps its proportion
// exactly: its length is rounded up to pixels, and the excess is dark, half of it on each side.
func (g *grey) scaled(box int) *grey {
	step := float64(max(g.Width, g.Height)) / float64(box)
	return g.resized(newAxis(g.Width, step), newAxis(g.Height, step))
}

// axis holds the sources of each pixel of a new row or column: consecutive pixels, the first of
// them at from, and their weights.
type axis []struct {
	from    int
	weights []float32
}

// newAxis maps n pixels to new ones of the width step. If the image shrinks, a pixel counts by the
// area that the new one covers; if it grows, linearly by its distance.
func newAxis(n int, step float64) axis {
	const rounding = 1e-9
	a := make(axis, max(1, int(math.Ceil(float64(n)/step-1e-6))))
	start := float64((float64(n) - float64(float64(len(a))*step)) / 2)
	width := max(step, 1)
	for i := range a {
		lo := start + float64((float64(i)+0.5)*step) - float64(width/2)
		hi := lo + width
		first := max(0, int(math.Floor(lo+rounding)))
		a[i].from = first
		for j := first; j < n && float64(j) < hi-rounding; j++ {
			share := min(hi, float64(j+1)) - max(lo, float64(j))
			a[i].weights = append(a[i].weights, float32(share/width))
		}
	}
	return a
}

// resized resamples the rows, then the columns.
func (g *grey) resized(across, down axis) *grey {
	wide := make([]float32, g.Height*len(across))
	for y := range g.Height {
		row := g.Pixels[y*g.Width:][:g.Width]
		for x, a := range across {
			sum := float32(0)
			for i, w := range a.weights {
				sum += float32(w * row[a.from+i])
			}
			wide[y*len(across)+x] = sum
		}
	}
	to := &grey{len(across), len(down), make([]float32, len(across)*len(down))}
	for y, d := range down {
		row := to.Pixels[y*to.Width:][:to.Width]
		for i, w := range d.weights {
			for x, v := range wide[(d.from+i)*to.Width:][:to.Width] {
				row[x] += float32(w * v)
			}
		}
	}
	return to
}
