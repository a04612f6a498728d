package digit

import (
	"errors"
	"slices"
)

// ErrBlank is the error of an image with nothing on it. So, for errors.Is, are those of images on which
// something is that cannot be strokes.
var ErrBlank = errors.New("the image is blank, want one with a digit that stands out from the background")

// noStrokes says what is on an image instead of a digit.
type noStrokes string

func (e noStrokes) Error() string { return string(e) }

func (e noStrokes) Is(target error) bool { return target == ErrBlank }

const (
	errBorder noStrokes = "all that stands out lies along the border of the image, as a shadow or a desk does, " +
		"want a digit with room around it"
	errSpecks noStrokes = "the image is full of specks, and nothing stands out from them, " +
		"want a digit in strokes that are wider than the specks"
	errRuled noStrokes = "what stands out is crossed by lines that run from border to border, " +
		"want a digit that touches no line"
	errSolid noStrokes = "all that stands out is a solid area, want a digit drawn in strokes"
)

const (
	leastContrast = 0.03 // of black to white: less is no stroke
	noiseSigmas   = 3.5  // few pixels of noise alone come so far from the background
	leastRoom     = 0.25 // what is off a background is divided by how far it can be off, but by no less
)

// standing is what stands out from a background.
type standing struct {
	*grey
	noise float32 // up to where it may be noise
	dark  bool    // darker than the background
}

// strokes gives what stands out from the background, from 0 on, and up to where it may be noise. The
// strokes are dark or light: whichever are further off the background, all together.
func (g *grey) strokes() (standing, error) {
	level, flat := g.flat()
	back, sigma := surface{level}, 0.
	if !flat {
		back, sigma = g.fit()
	}
	off := &grey{g.Width, g.Height, make([]float32, len(g.Pixels))}
	for y := range g.Height {
		for x, p := range g.Pixels[y*g.Width:][:g.Width] {
			if !flat {
				level = back.at(unit(x, g.Width), unit(y, g.Height))
			}
			off.Pixels[y*g.Width+x] = p - float32(level)
		}
	}
	noise := max(noiseSigmas*sigma, off.speckle())
	least := float32(max(leastContrast, noise))
	var dark, light float64
	for _, d := range off.Pixels {
		if d > least {
			light += float64(d * d)
		} else if d < -least {
			dark += float64(d * d)
		}
	}
	if dark == 0 && light == 0 {
		return standing{noise: least}, ErrBlank
	}
	// Paper and ink reflect a share of the light: in a shadow they differ by less.
	for i, d := range off.Pixels {
		if level := g.Pixels[i] - d; dark > light {
			off.Pixels[i] = max(-d/max(level, leastRoom), 0)
		} else {
			off.Pixels[i] = max(d/max(1-level, leastRoom), 0)
		}
	}
	room := 1 - back[0]
	if dark > light {
		room = back[0]
	}
	return standing{off, float32(noise / max(room, leastRoom)), dark > light}, nil
}

// border is the values of the pixels along all four sides, the darkest first.
func (g *grey) border() []float32 {
	border := slices.Concat(g.Pixels[:g.Width], g.Pixels[len(g.Pixels)-g.Width:])
	for y := 1; y < g.Height-1; y++ {
		border = append(border, g.Pixels[y*g.Width], g.Pixels[(y+1)*g.Width-1])
	}
	slices.Sort(border)
	return border
}

// flat reports whether most of the border has exactly one value, and which.
func (g *grey) flat() (level float64, ok bool) {
	border := g.border()
	value := border[len(border)/2] // if any has more than half, it does
	first, _ := slices.BinarySearch(border, value)
	most := 0
	for _, v := range border[first:] {
		if v == value {
			most++
		}
	}
	return float64(value), 2*most > len(border)
}
