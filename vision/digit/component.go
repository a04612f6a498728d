package digit

import (
	"image"
	"slices"
)

const (
	leastMass = 0.04 // fraction of the largest component's mass: a 5's bar has more, dust less
	leastInk  = 0.02 // fraction of the peak: fainter pixels do not enlarge a box
	leastArea = 4    // pixels of a digit
	noisyArea = 64   // pixels of a digit in noise, because JPEG has noise in blocks of 8 x 8,
	noisyPart = 64   // but no more than an image's pixels divided by this
)

// component is a connected component of an image's foreground. Pixels that touch at corners are
// connected.
type component struct {
	box     image.Rectangle
	area    int
	mass    float64
	outline int // number of pixel sides between the component and other pixels
	contact int // number of those sides on the border of the image
}

// crop returns the strokes of the digit in their bounding box. It drops values up to noise and all
// that is not the digit's. A digit has at least least pixels.
func (g *grey) crop(noise float32, least int) (*grey, error) {
	return g.labelled(max(noise, leastInk*g.peak())).crop(noise, least)
}

func (l *labelling) crop(noise float32, least int) (*grey, error) {
	if largest, _ := l.largest(anyComponent); largest.area < least {
		return nil, ErrBlank
	}
	if err := l.keepDigit(); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(l.kept, l.isRuled) {
		return nil, errRuled
	}
	box, kept := l.box(), l.keptLabels()
	to := &grey{box.Dx(), box.Dy(), make([]float32, box.Dx()*box.Dy())}
	for y := range to.Height {
		for x := range to.Width {
			at := (box.Min.Y+y)*l.Width + box.Min.X + x
			if label := l.labels[at]; l.Pixels[at] > noise && (label == 0 || kept[label] > 0) {
				to.Pixels[y*to.Width+x] = l.Pixels[at]
			}
		}
	}
	return to, nil
}

// components returns the components of pixels above noise in the order of their first pixels, and
// the label of each pixel: the component's index + 1, or 0.
func (g *grey) components(noise float32) ([]int32, []component) {
	labels := make([]int32, len(g.Pixels))
	var components []component
	var todo []int32
	for first, v := range g.Pixels {
		if v <= noise || labels[first] != 0 {
			continue
		}
		p := component{}
		label := int32(len(components) + 1)
		labels[first] = label
		for todo = append(todo, int32(first)); len(todo) > 0; {
			at := int(todo[len(todo)-1])
			todo = todo[:len(todo)-1]
			x, y := at%g.Width, at/g.Width
			p.box = p.box.Union(image.Rect(x, y, x+1, y+1))
			p.area++
			p.mass += float64(g.Pixels[at])
			contact := 0
			for _, edge := range [...]bool{x == 0, y == 0, x == g.Width-1, y == g.Height-1} {
				if edge {
					contact++
				}
			}
			p.contact += contact
			p.outline += contact
			for ny := max(y-1, 0); ny <= min(y+1, g.Height-1); ny++ {
				for nx := max(x-1, 0); nx <= min(x+1, g.Width-1); nx++ {
					next := ny*g.Width + nx
					if g.Pixels[next] <= noise {
						if nx == x || ny == y {
							p.outline++
						}
					} else if labels[next] == 0 {
						labels[next] = label
						todo = append(todo, int32(next))
					}
				}
			}
		}
		components = append(components, p)
	}
	return labels, components
}
