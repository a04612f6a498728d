package digit

import (
	"math"
	"slices"
)

const (
	speckTiles = 8    // tiles of a side: specks fill most of them, strokes do not
	mostSpecks = 0.02 // of black to white: less is left to the threshold above the noise
	leastSide  = 56   // pixels of a side of what is halved: a digit still has 20
)

// specks is how much neighbouring pixels differ beyond edges and slopes, as a standard deviation.
// Straight lines along rows or columns do not count. See J. Immerkær, "Fast Noise Variance
// Estimation", 1996.
func (g *grey) specks() float64 {
	return math.Sqrt(math.Pi/2) / 6 * g.quietest(func(top, left, bottom, right int) float64 {
		sum := float32(0)
		for y := max(top, 1); y < min(bottom, g.Height-1); y++ {
			above, below := g.Pixels[(y-1)*g.Width:], g.Pixels[(y+1)*g.Width:]
			here := g.Pixels[y*g.Width:]
			for x := max(left, 1); x < min(right, g.Width-1); x++ {
				d := above[x-1] + above[x+1] + below[x-1] + below[x+1] + 4*here[x] -
					2*(above[x]+below[x]+here[x-1]+here[x+1])
				sum += max(d, -d)
			}
		}
		return float64(sum) / float64((bottom-top)*(right-left))
	})
}

// quietest measures tiles, and returns what a quarter of them have less than: strokes are in the
// others.
func (g *grey) quietest(measure func(top, left, bottom, right int) float64) float64 {
	var tiles []float64
	rows, columns := min(speckTiles, g.Height), min(speckTiles, g.Width)
	for i := range rows * columns {
		row, column := i/columns, i%columns
		tiles = append(tiles, measure(row*g.Height/rows, column*g.Width/columns,
			(row+1)*g.Height/rows, (column+1)*g.Width/columns))
	}
	slices.Sort(tiles)
	return tiles[len(tiles)/4]
}

// speckle is how far specks are off a background, if pixels are what they are off it.
func (g *grey) speckle() float64 {
	specks := noiseSigmas * g.specks()
	if specks == 0 {
		return 0
	}
	return min(specks, g.quietest(func(top, left, bottom, right int) float64 {
		most := float32(0)
		for y := top; y < bottom; y++ {
			for _, d := range g.Pixels[y*g.Width:][left:right] {
				most = max(most, d, -d)
			}
		}
		return float64(most)
	}))
}

// calm takes means of 2 x 2 pixels as long as there are specks: in half the size, and where a digit would
// be too small, once more in the same.
func (g *grey) calm() *grey {
	to := g
	for min(to.Width, to.Height) >= 2*leastSide && to.specks() > mostSpecks {
		to = to.half()
	}
	if to != g && to.specks() > mostSpecks {
		to = to.means(1)
	}
	return to
}
