package digit

const (
	noiseBins = 64
	faintBins = noiseBins / 10

	// Ratios of the number of faint pixels to that of middle ones. Clean edges have up to 4, JPEG
	// leaves 10 and more.
	muchFainter = 6
	noFainter   = 3
)

// noiseFloor returns the value up to which pixels may be JPEG's noise around edges. It is 0 for
// clean strokes, whose edges have about as many faint pixels as middle ones. If there are many more
// faint ones, it is the value from which there are as few.
func (g *grey) noiseFloor() float32 {
	peak := g.peak()
	scale := noiseBins / peak
	var counts [noiseBins + 1]int
	for _, v := range g.Pixels {
		if v > 0 {
			counts[min(int(v*scale), noiseBins)]++
		}
	}
	middle := 0.0
	for _, n := range counts[noiseBins/4 : noiseBins*3/4] {
		middle += float64(float64(n) / (noiseBins / 2))
	}
	faint := 0.0
	for _, n := range counts[:faintBins] {
		faint += float64(n) / faintBins
	}
	if faint <= float64(muchFainter*middle)+1 {
		return 0
	}
	for i := range noiseBins / 2 {
		if mean := float64(counts[i]+counts[i+1]+counts[i+2]) / 3; mean <= float64(noFainter*middle)+1 {
			return float32(i) / scale
		}
	}
	return peak / 2
}
