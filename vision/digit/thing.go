package digit

import (
	"fmt"
	"image"
	"math"
	"slices"
)

const (
	nearby = 0.25 // of a digit's longer side: the bar of a 5 is no further off
	solid  = 3.5  // times longer than their strokes are wide are digits at least, and blots less
	lying  = 3    // times as wide as high is a line, and no digit
	bent   = 1.45 // of a box's outline
	rival  = 0.5  // of the main digit's longer side: what is smaller is no second digit
)

func longSide(box image.Rectangle) int { return max(box.Dx(), box.Dy()) }

// isLine reports whether a part is a line along rows.
func (p *part) isLine() bool { return p.box.Dx() > lying*p.box.Dy() }

// isStroke reports whether a part is long for the mean width of its strokes, 2 area / outline.
func (p *part) isStroke() bool {
	return float64(longSide(p.box)*p.outline) >= solid*float64(2*p.area)
}

// mayBeDigit reports whether a part alone has the shape of a digit: of strokes, not lying, and not
// cut off by the border of the image.
func (p *part) mayBeDigit() bool { return p.isStroke() && !p.isLine() && p.contact == 0 }

// main drops all parts but those of the digit: the largest part of a digit's shape, and what is
// near to it. Where another may be the digit as well, the error says where they are.
func (l *layout) main() error {
	l.dropDust()
	if len(l.kept) < 2 {
		return nil
	}
	l.dropFrames()
	l.dropDust()
	_, first := l.largest((*part).mayBeDigit)
	if first < 0 {
		_, first = l.largest((*part).isStroke)
	}
	if first < 0 {
		return errSolid
	}
	all := l.kept
	box := l.join(first)
	kept := l.keptLabels()
	for _, i := range all {
		p := &l.parts[i]
		if kept[i+1] == 0 && p.mayBeDigit() &&
			float64(longSide(p.box)) >= rival*float64(longSide(box)) {
			return noStrokes(fmt.Sprintf("there are two things that may be the digit, "+
				"at %s and at %s, want one digit", l.where(box), l.where(p.box)))
		}
	}
	return nil
}

// where is the middle of a box in shares of the image.
func (l *layout) where(box image.Rectangle) string {
	x, y := 50*(box.Min.X+box.Max.X)/l.Width, 50*(box.Min.Y+box.Max.Y)/l.Height
	return fmt.Sprintf("%d %% of the width and %d %% of the height", x, y)
}

// join keeps a part and those near to it that belong to the same digit, and returns their box.
func (l *layout) join(first int) image.Rectangle {
	box, rest := l.parts[first].box, l.kept
	l.kept = []int{first}
	for joined := 0; joined < len(l.kept); {
		joined = len(l.kept)
		digit := box
		near := digit.Inset(-int(math.Ceil(nearby * float64(longSide(digit)))))
		for _, i := range rest {
			p := &l.parts[i]
			if p.box.Overlaps(near) && p.belongs(digit) && !slices.Contains(l.kept, i) {
				l.kept, box = append(l.kept, i), box.Union(p.box)
			}
		}
	}
	return box
}

// belongs reports whether a part near a digit is one of its strokes: no blot, no line below it, and
// nothing half as large that is bent, or as high beside it.
func (p *part) belongs(digit image.Rectangle) bool {
	if !p.isStroke() || p.isLine() && p.box.Max.Y > digit.Max.Y {
		return false
	}
	if float64(longSide(p.box)) < rival*float64(longSide(digit)) {
		return true
	}
	beside := p.box.Min.X >= digit.Max.X || p.box.Max.X <= digit.Min.X
	return !p.isBent() && !(beside && float64(p.box.Dy()) >= rival*float64(digit.Dy()))
}

// isBent reports whether a part's outline is longer than its box's, as a straight stroke's is not.
func (p *part) isBent() bool {
	return float64(p.outline) > bent*float64(2*(p.box.Dx()+p.box.Dy()))
}
