package digit

import (
	"errors"
	"slices"
)

// ErrBlank is the error of a blank image. With errors.Is it is also the error of an image with
// something else than a digit.
var ErrBlank = errors.New(
	"the image is blank, want one with a digit that stands out from the background")

// noStrokes is the error of an image that shows something else than a digit.
type noStrokes string

func (e noStrokes) Error() string { return string(e) }

func (e noStrokes) Is(target error) bool { return target == ErrBlank }

const (
	errBorder noStrokes = "all that stands out lies along the border of the image, " +
		"as a shadow or a desk does, want a digit with space around it"
	errSpecks noStrokes = "the image is full of specks, and nothing stands out from them, " +
		"want a digit in strokes that are wider than the specks"
	errRuled noStrokes = "what stands out is crossed by lines that run from border to border, " +
		"want a digit that touches no line"
	errSolid noStrokes = "all that stands out is a solid area, want a digit drawn in strokes"
)

const (
	leastContrast = 0.03 // least difference of a stroke from the background
	noiseSigmas   = 3.5  // standard deviations that few pixels of noise exceed
	leastRange    = 0.25 // least divisor of a difference, which is the largest possible one
)

// foreground is the difference of an image from its background, 0 or more.
type foreground struct {
	*grey
	noise float32 // values up to noise may be noise
	dark  bool    // darker than the background
}

// foreground removes the background. It keeps dark strokes or light ones: those that differ more
// from the background in sum.
func (g *grey) foreground() (foreground, error) {
	level, flat := g.flat()
	back, sigma := surface{level}, 0.
	if !flat {
		back, sigma = g.fit()
	}
	off := &grey{g.Width, g.Height, make([]float32, len(g.Pixels))}
	for y := range g.Height {
		for x, p := range g.Pixels[y*g.Width:][:g.Width] {
			if !flat {
				level = back.at(coordinate(x, g.Width), coordinate(y, g.Height))
			}
			off.Pixels[y*g.Width+x] = p - float32(level)
		}
	}
	noise := max(noiseSigmas*sigma, off.speckLimit())
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
		return foreground{noise: least}, ErrBlank
	}
	// Paper and ink reflect a fraction of the light, so they differ by less in a shadow.
	for i, d := range off.Pixels {
		if level := g.Pixels[i] - d; dark > light {
			off.Pixels[i] = max(-d/max(level, leastRange), 0)
		} else {
			off.Pixels[i] = max(d/max(1-level, leastRange), 0)
		}
	}
	largest := 1 - back[0]
	if dark > light {
		largest = back[0]
	}
	return foreground{off, float32(noise / max(largest, leastRange)), dark > light}, nil
}

// border returns the values of the pixels along all four sides in ascending order.
func (g *grey) border() []float32 {
	border := slices.Concat(g.Pixels[:g.Width], g.Pixels[len(g.Pixels)-g.Width:])
	for y := 1; y < g.Height-1; y++ {
		border = append(border, g.Pixels[y*g.Width], g.Pixels[(y+1)*g.Width-1])
	}
	slices.Sort(border)
	return border
}

// flat returns the value that more than half of the border's pixels have, if there is one.
func (g *grey) flat() (level float64, ok bool) {
	border := g.border()
	value := border[len(border)/2] // the only one that may have more than half
	first, _ := slices.BinarySearch(border, value)
	most := 0
	for _, v := range border[first:] {
		if v == value {
			most++
		}
	}
	return float64(value), 2*most > len(border)
}
