package vision

import "slices"

const (
	leastBoard = 0.1  // of black to white: how light a board must be for a shadow on it to be told from noise
	shade      = 0.75 // of the light is left in a shadow that is worth making up for
	photoSide  = 128  // pixels that a photo's sides have at least: in less, a digit may be a few squares
	mostInk    = 0.5  // of an image: strokes that cover more are a page, or a desk
)

// digit gives the strokes of the digit in their bounding box. Most images are a page with nothing but the
// digit. Where what stands out is not like strokes on a page, the page is looked for anew, part by part.
func (g *Grey) digit() (*Grey, error) {
	if len(g.Pixels) == 0 {
		return nil, ErrBlank
	}
	plain, err := g.strokes()
	if err != nil {
		if plain.noise <= leastStep { // else a step of the light may have hidden strokes
			return nil, err
		}
		if found := g.local(); found.strokes != nil && !found.touches {
			return found.strokes.cut(0, leastArea)
		}
		return nil, err
	}
	least := leastArea
	if plain.noise > 0 {
		least = max(least, min(noisyArea, len(plain.Pixels)/noisyPart))
	}
	noise := max(plain.noise, plain.faint())
	l := plain.layout(max(noise, leastInk*plain.peak()))
	l.dropDust()
	if l.isPage() {
		if s, err := plain.cutOut(l.labels, l.parts, noise, least); err != nil || plain.dark || !g.isShaded() {
			return s, err
		}
	}
	strong := max(noise, weakest[0]*plain.peak()) // where outlines are less rough by noise
	l = plain.layout(strong)
	largest, i := l.largest()
	smooth, _ := plain.coarse().layout(strong).largest()
	found := g.local()
	// A digit that is cut off by the image's border may be lost, and what it encloses found instead.
	if found.strokes != nil &&
		(found.dark == plain.dark || largest.alongBorder() || found.elongation > smooth.elongation()) {
		if s, err := found.strokes.cut(0, least); err == nil {
			return s, nil
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

// isPage tells whether all that stands out may be strokes with room around them.
func (l *layout) isPage() bool {
	frames := l.frames()
	return !slices.ContainsFunc(l.kept, func(i int) bool {
		p := &l.parts[i]
		return p.contact > 0 || frames[i] || l.isSheet(i, p)
	})
}

// isShaded tells whether a dark page is much darker in some places of its border than in others. Light
// strokes are darker there too.
func (g *Grey) isShaded() bool {
	border := g.border()
	dark, light := border[len(border)/10], border[len(border)*9/10]
	return light > leastBoard && dark < shade*light
}

// largest is the part of the most mass that is kept, and its index.
func (l *layout) largest() (*part, int) {
	largest, index := &part{}, 0
	for _, i := range l.kept {
		if l.parts[i].mass > largest.mass {
			largest, index = &l.parts[i], i
		}
	}
	return largest, index
}

// coarse is an image of less than halvedSide pixels a side: of it noise leaves the outlines smooth.
func (g *Grey) coarse() *Grey {
	half := g.halved()
	if half == g {
		return g
	}
	return half.coarse()
}
