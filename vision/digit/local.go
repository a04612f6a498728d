package digit

import "slices"

const (
	leastStep  = 0.1   // contrast of a stroke: light that falls off may change by as much in a window
	strongest  = 0.9   // of the pixels that stand out are weaker than what counts as the strongest: some are dust
	edgeReach  = 2     // pixels beyond what is strong that may be the soft edge of a stroke
	leastGlow  = 0.05  // of black to white: by what is darker the light on it cannot be told
	mostGain   = 3     // times brighter is made what lies in a shadow: it may be a dark thing, too
	lowSigmas  = 0.970 // of a normal distribution, from the lowest twentieth to the lowest quarter,
	halfSigmas = 0.674 // and on to the half
)

// weakest is by how much strokes may stand out, of the strongest: so they are in a deep shadow. Where
// what does so reaches the border it may be the shadow itself, or ruled lines, and more is asked for.
var weakest = []float32{1. / 3, 1. / 2, 2. / 3}

// candidate is what may be a digit: strokes all dark or all light.
type candidate struct {
	strokes    *grey // 0 where there are none; nil if there are none at all
	dark       bool
	weight     float64 // how much they are like strokes
	elongation float64 // of the strongest part
	touches    bool    // the border of the image
}

// local finds strokes on a page whose light has steps, or that lies on something: strokes are narrower
// than a window, and the page is not. They are dark or light: what strokes enclose, or leave between them
// and a shadow, stands out as well, but strokes are longer for their width.
func (g *grey) local() candidate {
	dark, light := g.darker(), g.negative().darker()
	dark.dark = true
	if light.weight <= dark.weight {
		return dark
	}
	if even := g.evenBoard().negative().darker(); even.strokes != nil {
		return even
	}
	return light
}

func (g *grey) negative() *grey {
	to := &grey{g.Width, g.Height, make([]float32, len(g.Pixels))}
	for i, v := range g.Pixels {
		to.Pixels[i] = 1 - v
	}
	return to
}

// window is half of the side of the window.
func (g *grey) window() int { return max(1, int(windowShare/2*float64(min(g.Width, g.Height)))) }

// evenBoard makes up for shadows on what is beneath light strokes: board and chalk reflect a share of the
// light.
func (g *grey) evenBoard() *grey {
	half := g.halved()
	board := half.opened(half.window()).twice(g.Width, g.Height)
	most := board.peak()
	to := &grey{g.Width, g.Height, make([]float32, len(g.Pixels))}
	for i, p := range g.Pixels {
		to.Pixels[i] = min(1, p*min(mostGain, most/max(board.Pixels[i], leastGlow)))
	}
	return to
}

// darker finds what is darker than the page around it and has the shape of strokes.
func (g *grey) darker() candidate {
	smooth := g.halved()
	back := smooth.closed(smooth.window())
	contrast := smooth.against(back)
	all := contrast.layout(leastStep)
	all.drop(func(_ int, p *part) bool { return p.area >= leastArea && p.alongBorder() })
	contrast = all.within(contrast, 0)
	peak := contrast.strongest()
	var found candidate
	for _, share := range weakest {
		least := max(leastStep, share*peak)
		l := contrast.layout(least)
		l.dropMade(smooth, back)
		l.dropFrames()
		l.drop(l.isSheet)
		l.dropDust()
		_, first := l.largest(func(p *part) bool { return p.contact > 0 })
		touches := first >= 0
		if len(l.kept) == 0 { // noise alone makes strokes of what is weaker still
			break
		}
		if touches && found.strokes != nil {
			continue
		}
		found = l.weighed(smooth, back)
		found.touches = touches
		found.strokes = l.within(g.against(back.twice(g.Width, g.Height)), edgeReach)
		if !touches {
			break
		}
	}
	return found
}

// weighed tells how much the parts are like strokes: dark, and long for their width.
func (l *layout) weighed(smooth, back *grey) candidate {
	energy := make([]float64, len(l.parts)+1)
	for i, label := range l.labels {
		d := back.Pixels[i] - smooth.Pixels[i]
		energy[label] += float64(d * d)
	}
	var c candidate
	most := 0.
	for _, i := range l.kept {
		e, long := energy[i+1], l.parts[i].elongation()
		c.weight += e * long
		if e > most {
			most, c.elongation = e, long
		}
	}
	return c
}

// against is by how much each pixel is darker than the background, as a share of it. What may be noise
// is 0.
func (g *grey) against(back *grey) *grey {
	to := &grey{g.Width, g.Height, make([]float32, len(g.Pixels))}
	for i, p := range g.Pixels {
		to.Pixels[i] = back.Pixels[i] - p
	}
	var some []float32
	for i, every := 0, len(to.Pixels)/fitSamples|1; i < len(to.Pixels); i += every {
		some = append(some, to.Pixels[i])
	}
	// The window finds the lightest of the noise. Strokes, and all that lies around a sheet, are off to one side only.
	slices.Sort(some)
	quarter := some[len(some)/4]
	sigma := (quarter - some[len(some)/20]) / lowSigmas
	bias, noise := quarter+halfSigmas*sigma, noiseSigmas*sigma
	for i, d := range to.Pixels {
		if d -= bias; d <= noise {
			to.Pixels[i] = 0
		} else {
			to.Pixels[i] = d / max(back.Pixels[i]-bias, leastRoom)
		}
	}
	return to
}

// strongest is the contrast of the darkest strokes.
func (g *grey) strongest() float32 {
	var strong []float32
	for _, v := range g.Pixels {
		if v > leastStep {
			strong = append(strong, v)
		}
	}
	if len(strong) == 0 {
		return 0
	}
	slices.Sort(strong)
	return strong[int(strongest*float64(len(strong)))]
}

// keptLabels is 1 for the labels of parts that are kept.
func (l *layout) keptLabels() []float32 {
	kept := make([]float32, len(l.parts)+1)
	for _, i := range l.kept {
		kept[i+1] = 1
	}
	return kept
}

// within is an image up to reach pixels from the parts that are kept, and 0 elsewhere.
func (l *layout) within(g *grey, reach int) *grey {
	mask, kept := &grey{l.Width, l.Height, make([]float32, len(l.labels))}, l.keptLabels()
	for i, label := range l.labels {
		mask.Pixels[i] = kept[label]
	}
	if reach > 0 {
		mask = mask.largest(reach)
	}
	mask = mask.twice(g.Width, g.Height)
	for i := range g.Pixels {
		g.Pixels[i] *= mask.Pixels[i]
	}
	return g
}
