package digit

import (
	"math"
	"slices"
)

// surface is the brightness of a background at each place of an image: a polynomial of second order in
// x and y, which go from -1 to 1. Light that falls off from a window or a lens is near to that.
type surface [6]float64

// terms are what a surface's numbers stand for at a place. The first three make a plane.
func terms(x, y float64) [6]float64 { return [6]float64{1, x, y, x * x, x * y, y * y} }

func (s *surface) at(x, y float64) float64 {
	return s[0] + x*(s[1]+s[3]*x+s[4]*y) + y*(s[2]+s[5]*y)
}

// unit is the place of pixel i of n between -1 and 1.
func unit(i, n int) float64 { return float64(2*i+1)/float64(n) - 1 }

// sample is a pixel with its place.
type sample struct{ x, y, v float64 }

const (
	borderPart = 8        // the border is an eighth of each side wide
	fitSamples = 2048     // about as many pixels take part in a fit
	smoothSide = 8        // smaller images have no light that falls off
	halfLevel  = 1 / 510. // what rounding to bytes may change
	madSigma   = 1.4826   // a normal distribution's standard deviation, in medians of what it is off
)

// fit finds the background of an image and how far, as a standard deviation, its pixels are off. First
// a plane goes through the border, where few strokes are. Then a surface goes through all pixels that
// are near enough to what was found before: strokes are not.
func (g *grey) fit() (surface, float64) {
	all := g.samples()
	border := slices.DeleteFunc(slices.Clone(all), func(s sample) bool {
		edge := 1 - 2/float64(borderPart)
		return math.Abs(s.x) < edge && math.Abs(s.y) < edge
	})
	level := median(border, func(s sample) float64 { return s.v })
	found := surface{level}
	sigma := found.spread(border)
	if min(g.Width, g.Height) < smoothSide {
		return found, sigma
	}
	const planes, surfaces = 3, 5 // rounds, after which little changes
	for round := range planes + surfaces {
		samples, order := border, 3
		if round >= planes {
			samples, order = all, 6
		}
		near := slices.DeleteFunc(slices.Clone(samples), func(s sample) bool {
			return math.Abs(s.v-found.at(s.x, s.y)) > max(3*sigma, halfLevel)
		})
		next, ok := least(near, order)
		if !ok {
			break
		}
		found = next
		sigma = found.spread(near)
		if round == planes-1 {
			sigma = found.spread(border) // a plane may be near to few
		}
	}
	return found, sigma
}

// samples are pixels in even distances.
func (g *grey) samples() []sample {
	step := 1
	for (g.Width/step+1)*(g.Height/step+1) > fitSamples {
		step++
	}
	var list []sample
	for y := step / 2; y < g.Height; y += step {
		for x := step / 2; x < g.Width; x += step {
			list = append(list, sample{unit(x, g.Width), unit(y, g.Height), float64(g.Pixels[y*g.Width+x])})
		}
	}
	return list
}

// spread is the standard deviation of samples from the surface, if they are normally distributed but
// for a few.
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

// least is the surface of the given number of terms with the least squares from the samples. It is not
// ok where they do not determine it.
func least(list []sample, order int) (surface, bool) {
	var a [6][7]float64
	for _, s := range list {
		t := terms(s.x, s.y)
		for i := range order {
			for j := range order {
				a[i][j] += t[i] * t[j]
			}
			a[i][6] += t[i] * s.v
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
					a[j][k] -= factor * a[i][k]
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
