package digit

import (
	"image"
	"slices"
)

// What the shape of a part says.
const (
	alongShare  = 0.35 // of its outline, on the border: a digit that fills the image has a quarter there at most
	madeShare   = 0.15 // of its outline, made by the window: a bay between strokes has a fifth or more
	cornerShare = 0.1  // of a box's sides: a round 0 comes no nearer to the corners of its box than 0.15
	innerMass   = 0.1  // of a frame's mass: a digit in it has as much
	sheetShare  = 0.75 // of its box: a digit that fills as much is narrow
	narrow      = 0.5
)

// alongBorder tells whether a part lies along the border of the image, as a shadow does, or the desk
// beyond a sheet.
func (p *part) alongBorder() bool { return float64(p.contact) > alongShare*float64(p.outline) }

// elongation is 16 for a square, and more for what is longer, thinner or more bent.
func (p *part) elongation() float64 {
	return float64(p.outline) * float64(p.outline) / float64(p.area)
}

// inCorners tells whether a part has pixels in all four corners of its box, as what is a rectangle has.
func (p *part) inCorners(label int, labels []int32, width int) bool {
	dx, dy := int(cornerShare*float64(p.box.Dx()))+1, int(cornerShare*float64(p.box.Dy()))+1
	for _, at := range []image.Point{
		p.box.Min, {p.box.Max.X - dx, p.box.Min.Y}, {p.box.Min.X, p.box.Max.Y - dy}, p.box.Max.Sub(image.Pt(dx, dy)),
	} {
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

// layout is the parts of an image, and which of them are kept.
type layout struct {
	*grey
	labels []int32
	parts  []part
	kept   []int // parts, in their order
}

func (g *grey) layout(noise float32) *layout {
	l := &layout{grey: g}
	l.labels, l.parts = g.parts(noise)
	for i := range l.parts {
		l.kept = append(l.kept, i)
	}
	return l
}

func (l *layout) drop(is func(i int, p *part) bool) {
	l.kept = slices.DeleteFunc(l.kept, func(i int) bool { return is(i, &l.parts[i]) })
}

// box is the box of the parts that are kept.
func (l *layout) box() image.Rectangle {
	var box image.Rectangle
	for _, i := range l.kept {
		box = box.Union(l.parts[i].box)
	}
	return box
}

// largest is the part of the most mass that is kept and chosen, and its index; -1 if there is none.
func (l *layout) largest(chosen func(p *part) bool) (*part, int) {
	largest, index := &part{}, -1
	for _, i := range l.kept {
		if p := &l.parts[i]; p.mass > largest.mass && chosen(p) {
			largest, index = p, i
		}
	}
	return largest, index
}

func anyPart(*part) bool { return true }

// dropDust drops what is small beside the largest.
func (l *layout) dropDust() {
	largest, _ := l.largest(anyPart)
	l.drop(func(_ int, p *part) bool { return p.area < leastArea || p.mass < leastPart*largest.mass })
}

// dropFrames drops what is around something else, as a box of a form, and with it empty boxes.
func (l *layout) dropFrames() {
	frames := l.frames()
	if slices.Contains(frames, true) {
		l.drop(func(i int, p *part) bool { return frames[i] || p.inCorners(i+1, l.labels, l.Width) })
	}
}

// frames reports of each part whether it is kept and has something with strokes in it that is kept.
func (l *layout) frames() []bool {
	frames := make([]bool, len(l.parts))
	for _, i := range l.kept {
		for _, j := range l.kept {
			p, in := &l.parts[i], &l.parts[j]
			if i != j && !frames[i] && in.box.In(p.box) && in.mass > innerMass*p.mass {
				frames[i] = in.isStroke() && l.surrounds(i, in.box)
			}
		}
	}
	return frames
}

// surrounds reports whether a part is met from the middle of a box in all but one of eight directions.
func (l *layout) surrounds(i int, box image.Rectangle) bool {
	middle := box.Min.Add(box.Max).Div(2)
	met := 0
	for _, step := range []image.Point{{-1, -1}, {0, -1}, {1, -1}, {-1, 0}, {1, 0}, {-1, 1}, {0, 1}, {1, 1}} {
		for at := middle; at.In(l.parts[i].box); at = at.Add(step) {
			if int(l.labels[at.Y*l.Width+at.X]) == i+1 {
				met++
				break
			}
		}
	}
	return met >= 7
}

// isRuled reports whether a part has lines that run from the left border to the right, or two that
// run from the top to the bottom, as ruled paper and tables have. A digit that fills the image
// touches all borders, opposite ones in one spot.
func (l *layout) isRuled(i int) bool {
	w, h := l.Width, l.Height
	if min(w, h) < photoSide {
		return false
	}
	left, right := l.runs(i, 0, w, h), l.runs(i, w-1, w, h)
	top, bottom := l.runs(i, 0, 1, w), l.runs(i, (h-1)*w, 1, w)
	across, down := min(left, right), min(top, bottom)
	return across > 1 || down > 1 || across > down
}

// runs counts how often a part begins along n pixels from one on, step apart.
func (l *layout) runs(i, from, step, n int) int {
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

// isSheet tells whether a part is a rectangle, and fills it.
func (l *layout) isSheet(i int, p *part) bool {
	long, short := max(p.box.Dx(), p.box.Dy()), min(p.box.Dx(), p.box.Dy())
	return float64(p.area) > sheetShare*float64(long*short) && float64(short) > narrow*float64(long) &&
		p.inCorners(i+1, l.labels, l.Width)
}

// dropMade drops parts much of whose outline is none of the image's, but the window's, where the
// background changes by more than the image does, or the image's border.
func (l *layout) dropMade(smooth, back *grey) {
	made := make([]int, len(l.parts))
	see := func(a, b int) {
		if (l.labels[a] == 0) == (l.labels[b] == 0) {
			return
		}
		seen, found := smooth.Pixels[a]-smooth.Pixels[b], back.Pixels[a]-back.Pixels[b]
		if max(found, -found) > max(seen, -seen) {
			made[max(l.labels[a], l.labels[b])-1]++
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
	l.drop(func(i int, p *part) bool {
		return float64(made[i]) > madeShare*float64(p.outline) ||
			float64(made[i]+p.contact) > alongShare*float64(p.outline)
	})
}
