package digit

import "slices"

const (
	leastStep      = 0.1  // least contrast of a stroke; gradual light changes less in a window
	strongQuantile = 0.9  // quantile of the contrast that is its peak; some of the rest is dust
	edgeReach      = 2    // width in pixels of the soft edge of a stroke
	leastGlow      = 0.05 // least brightness of a board that shows the light on it
	mostGain       = 3    // maximum gain in a shadow, which may be a dark object

	// Quantiles of a normal distribution, in standard deviations.
	lowSigmas  = 0.970 // from the lowest twentieth to the lowest quarter
	halfSigmas = 0.674 // from the lowest quarter to the median
)

// weakest holds the least contrast of strokes, as fractions of the peak, in the order in which they
// are tried. The first is for strokes in a deep shadow. If the components then touch the border
// they may be the shadow itself, or ruled lines, and a higher one is tried.
var weakest = []float32{1. / 3, 1. / 2, 2. / 3}

// candidate holds strokes, all dark or all light, that may be a digit.
type candidate struct {
	strokes    *grey // 0 outside of strokes; nil if there are none
	dark       bool
	weight     float64 // similarity to strokes
	elongation float64 // of the strongest component
	touches    bool    // the strokes touch the border of the image
}

// localStrokes finds strokes on a page whose light has steps, or that is on a desk: they are
// narrower than the window. Areas that strokes enclose, or that are between strokes and a shadow,
// also have contrast; the candidate that is longer compared with its width is the strokes.
func (g *grey) localStrokes() candidate {
	dark, light := g.darkStrokes(), g.negative().darkStrokes()
	dark.dark = true
	if light.weight <= dark.weight {
		return dark
	}
	if even := g.withoutShadows().negative().darkStrokes(); even.strokes != nil {
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

// window returns half the side of the window.
func (g *grey) window() int { return max(1, int(windowShare/2*float64(min(g.Width, g.Height)))) }

// withoutShadows brightens the shadows on a board with light strokes. Both board and chalk reflect
// a fraction of the light.
func (g *grey) withoutShadows() *grey {
	half := g.halved()
	board := half.opened(half.window()).doubled(g.Width, g.Height)
	most := board.peak()
	to := &grey{g.Width, g.Height, make([]float32, len(g.Pixels))}
	for i, p := range g.Pixels {
		to.Pixels[i] = min(1, p*min(mostGain, most/max(board.Pixels[i], leastGlow)))
	}
	return to
}

// darkStrokes finds components that are darker than the page around them and have the shape of
// strokes.
func (g *grey) darkStrokes() candidate {
	smooth := g.halved()
	back := smooth.closed(smooth.window())
	contrast := smooth.contrastTo(back)
	all := contrast.labelled(leastStep)
	all.drop(func(_ int, p *component) bool { return p.area >= leastArea && p.alongBorder() })
	contrast = all.masked(contrast, 0)
	peak := contrast.peakContrast()
	var found candidate
	for _, share := range weakest {
		least := max(leastStep, share*peak)
		l := contrast.labelled(least)
		l.dropArtifacts(smooth, back)
		l.dropFrames()
		l.drop(l.isSheet)
		l.dropDust()
		_, first := l.largest(func(p *component) bool { return p.contact > 0 })
		touches := first >= 0
		if len(l.kept) == 0 {
			break
		}
		if touches && found.strokes != nil {
			continue
		}
		found = l.score(smooth, back)
		found.touches = touches
		found.strokes = l.masked(g.contrastTo(back.doubled(g.Width, g.Height)), edgeReach)
		if !touches {
			break
		}
	}
	return found
}

// score measures how similar the components are to strokes: dark, and long compared with their
// width.
func (l *labelling) score(smooth, back *grey) candidate {
	energy := make([]float64, len(l.components)+1)
	for i, label := range l.labels {
		d := back.Pixels[i] - smooth.Pixels[i]
		energy[label] += float64(d * d)
	}
	var c candidate
	most := 0.
	for _, i := range l.kept {
		e, long := energy[i+1], l.components[i].elongation()
		c.weight += float64(e * long)
		if e > most {
			most, c.elongation = e, long
		}
	}
	return c
}

// contrastTo returns by how much each pixel is darker than the background, as a fraction of it.
// Noise becomes 0.
func (g *grey) contrastTo(back *grey) *grey {
	to := &grey{g.Width, g.Height, make([]float32, len(g.Pixels))}
	for i, p := range g.Pixels {
		to.Pixels[i] = back.Pixels[i] - p
	}
	var some []float32
	for i, every := 0, len(to.Pixels)/fitSamples|1; i < len(to.Pixels); i += every {
		some = append(some, to.Pixels[i])
	}
	// The background is the maximum of the noise, which is a bias. The lower quantiles measure the
	// noise, because strokes, and everything around a sheet, have high values only.
	slices.Sort(some)
	quarter := some[len(some)/4]
	sigma := (quarter - some[len(some)/20]) / lowSigmas
	bias, noise := quarter+float32(halfSigmas*sigma), noiseSigmas*sigma
	for i, d := range to.Pixels {
		if d -= bias; d <= noise {
			to.Pixels[i] = 0
		} else {
			to.Pixels[i] = d / max(back.Pixels[i]-bias, leastRange)
		}
	}
	return to
}

// peakContrast returns the contrast of the darkest strokes.
func (g *grey) peakContrast() float32 {
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
	return strong[int(strongQuantile*float64(len(strong)))]
}

// keptLabels returns 1 for the label of each component that is kept, else 0.
func (l *labelling) keptLabels() []float32 {
	kept := make([]float32, len(l.components)+1)
	for _, i := range l.kept {
		kept[i+1] = 1
	}
	return kept
}

// masked sets pixels to 0 that are more than reach pixels from the components that are kept.
func (l *labelling) masked(g *grey, reach int) *grey {
	mask, kept := &grey{l.Width, l.Height, make([]float32, len(l.labels))}, l.keptLabels()
	for i, label := range l.labels {
		mask.Pixels[i] = kept[label]
	}
	if reach > 0 {
		mask = mask.dilated(reach)
	}
	mask = mask.doubled(g.Width, g.Height)
	for i := range g.Pixels {
		g.Pixels[i] *= mask.Pixels[i]
	}
	return g
}
