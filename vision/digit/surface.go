package digit

import (
	"math"
	"slices"
)

// surface is the brightness of a background: a polynomial of second order in x and y, which go from
// -1 to 1. It approximates light that decreases away from a window or from the middle of a lens.
type surface [6]float64

// terms returns the terms of a surface's coefficients at a position. The first three are a plane's.
func terms(x, y float64) [6]float64 { return [6]float64{1, x, y, x * x, x * y, y * y} }

func (s *surface) at(x, y float64) float64 {
	alongX := float64(x * (s[1] + float64(s[3]*x) + float64(s[4]*y)))
	return s[0] + alongX + float64(y*(s[2]+float64(s[5]*y)))
}

// coordinate returns the position of pixel i of n between -1 and 1.
func coordinate(i, n int) float64 { return float64(2*i+1)/float64(n) - 1 }

// sample is the value of a pixel and its position.
type sample struct{ x, y, v float64 }

const (
	borderFraction = 8        // the border's width is an eighth of each side
	fitSamples     = 2048     // approximate number of pixels in a fit
	smoothSide     = 8        // smaller images have even light
	halfLevel      = 1 / 510. // largest error of rounding to bytes
	madSigma       = 1.4826   // normal standard deviation in median absolute deviations
)

// fit returns the background of an image and the standard deviation of pixels from it. First it
// fits a plane to the border, which has few strokes. Then it fits a surface to all pixels that are
// near the last fit, which strokes are not.
func (g *grey) fit() (surface, float64) {
	all := g.samples()
	border := slices.DeleteFunc(slices.Clone(all), func(s sample) bool {
		edge := 1 - 2/float64(borderFraction)
		return math.Abs(s.x) < edge && math.Abs(s.y) < edge
	})
	level := median(border, func(s sample) float64 { return s.v })
	found := surface{level}
	sigma := found.spread(border)
	if min(g.Width, g.Height) < smoothSide {
		return found, sigma
	}
	const planes, surfaces = 3, 5 // rounds; more change little
	for round := range planes + surfaces {
		samples, order := border, 3
		if round >= planes {
			samples, order = all, 6
		}
		near := slices.DeleteFunc(slices.Clone(samples), func(s sample) bool {
			return math.Abs(s.v-found.at(s.x, s.y)) > max(3*sigma, halfLevel)
		})
		next, ok := leastSquares(near, order)
		if !ok {
			break
		}
		found = next
		sigma = found.spread(near)
		if round == planes-1 {
			sigma = found.spread(border) // the plane may fit few samples
		}
	}
	return found, sigma
}

// samples returns evenly spaced pixels.
func (g *grey) samples() []sample {
	step := 1
	for (g.Width/step+1)*(g.Height/step+1) > fitSamples {
		step++
	}
	var list []sample
	for y := step / 2; y < g.Height; y += step {
		for x := step / 2; x < g.Width; x += step {
			list = append(list, sample{
				coordinate(x, g.Width), coordinate(y, g.Height), float64(g.Pixels[y*g.Width+x]),
			})
		}
	}
	return list
}

// spread estimates the standard deviation of samples from the surface. A few outliers do not affect
// it.
func (s *surface) spread(list []sample) float64 {
	return madSigma * median(list, func(p sample) float64 { return math.Abs(p.v - s.at(p.x, p.y)) })
}

func median(list []sample, of func(sample) float64) float64 {
	if len(list) == 0 {
		return 0
	}
	values := make([]float64, len(list))
	for i, s := range list {
		values[i] = of(s)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// leastSquares fits a surface of the given number of terms to samples. It returns false if they do
// not determine it.
func leastSquares(list []sample, order int) (surface, bool) {
	var a [6][7]float64
	for _, s := range list {
		t := terms(s.x, s.y)
		for i := range order {
			for j := range order {
				a[i][j] += float64(t[i] * t[j])
			}
			a[i][6] += float64(t[i] * s.v)
		}
	}
	for i := range order {
		for j := i + 1; j < order; j++ {
			if math.Abs(a[j][i]) > math.Abs(a[i][i]) {
				a[i], a[j] = a[j], a[i]
			}
		}
		if math.Abs(a[i][i]) < 1e-6*float64(len(list)) || len(list) < order {
			return surface{}, false
		}
		for j := range order {
			if factor := a[j][i] / a[i][i]; j != i {
				for k := i; k < 7; k++ {
					a[j][k] -= float64(factor * a[i][k])
				}
			}
		}
	}
	var s surface
	for i := range order {
		s[i] = a[i][6] / a[i][i]
	}
	return s, true
}
