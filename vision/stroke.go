package vision

import (
	"errors"
	"slices"
)

// ErrBlank is the error of an image with nothing on it. So, for errors.Is, are those of images on which
// something is that cannot be strokes.
var ErrBlank = errors.New("vision: the image is blank, want one with a digit that stands out from the background")

// noStrokes says what is on an image instead of a digit.
type noStrokes string

func (e noStrokes) Error() string { return string(e) }

func (e noStrokes) Is(target error) bool { return target == ErrBlank }

const (
	errBorder noStrokes = "vision: all that stands out lies along the border of the image, as a shadow or a desk does, " +
		"want a digit with room around it"
	errSolid noStrokes = "vision: all that stands out is a solid area, want a digit drawn in strokes"
)

const (
	leastContrast = 0.03 // of black to white: less is no stroke
	noiseSigmas   = 3.5  // few pixels of noise alone come so far from the background
	leastRoom     = 0.25 // what is off a background is divided by how far it can be off, but by no less
)

// standing is what stands out from a background.
type standing struct {
	*Grey
	noise float32 // up to where it may be noise
	dark  bool    // darker than the background
}

// strokes gives what stands out from the background, from 0 on, and up to where it may be noise. The
// strokes are dark or light: whichever are further off the background, all together.
func (g *Grey) strokes() (standing, error) {
	level, sigma, flat := g.flat()
	back := surface{level}
	if !flat {
		back, sigma = g.fit()
	}
	off := make([]float32, len(g.Pixels))
	least := float32(max(leastContrast, noiseSigmas*sigma))
	var dark, light float64
	for y := range g.Height {
		for x, p := range g.Pixels[y*g.Width:][:g.Width] {
			if !flat {
				level = back.at(unit(x, g.Width), unit(y, g.Height))
			}
			d := p - float32(level)
			off[y*g.Width+x] = d
			if d > least {
				light += float64(d * d)
			} else if d < -least {
				dark += float64(d * d)
			}
		}
	}
	if dark == 0 && light == 0 {
		return standing{noise: least}, ErrBlank
	}
	// Paper and ink reflect a share of the light: in a shadow they differ by less.
	for i, d := range off {
		if level := g.Pixels[i] - d; dark > light {
			off[i] = max(-d/max(level, leastRoom), 0)
		} else {
			off[i] = max(d/max(1-level, leastRoom), 0)
		}
	}
	room := 1 - back[0]
	if dark > light {
		room = back[0]
	}
	return standing{
		&Grey{g.Width, g.Height, off}, float32(noiseSigmas * sigma / max(room, leastRoom)), dark > light,
	}, nil
}

// border is the values of the pixels along all four sides, the darkest first.
func (g *Grey) border() []float32 {
	border := slices.Concat(g.Pixels[:g.Width], g.Pixels[len(g.Pixels)-g.Width:])
	for y := 1; y < g.Height-1; y++ {
		border = append(border, g.Pixels[y*g.Width], g.Pixels[(y+1)*g.Width-1])
	}
	slices.Sort(border)
	return border
}

// flat tells whether most of the border has exactly one value, which, and how far others are off it as
// a standard deviation: 0, but where much of the border differs a little, as where noise on white paper
// is cut off at white.
func (g *Grey) flat() (level, sigma float64, ok bool) {
	border := g.border()
	value := border[len(border)/2] // if any has more than half, it does
	first, _ := slices.BinarySearch(border, value)
	var off []float64
	most := 0
	for _, v := range border[first:] {
		if v == value {
			most++
		}
	}
	for _, v := range border {
		if d := float64(max(v-value, value-v)); d > 0 && d < noiseMost {
			off = append(off, d)
		}
	}
	if float64(len(off)) > noiseShare*float64(len(border)) {
		slices.Sort(off)
		sigma = madSigma * off[len(off)/2]
	}
	return float64(value), sigma, 2*most > len(border)
}

const (
	noiseMost  = 0.2 // of black to white: what is off more is a stroke
	noiseShare = 0.2 // of the border: less are the edges of strokes
)
