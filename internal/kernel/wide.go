package kernel

import "math"

// wideLanes, wideDots and wideIndirect give the bytes of mulLanes, mulDots and indirect, in half
// of the time or less on processors without an instruction for fma.
//
// They convert blocks of the matrices to float64 and compute as softFMA does, but the sums stay
// float64 whose last 29 bits are zero: adding half of the last place of a float32 and clearing
// these bits rounds to nearest, except at a midpoint, which the addition turns into 29 zero bits.
// softFMA computes such a sum again. Rows with results that may be denormal or too large are left
// to mulLanes, mulDots and indirect.

const (
	halfPlace = 1 << 28   // half of the last place of a float32, in the bits of a float64
	cutBits   = 1<<29 - 1 // bits of a float64 beyond the last place of a float32
)

// unrounded returns the bits of the sum of a product and a float32, plus half of the last place.
func unrounded(product, z float64) uint64 { return math.Float64bits(product+z) + halfPlace }

// rounded rounds what unrounded returned, unless it is a midpoint.
func rounded(bits uint64) float64 { return math.Float64frombits(bits &^ cutBits) }

// group has the numbers of 16 lanes, each the value of a float32.
type group = [lanes]float64

// addScaled computes c[g][i] = fma(a, b[g][i], c[g][i]).
func addScaled(a float64, b, c []group) {
	b = b[:len(c)]
	for g := range c {
		x, y := &b[g], &c[g]
		for i := 0; i <= lanes-4; i += 4 {
			s0, s1 := unrounded(a*x[i], y[i]), unrounded(a*x[i+1], y[i+1])
			s2, s3 := unrounded(a*x[i+2], y[i+2]), unrounded(a*x[i+3], y[i+3])
			if s0&cutBits == 0 || s1&cutBits == 0 || s2&cutBits == 0 || s3&cutBits == 0 {
				for k := i; k < i+4; k++ {
					y[k] = atMidpoint(a, x[k], y[k])
				}
				continue
			}
			y[i], y[i+1], y[i+2], y[i+3] = rounded(s0), rounded(s1), rounded(s2), rounded(s3)
		}
	}
}

// addProducts computes c[i] = fma(a[g][i], b[g][i], c[i]) for each g in turn.
func addProducts(a, b []group, c *group) {
	b = b[:len(a)]
	for g := range a {
		w, x := &a[g], &b[g]
		for i := 0; i <= lanes-4; i += 4 {
			s0, s1 := unrounded(w[i]*x[i], c[i]), unrounded(w[i+1]*x[i+1], c[i+1])
			s2, s3 := unrounded(w[i+2]*x[i+2], c[i+2]), unrounded(w[i+3]*x[i+3], c[i+3])
			if s0&cutBits == 0 || s1&cutBits == 0 || s2&cutBits == 0 || s3&cutBits == 0 {
				for k := i; k < i+4; k++ {
					c[k] = atMidpoint(w[k], x[k], c[k])
				}
				continue
			}
			c[i], c[i+1], c[i+2], c[i+3] = rounded(s0), rounded(s1), rounded(s2), rounded(s3)
		}
	}
}

//go:noinline
func atMidpoint(x, y, z float64) float64 {
	return float64(softFMA(float32(x), float32(y), float32(z)))
}

// span has bounds of the sizes of some numbers, as bits of float32.
type span struct {
	low  uint32 // 1 below the smallest size above zero
	high uint32 // the largest size
}

var nothing = span{low: math.MaxUint32}

// and returns the bounds of v and the numbers of s.
func (s span) and(v float32) span {
	size := math.Float32bits(v) &^ sign
	return span{min(s.low, size-1), max(s.high, size)} // size-1 of zero is large
}

// with returns the bounds of x and the numbers of s.
func (s span) with(x []float32) span {
	for _, v := range x {
		s = s.and(v)
	}
	return s
}

// exact reports whether no sum of a float32 and a product of a number of a with one of b is out of
// the range of float32 or rounded in another place than the last of 24 digits: the sums are
// multiples of the smallest denormal, so those that are denormal are not rounded at all, and the
// products are below half of the last place of the largest float32.
func exact(a, b span) bool {
	value := func(bits uint32) float64 { return float64(math.Float32frombits(bits)) }
	zero := a.high == 0 || b.high == 0
	return (zero || value(a.low)*value(b.low) >= 0x1p-101) && value(a.high)*value(b.high) < 0x1p103
}

// widen converts x to float64 and fills the last group with zeros, which change no sum.
func widen(dst []group, x []float32) {
	for g := range dst {
		to := &dst[g]
		if len(x) >= lanes {
			for i, v := range (*[lanes]float32)(x) {
				to[i] = float64(v)
			}
			x = x[lanes:]
			continue
		}
		clear(to[:])
		for i, v := range x {
			to[i%lanes] = float64(v)
		}
	}
}

// groupsOf returns how many groups have n numbers.
func groupsOf(n int) int { return (n + lanes - 1) / lanes }

const (
	groups = 4              // in a row of a block
	width  = groups * lanes // of a block
)

// laneBlock has some rows of C and one row of B, for products with the outputs in the lanes.
type laneBlock struct {
	rows int
	a, c [laneRows]int // by row: offset in A and C
	b    [groups]group
	sums [laneRows][groups]group
}

const laneRows = 16

// run computes the rows of the block, which it then empties. Instead of the tables for rows it
// takes those of the block.
func (t *laneBlock) run(p *Indirect, start []float32) {
	for j := 0; j < p.Columns; j += width {
		n := min(width, p.Columns-j)
		used := groupsOf(n)
		for r, at := range t.c[:t.rows] {
			switch {
			case !p.Fresh:
				widen(t.sums[r][:used], p.C[at+j:][:n])
			case start != nil:
				widen(t.sums[r][:used], start[j:][:n])
			default:
				clear(t.sums[r][:used])
			}
		}
		for s, segment := range p.ASegments {
			for l := range p.Inner {
				widen(t.b[:used], p.B[(int(p.BSegments[s])+l)*p.BRow+j:][:n])
				for r, at := range t.a[:t.rows] {
					addScaled(float64(p.A[at+int(segment)+l*p.ACol]), t.b[:used], t.sums[r][:used])
				}
			}
		}
		for r, at := range t.c[:t.rows] {
			for i := range n {
				p.C[at+j+i] = float32(t.sums[r][i/lanes][i%lanes])
			}
		}
	}
	t.rows = 0
}

var oneSegment = []int32{0} // table with one segment

// wideLanes does not convert small products: that costs more than it saves.
func wideLanes(p Product) {
	if hardFMA || p.Rows < 4 || p.Columns < 8 || p.overlaps() {
		mulLanes(p)
		return
	}
	q := Indirect{Columns: p.Columns, Inner: p.Inner, C: p.C, A: p.A, ACol: p.ACol, B: p.B,
		BRow: p.BRow, ASegments: oneSegment, BSegments: oneSegment, Fresh: p.Fresh}
	b := nothing
	for l := range p.Inner {
		b = b.with(p.B[l*p.BRow:][:p.Columns])
	}
	var t laneBlock
	for i := range p.Rows {
		a := nothing
		for l := range p.Inner {
			a = a.and(p.A[i*p.ARow+l*p.ACol])
		}
		if !exact(a, b) {
			row := p
			row.Rows, row.A, row.C = 1, p.A[i*p.ARow:], p.C[i*p.CRow:]
			mulLanes(row)
			continue
		}
		t.a[t.rows], t.c[t.rows] = i*p.ARow, i*p.CRow
		if t.rows++; t.rows == laneRows {
			t.run(&q, p.Start)
		}
	}
	t.run(&q, p.Start)
}

func wideIndirect(p Indirect) {
	small := len(p.CRows) < 4 || p.Columns < 8
	if hardFMA || small || p.CRow < p.Columns {
		indirect(p)
		return
	}
	b := nothing
	for _, first := range p.BSegments {
		for l := range p.Inner {
			b = b.with(p.B[(int(first)+l)*p.BRow:][:p.Columns])
		}
	}
	var t laneBlock
	for i, row := range p.CRows {
		a := nothing
		for _, segment := range p.ASegments {
			for l := range p.Inner {
				a = a.and(p.A[int(p.ARows[i]+segment)+l*p.ACol])
			}
		}
		if !exact(a, b) {
			one := p
			one.ARows, one.CRows = p.ARows[i:][:1], p.CRows[i:][:1]
			indirect(one)
			continue
		}
		t.a[t.rows], t.c[t.rows] = int(p.ARows[i]), int(row)*p.CRow
		if t.rows++; t.rows == laneRows {
			t.run(&p, nil)
		}
	}
	t.run(&p, nil)
}

// dotBlock has some rows of C, and parts of a row of A and of rows of B, for dots.
type dotBlock struct {
	rows int
	i    [dotRows]int // rows of A and C
	a    [groups]group
	b    [dotColumns][groups]group
	sums [dotRows][dotColumns]group
}

const (
	dotRows    = 8
	dotColumns = 16
)

// run computes the rows of the block, which it then empties.
func (t *dotBlock) run(p *Dots) {
	for j := 0; j < p.Columns; j += dotColumns {
		columns := min(dotColumns, p.Columns-j)
		for r := range t.rows {
			clear(t.sums[r][:columns])
		}
		for l := 0; l < p.Inner; l += width {
			n := min(width, p.Inner-l)
			used := groupsOf(n)
			for s := range columns {
				widen(t.b[s][:used], p.B[(j+s)*p.BRow+l:][:n])
			}
			for r, i := range t.i[:t.rows] {
				widen(t.a[:used], p.A[i*p.ARow+l:][:n])
				for s := range columns {
					addProducts(t.a[:used], t.b[s][:used], &t.sums[r][s])
				}
			}
		}
		for r, i := range t.i[:t.rows] {
			for s := range columns {
				var sums [lanes]float32
				for k, v := range t.sums[r][s] {
					sums[k] = float32(v)
				}
				p.C[i*p.CRow+j+s] += fold(&sums)
			}
		}
	}
	t.rows = 0
}

func wideDots(p Dots) {
	small := p.Rows < 4 || p.Columns < 4 || p.Inner < 32
	if hardFMA || small || p.overlaps() {
		mulDots(p)
		return
	}
	if p.Fresh {
		clearRows(p.C, p.CRow, p.Rows, p.Columns)
	}
	b := nothing
	for j := range p.Columns {
		b = b.with(p.B[j*p.BRow:][:p.Inner])
	}
	var t dotBlock
	for i := range p.Rows {
		if !exact(nothing.with(p.A[i*p.ARow:][:p.Inner]), b) {
			row := p
			row.Rows, row.A, row.C = 1, p.A[i*p.ARow:], p.C[i*p.CRow:]
			mulDots(row)
			continue
		}
		t.i[t.rows] = i
		if t.rows++; t.rows == dotRows {
			t.run(&p)
		}
	}
	t.run(&p)
}
