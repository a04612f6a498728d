package digit

const (
	noiseBins   = 64
	faintBins   = noiseBins / 10
	muchFainter = 6 // clean edges have up to 4 times as many faint values as others, JPEG leaves 10 times and more
	noFainter   = 3
)

// faint is the value up to which pixels may be what JPEG leaves around edges. Where strokes are clean,
// their edges pass through faint values about as often as through those in the middle, and it is 0.
// Where there are many more, it is where they have become as few.
func (g *grey) faint() float32 {
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
		middle += float64(n) / (noiseBins / 2)
	}
	faint := 0.0
	for _, n := range counts[:faintBins] {
		faint += float64(n) / faintBins
	}
	if faint <= muchFainter*middle+1 {
		return 0
	}
	for i := range noiseBins / 2 {
		if mean := float64(counts[i]+counts[i+1]+counts[i+2]) / 3; mean <= noFainter*middle+1 {
			return float32(i) / scale
		}
	}
	return peak / 2
}
