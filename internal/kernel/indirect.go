package kernel

// Indirect is a product whose rows and steps are found by tables, as in a convolution:
//
//	C[CRows[i], j] += sum over s and l of A[ARows[i] + ASegments[s] + l*ACol] * B[BSegments[s]+l, j]
//
// summed over the segments s in order and over l ascending, with j in the lanes. Dukhan, "The
// Indirect Convolution Algorithm", 2019. Rows of B and C are contiguous. The rows of C differ.
type Indirect struct {
	Columns, Inner int // bounds of j and l

	C     []float32
	CRow  int     // stride of C
	CRows []int32 // by i: row of C

	A         []float32
	ACol      int     // distance of steps in A
	ARows     []int32 // by i, as many as CRows: offset in A
	ASegments []int32 // by s: offset in A, added to that of the row

	B         []float32
	BRow      int     // stride of B, above 0
	BSegments []int32 // by s, as many as ASegments: first row of B

	Fresh bool // overwrite C, as in Dots
}

// check panics if a matrix exceeds its slice: the assembly does not check bounds. There must be a
// row, a column, a segment and a step.
func (p *Indirect) check() {
	if p.CRow < 0 || p.ACol < 0 || p.BRow <= 0 {
		panic("kernel: a negative stride, or one of 0 for B")
	}
	if len(p.ARows) != len(p.CRows) || len(p.BSegments) != len(p.ASegments) {
		panic("kernel: tables of different lengths")
	}
	within := func(length, first, last int) {
		if first < 0 || last >= length {
			panic("kernel: a table leads outside of a matrix")
		}
	}
	first, last := bounds(p.CRows)
	within(len(p.C), first*p.CRow, last*p.CRow+p.Columns-1)
	first, last = bounds(p.BSegments)
	within(len(p.B), first*p.BRow, (last+p.Inner-1)*p.BRow+p.Columns-1)
	first, last = bounds(p.ARows)
	from, to := bounds(p.ASegments)
	within(len(p.A), first+from, last+to+(p.Inner-1)*p.ACol)
}

// bounds returns the smallest and the largest number.
func bounds(x []int32) (low, high int) {
	least, most := x[0], x[0]
	for _, v := range x {
		least, most = min(least, v), max(most, v)
	}
	return int(least), int(most)
}

func indirect(p Indirect) {
	for i, row := range p.CRows {
		c := p.C[int(row)*p.CRow:][:p.Columns]
		if p.Fresh {
			clear(c)
		}
		for s, at := range p.ASegments {
			a, b := p.A[p.ARows[i]+at:], p.B[int(p.BSegments[s])*p.BRow:]
			for l := range p.Inner {
				axpy(a[l*p.ACol], b[l*p.BRow:][:p.Columns], c)
			}
		}
	}
}
