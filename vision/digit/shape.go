package digit

import (
	"image"
	"slices"
)

// Limits of the shapes of components.
const (
	// alongShare is the fraction of an outline on the border from which a component is along it. A
	// digit that fills the image has at most a quarter there.
	alongShare = 0.35
	// artifactShare is the fraction of an outline from which it is an artifact of the window. A bay
	// between strokes has a fifth or more.
	artifactShare = 0.15
	// cornerShare is the size of a box's corners as a fraction of its sides. A round 0 stays 0.15
	// away from them.
	cornerShare = 0.1
	// innerMass is the least mass of a digit in a frame, as a fraction of the frame's.
	innerMass = 0.1
	// sheetShare is the least area of a sheet, as a fraction of its box. A digit that fills its box
	// so well is narrow.
	sheetShare = 0.75
	narrow     = 0.5
)

// alongBorder reports whether a component is along the border of the image, as a shadow is, or a
// desk beyond a sheet.
func (p *component) alongBorder() bool { return float64(p.contact) > alongShare*float64(p.outline) }

// elongation returns 16 for a square, and more for longer, thinner or more bent components.
func (p *component) elongation() float64 {
	return float64(p.outline) * float64(p.outline) / float64(p.area)
}

// inCorners reports whether a component has pixels in all four corners of its box, as a rectangle
// has.
func (p *component) inCorners(label int, labels []int32, width int) bool {
	dx, dy := int(cornerShare*float64(p.box.Dx()))+1, int(cornerShare*float64(p.box.Dy()))+1
	left, top, right, bottom := p.box.Min.X, p.box.Min.Y, p.box.Max.X-dx, p.box.Max.Y-dy
	for _, at := range []image.Point{{left, top}, {right, top}, {left, bottom}, {right, bottom}} {
		found := false
		for y := at.Y; y < at.Y+dy && !found; y++ {
			found = slices.Contains(labels[y*width+at.X:][:dx], int32(label))
		}
		if !found {
			return false
		}
	}
	return true
}

// labelling holds the connected components of an image.
type labelling struct {
	*grey
	labels     []int32
	components []component
	kept       []int // ascending indices of the components that have not been dropped
}

func (g *grey) labelled(noise float32) *labelling {
	l := &labelling{grey: g}
	l.labels, l.components = g.components(noise)
	for i := range l.components {
		l.kept = append(l.kept, i)
	}
	return l
}

func (l *labelling) drop(is func(i int, p *component) bool) {
	l.kept = slices.DeleteFunc(l.kept, func(i int) bool { return is(i, &l.components[i]) })
}

// box returns the bounding box of the components that are kept.
func (l *labelling) box() image.Rectangle {
	var box image.Rectangle
	for _, i := range l.kept {
		box = box.Union(l.components[i].box)
	}
	return box
}

// largest returns the kept component of the largest mass for which chosen returns true, and its
// index, or -1 if there is none.
func (l *labelling) largest(chosen func(p *component) bool) (*component, int) {
	largest, index := &component{}, -1
	for _, i := range l.kept {
		if p := &l.components[i]; p.mass > largest.mass && chosen(p) {
			largest, index = p, i
		}
	}
	return largest, index
}

func anyComponent(*component) bool { return true }

// dropDust drops components that are small compared with the largest.
func (l *labelling) dropDust() {
	largest, _ := l.largest(anyComponent)
	l.drop(func(_ int, p *component) bool {
		return p.area < leastArea || p.mass < leastMass*largest.mass
	})
}

// dropFrames drops components that surround another, such as the box of a form, and with them empty
// boxes.
func (l *labelling) dropFrames() {
	frames := l.frames()
	if slices.Contains(frames, true) {
		l.drop(func(i int, p *component) bool {
			return frames[i] || p.inCorners(i+1, l.labels, l.Width)
		})
	}
}

// frames reports for each component whether it is kept and surrounds strokes that are kept.
func (l *labelling) frames() []bool {
	frames := make([]bool, len(l.components))
	for _, i := range l.kept {
		for _, j := range l.kept {
			p, in := &l.components[i], &l.components[j]
			if i != j && !frames[i] && in.box.In(p.box) && in.mass > innerMass*p.mass {
				frames[i] = in.isStroke() && l.surrounds(i, in.box)
			}
		}
	}
	return frames
}

// surrounds reports whether a component is met from the middle of a box in at least seven of eight
// directions.
func (l *labelling) surrounds(i int, box image.Rectangle) bool {
	middle := box.Min.Add(box.Max).Div(2)
	met := 0
	for _, step := range []image.Point{
		{-1, -1}, {0, -1}, {1, -1}, {-1, 0}, {1, 0}, {-1, 1}, {0, 1}, {1, 1},
	} {
		for at := middle; at.In(l.components[i].box); at = at.Add(step) {
			if int(l.labels[at.Y*l.Width+at.X]) == i+1 {
				met++
				break
			}
		}
	}
	return met >= 7
}

// isRuled reports whether a component has a line that runs from the left border to the right, or
// two that run from the top to the bottom, as ruled paper and tables have. A digit that fills the
// image touches all borders, but opposite ones in one place.
func (l *labelling) isRuled(i int) bool {
	w, h := l.Width, l.Height
	if min(w, h) < photoSide {
		return false
	}
	left, right := l.runs(i, 0, w, h), l.runs(i, w-1, w, h)
	top, bottom := l.runs(i, 0, 1, w), l.runs(i, (h-1)*w, 1, w)
	across, down := min(left, right), min(top, bottom)
	return across > 1 || down > 1 || across > down
}

// runs counts a component's runs along n pixels that begin at from and are step apart.
func (l *labelling) runs(i, from, step, n int) int {
	count, inside := 0, false
	for at := range n {
		is := int(l.labels[from+at*step]) == i+1
		if is && !inside {
			count++
		}
		inside = is
	}
	return count
}

// isSheet reports whether a component is a filled rectangle.
func (l *labelling) isSheet(i int, p *component) bool {
	long, short := max(p.box.Dx(), p.box.Dy()), min(p.box.Dx(), p.box.Dy())
	return float64(p.area) > sheetShare*float64(long*short) &&
		float64(short) > narrow*float64(long) &&
		p.inCorners(i+1, l.labels, l.Width)
}

// dropArtifacts drops components whose outline is largely an artifact of the window, where the
// background changes by more than the image, or the image's border.
func (l *labelling) dropArtifacts(smooth, back *grey) {
	artificial := make([]int, len(l.components))
	see := func(a, b int) {
		if (l.labels[a] == 0) == (l.labels[b] == 0) {
			return
		}
		seen, found := smooth.Pixels[a]-smooth.Pixels[b], back.Pixels[a]-back.Pixels[b]
		if max(found, -found) > max(seen, -seen) {
			artificial[max(l.labels[a], l.labels[b])-1]++
		}
	}
	for at := range l.labels {
		if at%l.Width > 0 {
			see(at, at-1)
		}
		if at >= l.Width {
			see(at, at-l.Width)
		}
	}
	l.drop(func(i int, p *component) bool {
		return float64(artificial[i]) > artifactShare*float64(p.outline) ||
			float64(artificial[i]+p.contact) > alongShare*float64(p.outline)
	})
}
