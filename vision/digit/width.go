package digit

import "math"

// Widths of strokes in an image whose longer side is 20. Half of MNIST's are between 1.6 and 2.3,
// one in a hundred is below 1.1, and one in a hundred above 3.7.
const (
	thin, thinTo   = 1.0, 2.0 // thinner strokes get the width thinTo
	thick, thickTo = 4.0, 3.0 // thicker strokes get the width thickTo
	fineSide       = 40       // least side of an image whose strokes can be made thinner
)

// normalizedWidth widens strokes that would fade in 20 pixels, and thins strokes that would merge.
func (g *grey) normalizedWidth() *grey {
	side := float64(max(g.Width, g.Height))
	switch width := g.strokeWidth() * 20 / side; {
	case width < thin:
		// The longer side grows as well.
		return g.thickened(side * (thinTo - width) / (2 * (20 - thinTo)))
	case width > thick && side >= fineSide:
		less := g.thinned(side * (width - thickTo) / (2 * (20 - thickTo)))
		if less.componentCount() == g.componentCount() { // no thin line was lost
			return less
		}
	}
	return g
}

// strokeWidth returns the mean width of strokes in pixels: twice their area divided by the length
// of their edges, which is the sum of all gradients. The contrast is increased first, so that
// uneven ink within strokes is no edge.
func (g *grey) strokeWidth() float64 {
	half := g.peak() / 2
	at := func(x, y int) float64 {
		if x < 0 || y < 0 || x >= g.Width || y >= g.Height {
			return 0
		}
		return min(max(float64(g.Pixels[y*g.Width+x]/half)-0.5, 0), 1)
	}
	var area, edge float64
	for y := -1; y < g.Height; y++ {
		v := 0.0
		for x := -1; x < g.Width; x++ {
			right := at(x+1, y)
			dx, dy := right-v, at(x, y+1)-v
			area += v
			edge += math.Sqrt(float64(dx*dx) + float64(dy*dy))
			v = right
		}
	}
	return 2 * area / edge
}

func (g *grey) componentCount() int {
	_, components := g.components(g.peak() / 2)
	return len(components)
}

// thickened widens strokes by r pixels on all sides.
func (g *grey) thickened(r float64) *grey {
	to := g.distances(int(math.Ceil(r)), true)
	for i, d := range to.Pixels {
		to.Pixels[i] = float32(min(max(r+1-math.Sqrt(float64(d)), 0), 1))
	}
	return to
}

// thinned removes r pixels from all sides of strokes.
func (g *grey) thinned(r float64) *grey {
	to := g.distances(1, false)
	for i, d := range to.Pixels {
		to.Pixels[i] = float32(min(max(math.Sqrt(float64(d))-r, 0), 1))
	}
	if less, err := to.crop(0, leastArea); err == nil {
		return less
	}
	return g
}

// distances returns an image that is larger by edge on all sides. Its pixels are the squares of the
// distances from the nearest pixel of a stroke, or from the nearest other pixel if stroke is false.
// It transforms columns, then rows: P. Felzenszwalb and D. Huttenlocher, "Distance Transforms of
// Sampled Functions".
func (g *grey) distances(edge int, stroke bool) *grey {
	to := &grey{Width: g.Width + 2*edge, Height: g.Height + 2*edge}
	to.Pixels = make([]float32, to.Width*to.Height)
	half, far := g.peak()/2, float32(to.Width*to.Width+to.Height*to.Height)
	for y := range to.Height {
		for x := range to.Width {
			inX, inY := x-edge, y-edge
			inside := inX >= 0 && inY >= 0 && inX < g.Width && inY < g.Height
			if on := inside && g.Pixels[inY*g.Width+inX] >= half; on != stroke {
				to.Pixels[y*to.Width+x] = far
			}
		}
	}
	e := newEnvelope(max(to.Width, to.Height))
	column := make([]float32, to.Height)
	for x := range to.Width {
		for y := range column {
			column[y] = to.Pixels[y*to.Width+x]
		}
		e.lower(column)
		for y, v := range column {
			to.Pixels[y*to.Width+x] = v
		}
	}
	for y := range to.Height {
		e.lower(to.Pixels[y*to.Width:][:to.Width])
	}
	return to
}

// envelope is the lower envelope of parabolas over a line: their apexes from the left, and where
// each begins to be the lowest.
type envelope struct {
	apex  []int
	start []float64
	value []float32
}

func newEnvelope(n int) *envelope {
	return &envelope{make([]int, n), make([]float64, n+1), make([]float32, n)}
}

// lower replaces each value of a line by the least sum of any value and the squared distance to it.
func (e *envelope) lower(line []float32) {
	value := e.value[:copy(e.value, line)]
	last := 0
	e.apex[0], e.start[0], e.start[1] = 0, math.Inf(-1), math.Inf(1)
	for q := 1; q < len(value); q++ {
		var meet float64
		for {
			p := e.apex[last]
			meet = (float64(value[q]-value[p]) + float64(q*q-p*p)) / float64(2*(q-p))
			if meet > e.start[last] {
				break
			}
			last--
		}
		last++
		e.apex[last], e.start[last], e.start[last+1] = q, meet, math.Inf(1)
	}
	last = 0
	for q := range line {
		for e.start[last+1] < float64(q) {
			last++
		}
		p := e.apex[last]
		line[q] = float32((q-p)*(q-p)) + value[p]
	}
}
