package digit

import "slices"

const (
	leastBoard = 0.1  // of black to white: how light a board must be for a shadow on it to be told from noise
	shade      = 0.75 // of the light is left in a shadow that is worth making up for
	photoSide  = 128  // pixels that a photo's sides have at least: in less, a digit may be a few squares
	strongInk  = 0.5  // of the brightest value: the mean of strokes with soft edges is more,
	weakShare  = 0.8  // and without what is less strong they are as long
	mostInk    = 0.5  // of an image: strokes that cover more are a page, or a desk
)

// digit gives the strokes of the digit in their bounding box.
func (g *grey) digit() (*grey, error) {
	if len(g.Pixels) == 0 {
		return nil, ErrBlank
	}
	calm := g.calm()
	plain, err := calm.strokes()
	switch {
	case calm != g && (err != nil || plain.peak() < leastStep):
		return nil, errSpecks
	case err == nil:
		s, err := calm.onPage(plain)
		if err == ErrBlank && calm != g {
			err = errSpecks
		}
		return s, err
	case plain.noise > leastStep: // a step of the light may have hidden strokes
		if found := g.local(); found.strokes != nil && !found.touches {
			return found.strokes.cut(0, leastArea)
		}
	}
	return nil, err
}

// onPage finds the digit in what stands out. Most images are a page with nothing but the digit.
// Where what stands out is not like strokes on a page, the page is looked for anew, part by part.
func (g *grey) onPage(plain standing) (*grey, error) {
	least := leastArea
	if plain.noise > 0 {
		least = max(least, min(noisyArea, len(plain.Pixels)/noisyPart))
	}
	noise := max(plain.noise, plain.faint())
	floor := max(noise, leastInk*plain.peak())
	l := plain.layout(floor)
	l.dropDust()
	l.dropFrames()
	if strong := l.strong(); strong != nil {
		l = strong.within(plain.clone(), edgeReach).layout(floor)
		l.dropDust()
	}
	if l.isPage() {
		if s, err := l.cut(noise, least); err != nil || plain.dark || !g.isShaded() {
			return s, err
		}
	}
	strong := max(noise, weakest[0]*plain.peak()) // where outlines are less rough by noise
	l = plain.layout(strong)
	largest, i := l.largest(anyPart)
	smooth, _ := plain.coarse().layout(strong).largest(anyPart)
	found := g.local()
	// A digit that is cut off by the image's border may be lost, and what it encloses found instead.
	if found.strokes != nil &&
		(found.dark == plain.dark || largest.alongBorder() || found.elongation > smooth.elongation()) {
		if s, err := found.strokes.cut(0, least); err != ErrBlank {
			return s, err
		}
	}
	switch {
	case largest.area < least:
		return nil, ErrBlank
	case min(g.Width, g.Height) < photoSide: // nothing more is asked for
	case largest.alongBorder():
		return nil, errBorder
	case float64(largest.area) > mostInk*float64(len(l.labels)) || l.isSheet(i, largest):
		return nil, errSolid
	}
	return plain.cut(noise, least)
}

// strong is the layout of the strongest ink, where it draws a digit that is much smaller than all
// that stands out: the rest is weaker, or around it. Else it is nil.
func (l *layout) strong() *layout {
	strong := l.grey.layout(strongInk * l.peak())
	strong.dropDust()
	strong.dropFrames()
	if _, first := strong.largest((*part).mayBeDigit); first < 0 ||
		float64(longSide(strong.box())) > weakShare*float64(longSide(l.box())) {
		return nil
	}
	return strong
}

// isPage reports whether all that stands out may be strokes that do not touch the border.
func (l *layout) isPage() bool {
	return !slices.ContainsFunc(l.kept, func(i int) bool {
		p := &l.parts[i]
		return p.contact > 0 || l.isSheet(i, p)
	})
}

// isShaded reports whether the border of a dark page is much darker at one end than at another, beyond
// specks. Light strokes are darker there too.
func (g *grey) isShaded() bool {
	border := g.half().half().border() // of which noise leaves the ends near
	dark, light := border[len(border)/10], border[len(border)*9/10]
	return light > leastBoard && dark < shade*light
}

// coarse is an image of less than halvedSide pixels a side: of it noise leaves the outlines smooth.
func (g *grey) coarse() *grey {
	half := g.halved()
	if half == g {
		return g
	}
	return half.coarse()
}
