package digit

import "slices"

const (
	leastBoard = 0.1  // least brightness of a board on which a shadow differs from noise
	shade      = 0.75 // brightness of a shadow as a fraction of the board's
	photoSide  = 128  // least side of a photo; in smaller images a digit may be a few squares
	strongInk  = 0.5  // threshold of strong ink, as a fraction of the peak
	weakShare  = 0.8  // size of a digit of strong ink, as a fraction of the size of all ink
	mostInk    = 0.5  // fraction of an image; strokes that cover more are a page or a desk
)

// digit returns the strokes of the digit in their bounding box.
func (g *grey) digit() (*grey, error) {
	if len(g.Pixels) == 0 {
		return nil, ErrBlank
	}
	smooth := g.smoothed()
	plain, err := smooth.foreground()
	switch {
	case smooth != g && (err != nil || plain.peak() < leastStep):
		return nil, errSpecks
	case err == nil:
		s, err := smooth.onPage(plain)
		if err == ErrBlank && smooth != g {
			err = errSpecks
		}
		return s, err
	case plain.noise > leastStep: // a step of the light may hide strokes
		if found := g.localStrokes(); found.strokes != nil && !found.touches {
			return found.strokes.crop(0, leastArea)
		}
	}
	return nil, err
}

// onPage finds the digit in the foreground. Most images are a page with only the digit. If the
// foreground is not like strokes on a page, localStrokes finds the page in another way.
func (g *grey) onPage(plain foreground) (*grey, error) {
	least := leastArea
	if plain.noise > 0 {
		least = max(least, min(noisyArea, len(plain.Pixels)/noisyPart))
	}
	noise := max(plain.noise, plain.noiseFloor())
	floor := max(noise, leastInk*plain.peak())
	l := plain.labelled(floor)
	l.dropDust()
	l.dropFrames()
	if strong := l.strong(); strong != nil {
		l = strong.masked(plain.clone(), edgeReach).labelled(floor)
		l.dropDust()
	}
	if l.isPage() {
		if s, err := l.crop(noise, least); err != nil || plain.dark || !g.isShaded() {
			return s, err
		}
	}
	strong := max(noise, weakest[0]*plain.peak()) // noise affects its outlines less
	l = plain.labelled(strong)
	largest, i := l.largest(anyComponent)
	smooth, _ := plain.coarse().labelled(strong).largest(anyComponent)
	found := g.localStrokes()
	// If the image's border cuts a digit off, localStrokes may find the area that it encloses.
	if found.strokes != nil &&
		(found.dark == plain.dark || largest.alongBorder() || found.elongation > smooth.elongation()) {
		if s, err := found.strokes.crop(0, least); err != ErrBlank {
			return s, err
		}
	}
	switch {
	case largest.area < least:
		return nil, ErrBlank
	case min(g.Width, g.Height) < photoSide: // no further checks
	case largest.alongBorder():
		return nil, errBorder
	case float64(largest.area) > mostInk*float64(len(l.labels)) || l.isSheet(i, largest):
		return nil, errSolid
	}
	return plain.crop(noise, least)
}

// strong returns the labelling of strong ink if that is a digit much smaller than all components
// together: the others are weaker, or around it. Otherwise it returns nil.
func (l *labelling) strong() *labelling {
	strong := l.grey.labelled(strongInk * l.peak())
	strong.dropDust()
	strong.dropFrames()
	if _, first := strong.largest((*component).mayBeDigit); first < 0 ||
		float64(longSide(strong.box())) > weakShare*float64(longSide(l.box())) {
		return nil
	}
	return strong
}

// isPage reports whether all components may be strokes that do not touch the border.
func (l *labelling) isPage() bool {
	return !slices.ContainsFunc(l.kept, func(i int) bool {
		p := &l.components[i]
		return p.contact > 0 || l.isSheet(i, p)
	})
}

// isShaded reports whether the border of a dark page is much darker in some places than in others.
// Light strokes are darker there, too.
func (g *grey) isShaded() bool {
	border := g.half().half().border() // with little noise
	dark, light := border[len(border)/10], border[len(border)*9/10]
	return light > leastBoard && dark < shade*light
}

// coarse halves an image until its sides are less than halvedSide. Then noise leaves outlines
// smooth.
func (g *grey) coarse() *grey {
	half := g.halved()
	if half == g {
		return g
	}
	return half.coarse()
}
