package digit

import (
	"image"
	"slices"
)

const (
	leastPart = 0.04 // of the largest part's mass: the bar of a 5 has more, dust less
	leastInk  = 0.02 // of the brightest value: less makes no box larger
	leastArea = 4    // pixels of a digit,
	noisyArea = 64   // and where there is noise: JPEG makes pieces of it in its blocks of 8 x 8,
	noisyPart = 64   // but in small images not more than one pixel of so many
)

// part is a connected piece of what stands out: pixels that touch, at corners too.
type part struct {
	box     image.Rectangle
	area    int
	mass    float64
	outline int // sides of pixels that are not the part's on the other side,
	contact int // and of these on the border of the image
}

// cut gives the strokes of the digit in their bounding box. Values up to noise are dropped, and so
// is all that is not the digit's. Less than a number of pixels is no digit.
func (g *grey) cut(noise float32, least int) (*grey, error) {
	return g.layout(max(noise, leastInk*g.peak())).cut(noise, least)
}

// cut does so with the parts that are known.
func (l *layout) cut(noise float32, least int) (*grey, error) {
	if largest, _ := l.largest(anyPart); largest.area < least {
		return nil, ErrBlank
	}
	if err := l.main(); err != nil {
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

// parts numbers the parts from 1 on, in the order of their first pixels; 0 is none.
func (g *grey) parts(noise float32) ([]int32, []part) {
	labels := make([]int32, len(g.Pixels))
	var parts []part
	var todo []int32
	for first, v := range g.Pixels {
		if v <= noise || labels[first] != 0 {
			continue
		}
		p := part{}
		label := int32(len(parts) + 1)
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
		parts = append(parts, p)
	}
	return labels, parts
}
