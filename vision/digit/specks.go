package digit

import (
	"math"
	"slices"
)

const (
	speckTiles = 8    // tiles of a side; specks fill most tiles, strokes do not
	mostSpecks = 0.02 // standard deviation; the threshold above the noise removes less
	leastSide  = 56   // side of the smallest halved image, in which a digit still has 20 pixels
)

// specks estimates the standard deviation of the noise between neighbouring pixels. Edges, slopes,
// and straight lines along rows or columns do not count. See J. Immerkær, "Fast Noise Variance
// Estimation", 1996.
func (g *grey) specks() float64 {
	return math.Sqrt(math.Pi/2) / 6 * g.quietQuartile(func(top, left, bottom, right int) float64 {
		sum := float32(0)
		for y := max(top, 1); y < min(bottom, g.Height-1); y++ {
			above, below := g.Pixels[(y-1)*g.Width:], g.Pixels[(y+1)*g.Width:]
			here := g.Pixels[y*g.Width:]
			for x := max(left, 1); x < min(right, g.Width-1); x++ {
				d := above[x-1] + above[x+1] + below[x-1] + below[x+1] + float32(4*here[x]) -
					float32(2*(above[x]+below[x]+here[x-1]+here[x+1]))
				sum += max(d, -d)
			}
		}
		return float64(sum) / float64((bottom-top)*(right-left))
	})
}

// quietQuartile measures tiles and returns the lower quartile: strokes are in the tiles above it.
func (g *grey) quietQuartile(measure func(top, left, bottom, right int) float64) float64 {
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

// speckLimit returns how much specks differ from the background. g is the difference of an image
// and its background.
func (g *grey) speckLimit() float64 {
	specks := noiseSigmas * g.specks()
	if specks == 0 {
		return 0
	}
	return min(specks, g.quietQuartile(func(top, left, bottom, right int) float64 {
		most := float32(0)
		for y := top; y < bottom; y++ {
			for _, d := range g.Pixels[y*g.Width:][left:right] {
				most = max(most, d, -d)
			}
		}
		return float64(most)
	}))
}

// smoothed takes means of 2 x 2 pixels while there are specks. It halves the image while a digit is
// large enough, and then smooths it once more in the same size.
func (g *grey) smoothed() *grey {
	to := g
	for min(to.Width, to.Height) >= 2*leastSide && to.specks() > mostSpecks {
		to = to.half()
	}
	if to != g && to.specks() > mostSpecks {
		to = to.means(1)
	}
	return to
}
