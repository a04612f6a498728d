package kernel

// These kernels have the columns of matrices in the lanes, and loop over the rows. A field whose
// name ends in Row is a stride.

// ColumnSums adds up the rows of a matrix D, and of D times the deviations of X, column by column:
//
//	Sum[j] += D[i,j]
//	Product[j] += D[i,j] (X[i,j] - Center[j])
//
// A deviation is (X[i,j] - mean) factor instead if Moments has the mean and the factor of each row.
// With D nil, D is the deviations from Center. Each sum runs in the order of the rows.
type ColumnSums struct {
	Rows, Width int
	X           []float32
	XRow        int
	Center      []float32 // [Width]
	Moments     []float32 // [Rows, 2], or nil; only with D
	D           []float32
	DRow        int
	Sum         []float32 // [Width]
	Product     []float32 // [Width]
}

func (p *ColumnSums) check() {
	checkRows(p.X, p.Rows, p.Width, p.XRow)
	if p.D != nil {
		checkRows(p.D, p.Rows, p.Width, p.DRow)
	}
	if p.Moments == nil {
		_ = p.Center[:p.Width]
	} else {
		_, _ = p.Moments[:2*p.Rows], p.D[0]
	}
	_, _ = p.Sum[:p.Width], p.Product[:p.Width]
}

func columnSums(p ColumnSums) {
	if p.Rows <= 0 || p.Width <= 0 {
		return
	}
	p.check()
	sum, product := p.Sum[:p.Width], p.Product[:p.Width]
	for i := range p.Rows {
		for j, x := range p.X[i*p.XRow:][:p.Width] {
			var deviation float32
			if p.Moments == nil {
				deviation = x - p.Center[j]
			} else {
				deviation = (x - p.Moments[2*i]) * p.Moments[2*i+1]
			}
			d := deviation
			if p.D != nil {
				d = p.D[i*p.DRow+j]
			}
			sum[j] += d
			product[j] = fma(d, deviation, product[j])
		}
	}
}

// Affine computes a function of each number by the factors of its column:
//
//	Y[i,j] = (X[i,j] - Center[j]) Scale[j] + Shift[j]
//
// With D it adds that, and D[i,j] Slope[j], to Y. If Fresh, it overwrites Y with the sum; Y may
// then be D.
type Affine struct {
	Rows, Width int
	Y           []float32
	YRow        int
	X           []float32
	XRow        int
	D           []float32 // nil for none
	DRow        int
	Fresh       bool // only with D
	// By column; Slope only with D.
	Center, Scale, Shift, Slope []float32
}

func (p *Affine) check() {
	checkRows(p.Y, p.Rows, p.Width, p.YRow)
	checkRows(p.X, p.Rows, p.Width, p.XRow)
	_, _, _ = p.Center[:p.Width], p.Scale[:p.Width], p.Shift[:p.Width]
	if p.D != nil {
		checkRows(p.D, p.Rows, p.Width, p.DRow)
		_ = p.Slope[:p.Width]
	}
}

func affine(p Affine) {
	if p.Rows <= 0 || p.Width <= 0 {
		return
	}
	p.check()
	for i := range p.Rows {
		y := p.Y[i*p.YRow:][:p.Width]
		for j, x := range p.X[i*p.XRow:][:p.Width] {
			v := fma(x-p.Center[j], p.Scale[j], p.Shift[j])
			if p.D != nil {
				v = fma(p.D[i*p.DRow+j], p.Slope[j], v)
				if !p.Fresh {
					v = y[j] + v
				}
			}
			y[j] = v
		}
	}
}
