package kernel

// MaxWindow is a window that moves over rows of channels. Its taps are Lines lines of Taps
// adjacent vectors of Width channels:
//
//	Y[i,j] = the largest X[i*XRow + l*Line + t*Width + j] over l and t
//
// It is NaN if one of these is NaN, and the first of equal numbers.
type MaxWindow struct {
	Rows, Width int // positions of the window, channels
	Lines, Taps int // at least 1
	X           []float32
	XRow, Line  int
	Y           []float32
	YRow        int
	// Of MaxBack only: D[i,j] is added to Grad at the first tap that equals Y[i,j], and 0 at the
	// other taps. Grad has the layout of X.
	D    []float32
	DRow int
	Grad []float32
}

func (p *MaxWindow) check() {
	if p.Lines < 1 || p.Taps < 1 || p.Line < 0 || p.XRow < 0 {
		panic("kernel: a window without taps, or a negative stride")
	}
	_ = p.X[p.last()]
	checkRows(p.Y, p.Rows, p.Width, p.YRow)
}

// last returns the index of the last number of X under the window.
func (p *MaxWindow) last() int {
	return (p.Rows-1)*p.XRow + (p.Lines-1)*p.Line + p.Taps*p.Width - 1
}

func (p *MaxWindow) checkBack() {
	p.check()
	_ = p.Grad[p.last()]
	checkRows(p.D, p.Rows, p.Width, p.DRow)
}

func maxWindow(p MaxWindow) {
	if p.Rows <= 0 || p.Width <= 0 {
		return
	}
	p.check()
	for i := range p.Rows {
		y := p.Y[i*p.YRow:][:p.Width]
		copy(y, p.X[i*p.XRow:])
		for l := range p.Lines {
			for t := range p.Taps {
				for j, x := range p.X[i*p.XRow+l*p.Line+t*p.Width:][:p.Width] {
					if x > y[j] || x != x {
						y[j] = x
					}
				}
			}
		}
	}
}

func maxBack(p MaxWindow) {
	if p.Rows <= 0 || p.Width <= 0 {
		return
	}
	p.checkBack()
	for i := range p.Rows {
		for j, y := range p.Y[i*p.YRow:][:p.Width] {
			rest := p.D[i*p.DRow+j]
			for l := range p.Lines {
				for t := range p.Taps {
					at := i*p.XRow + l*p.Line + t*p.Width + j
					var d float32
					if p.X[at] == y {
						d, rest = rest, 0
					}
					p.Grad[at] += d
				}
			}
		}
	}
}
