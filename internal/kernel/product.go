package kernel

// Product is C[i,j] += sum of A[i,l] * B[l,j] over l, ascending, with j in the lanes. A has two
// strides, so the same kernel multiplies by a matrix or its transpose: A[i,l] = A[i*ARow + l*ACol].
// Rows of B and C are contiguous.
type Product struct {
	Rows, Columns, Inner int // bounds of i, j and l

	C    []float32
	CRow int // stride of C
	A    []float32
	ARow int
	ACol int
	B    []float32
	BRow int // stride of B

	// Fresh overwrites C instead of adding to it. The bytes are those of a C whose rows were Start
	// before, or zero if that is nil.
	Fresh bool
	Start []float32 // [Columns]
}

// overlaps reports whether rows of C overlap: then the result depends on the order of the
// reference.
func (p *Product) overlaps() bool { return p.Rows > 1 && p.CRow < p.Columns }

// check panics if a matrix exceeds its slice: the assembly does not check bounds.
func (p *Product) check() {
	if p.ARow < 0 || p.ACol < 0 || p.BRow < 0 {
		panic("kernel: a negative stride")
	}
	_ = p.C[(p.Rows-1)*p.CRow+p.Columns-1]
	_ = p.A[(p.Rows-1)*p.ARow+(p.Inner-1)*p.ACol]
	_ = p.B[(p.Inner-1)*p.BRow+p.Columns-1]
	if p.Start != nil {
		_ = p.Start[p.Columns-1]
	}
}

func mulLanes(p Product) {
	if p.Fresh {
		clearRows(p.C, p.CRow, p.Rows, p.Columns)
	}
	for i := range p.Rows {
		c := p.C[i*p.CRow:][:p.Columns]
		if p.Fresh && p.Start != nil {
			copy(c, p.Start[:p.Columns])
		}
		for l := range p.Inner {
			axpy(p.A[i*p.ARow+l*p.ACol], p.B[l*p.BRow:][:p.Columns], c)
		}
	}
}

// clearRows sets rows of width numbers to zero.
func clearRows(c []float32, stride, rows, width int) {
	for i := range rows {
		clear(c[i*stride:][:width])
	}
}

// axpy computes y[i] += a * x[i].
func axpy(a float32, x, y []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] = fma(a, v, y[i])
	}
}

// Dots is C[i,j] += the 16-lane sum of A[i,l] * B[j,l] over l. Both operands are read along their
// rows.
type Dots struct {
	Rows, Columns, Inner int // bounds of i, j and l

	C    []float32
	CRow int // stride of C
	A    []float32
	ARow int // stride of A
	B    []float32
	BRow int // stride of B

	// Fresh overwrites C. The bytes are those of a C that was zero before.
	Fresh bool
}

// overlaps reports whether rows of C overlap.
func (p *Dots) overlaps() bool { return p.Rows > 1 && p.CRow < p.Columns }

// check panics if a matrix exceeds its slice.
func (p *Dots) check() {
	if p.ARow < 0 || p.BRow < 0 {
		panic("kernel: a negative stride")
	}
	_ = p.C[(p.Rows-1)*p.CRow+p.Columns-1]
	if p.Inner > 0 {
		_ = p.A[(p.Rows-1)*p.ARow+p.Inner-1]
		_ = p.B[(p.Columns-1)*p.BRow+p.Inner-1]
	}
}

func mulDots(p Dots) {
	if p.Fresh {
		clearRows(p.C, p.CRow, p.Rows, p.Columns)
	}
	for i := range p.Rows {
		a := p.A[i*p.ARow:][:p.Inner]
		c := p.C[i*p.CRow:][:p.Columns]
		for j := range c {
			c[j] += dot(a, p.B[j*p.BRow:][:p.Inner])
		}
	}
}

const lanes = 16

func dot(x, y []float32) float32 {
	var sums [lanes]float32
	for len(x) >= lanes {
		a, b := (*[lanes]float32)(x), (*[lanes]float32)(y)
		for i := range sums {
			sums[i] = fma(a[i], b[i], sums[i])
		}
		x, y = x[lanes:], y[lanes:]
	}
	y = y[:len(x)]
	for i, v := range x {
		sums[i] = fma(v, y[i], sums[i])
	}
	return fold(&sums)
}

// fold adds the lanes by the fixed tree: 16 to 8 to 4 to 2 to 1.
func fold(s *[lanes]float32) float32 {
	for half := lanes / 2; half > 0; half /= 2 {
		for i := range half {
			s[i] += s[i+half]
		}
	}
	return s[0]
}
