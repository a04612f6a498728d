package jpeggrey

// plane sums the samples of a component in the pixels of the reduced image.
type plane struct {
	width, height         int // of the image, in pixels
	side                  int // of the squares of pixels that become a pixel of the reduced image
	columns               int // of the reduced image
	across, down          int // samples of a unit
	unitWidth, unitHeight int // pixels of a unit
	sums                  []float32
}

// even reports whether a sample is a pixel.
func (p *plane) even() bool { return p.across == p.unitWidth && p.down == p.unitHeight }

// add adds a block of 8 x 8 samples, from 0 to 255.
func (p *plane) add(column, row int, block *[64]float32) {
	if !p.even() {
		for i, v := range block {
			p.fill(8*column+i%8, 8*row+i/8, 1, v)
		}
		return
	}
	left := 8 * column
	n := min(8, p.width-left)
	if n <= 0 {
		return
	}
	for y := range min(8, p.height-8*row) {
		sums := p.sums[(8*row+y)/p.side*p.columns:][:p.columns]
		at, more := left/p.side, p.side-left%p.side
		for _, v := range block[8*y:][:n] {
			sums[at] += v
			if more--; more == 0 {
				at, more = at+1, p.side
			}
		}
	}
}

// fill adds a square of samples of one value.
func (p *plane) fill(column, row, samples int, value float32) {
	// The first pixel of a sample is the first one whose left or upper edge is in it.
	left, right := ceil(column*p.unitWidth, p.across), ceil((column+samples)*p.unitWidth, p.across)
	top, bottom := ceil(row*p.unitHeight, p.down), ceil((row+samples)*p.unitHeight, p.down)
	right, bottom = min(right, p.width), min(bottom, p.height)
	for y := top; y < bottom; {
		below := min(bottom, (y/p.side+1)*p.side)
		sums := p.sums[y/p.side*p.columns:][:p.columns]
		for x := left; x < right; {
			beyond := min(right, (x/p.side+1)*p.side)
			sums[x/p.side] += float32(value * float32((beyond-x)*(below-y)))
			x = beyond
		}
		y = below
	}
}

// means converts the sums to brightness from 0 to 1, in place.
func (p *plane) means() []float32 {
	for i := range p.sums {
		across := min(p.side, p.width-i%p.columns*p.side)
		down := min(p.side, p.height-i/p.columns*p.side)
		p.sums[i] /= 255 * float32(across*down)
	}
	return p.sums
}
