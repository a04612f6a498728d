package digit

import (
	"fmt"
	"image"
	"math"
	"slices"
)

const (
	nearby     = 0.25 // distance of a digit's components, as a fraction of its longer side
	solid      = 3.5  // least length of a digit in widths of its strokes; blots are shorter
	lineAspect = 3    // least width of a line in heights; digits are narrower
	bent       = 1.45 // least outline of a bent component, in outlines of its box
	rival      = 0.5  // least size of a second digit, as a fraction of the digit's longer side
)

func longSide(box image.Rectangle) int { return max(box.Dx(), box.Dy()) }

// isLine reports whether a component is a horizontal line.
func (p *component) isLine() bool { return p.box.Dx() > lineAspect*p.box.Dy() }

// isStroke reports whether a component is long compared with the mean width of its strokes, which
// is 2 area / outline.
func (p *component) isStroke() bool {
	return float64(longSide(p.box)*p.outline) >= solid*float64(2*p.area)
}

// mayBeDigit reports whether a component has the shape of a digit: made of strokes, not a line, and
// not cut off by the border of the image.
func (p *component) mayBeDigit() bool { return p.isStroke() && !p.isLine() && p.contact == 0 }

// keepDigit drops all components but the digit's: the largest one with the shape of a digit, and
// those near it. If another may be the digit as well, the error names the positions of both.
func (l *labelling) keepDigit() error {
	l.dropDust()
	if len(l.kept) < 2 {
		return nil
	}
	l.dropFrames()
	l.dropDust()
	_, first := l.largest((*component).mayBeDigit)
	if first < 0 {
		_, first = l.largest((*component).isStroke)
	}
	if first < 0 {
		return errSolid
	}
	all := l.kept
	box := l.join(first)
	kept := l.keptLabels()
	for _, i := range all {
		p := &l.components[i]
		if kept[i+1] == 0 && p.mayBeDigit() &&
			float64(longSide(p.box)) >= rival*float64(longSide(box)) {
			return noStrokes(fmt.Sprintf("there are two things that may be the digit, "+
				"at %s and at %s, want one digit", l.position(box), l.position(p.box)))
		}
	}
	return nil
}

// position describes the middle of a box in percentages of the image.
func (l *labelling) position(box image.Rectangle) string {
	x, y := 50*(box.Min.X+box.Max.X)/l.Width, 50*(box.Min.Y+box.Max.Y)/l.Height
	return fmt.Sprintf("%d %% of the width and %d %% of the height", x, y)
}

// join keeps a component and those near it that belong to the same digit, and returns their box.
func (l *labelling) join(first int) image.Rectangle {
	box, rest := l.components[first].box, l.kept
	l.kept = []int{first}
	for joined := 0; joined < len(l.kept); {
		joined = len(l.kept)
		digit := box
		near := digit.Inset(-int(math.Ceil(nearby * float64(longSide(digit)))))
		for _, i := range rest {
			p := &l.components[i]
			if p.box.Overlaps(near) && p.belongs(digit) && !slices.Contains(l.kept, i) {
				l.kept, box = append(l.kept, i), box.Union(p.box)
			}
		}
	}
	return box
}

// belongs reports whether a component near a digit is one of its strokes: no blot, no line below
// it, and nothing half as large that is bent, or half as high beside it.
func (p *component) belongs(digit image.Rectangle) bool {
	if !p.isStroke() || p.isLine() && p.box.Max.Y > digit.Max.Y {
		return false
	}
	if float64(longSide(p.box)) < rival*float64(longSide(digit)) {
		return true
	}
	beside := p.box.Min.X >= digit.Max.X || p.box.Max.X <= digit.Min.X
	return !p.isBent() && !(beside && float64(p.box.Dy()) >= rival*float64(digit.Dy()))
}

// isBent reports whether a component's outline is longer than its box's. A straight stroke's is
// not.
func (p *component) isBent() bool {
	return float64(p.outline) > bent*float64(2*(p.box.Dx()+p.box.Dy()))
}
