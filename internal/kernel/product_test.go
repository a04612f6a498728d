package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// plainDot is the specification of the 16-lane sum in exact arithmetic: every 16th element goes to
// one lane, then the tree folds the lanes.
func plainDot(x, y []float32) float32 {
	lane := make([]float32, 16)
	for first := range lane {
		for l := first; l < len(x); l += 16 {
			lane[first] = exactFMA(x[l], y[l], lane[first])
		}
	}
	eight := func(i int) float32 { return lane[i] + lane[i+8] }
	four := func(i int) float32 { return eight(i) + eight(i+4) }
	two := func(i int) float32 { return four(i) + four(i+2) }
	return two(0) + two(1)
}

func TestDotsOrder(t *testing.T) {
	eachSet(t, func(t *testing.T, set *Set) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, inner := range []int{0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 48, 70, 200} {
			const rows, columns = 3, 4
			a, b, c := make([]float32, rows*(inner+1)), make([]float32, columns*(inner+2)),
				make([]float32, rows*(columns+3))
			lopsided(r, a)
			lopsided(r, b)
			lopsided(r, c)
			want := append([]float32(nil), c...)
			for i := range rows {
				for j := range columns {
					want[i*(columns+3)+j] +=
						plainDot(a[i*(inner+1):][:inner], b[j*(inner+2):][:inner])
				}
			}
			set.MulDots(Dots{Rows: rows, Columns: columns, Inner: inner,
				C: c, CRow: columns + 3, A: a, ARow: inner + 1, B: b, BRow: inner + 2})
			checkSame(t, "dots", c, want)
		}
	})
}

// TestDotsTree uses values whose sum depends on the order of the additions.
func TestDotsTree(t *testing.T) {
	ones := make([]float32, 16)
	for i := range ones {
		ones[i] = 1
	}
	for i := range 16 {
		for j := range 16 {
			x := make([]float32, 16)
			x[i], x[j] = 1e8, -1e8
			for k := range x {
				x[k] += float32(k*k%11) + 0.5
			}
			c := []float32{0}
			eachSet(t, func(t *testing.T, set *Set) {
				c[0] = 0
				set.MulDots(Dots{Rows: 1, Columns: 1, Inner: 16, C: c, A: x, B: ones})
				checkSame(t, "tree", c, []float32{plainDot(x, ones)})
			})
		}
	}
}

// TestDotsNegativeZero checks sums of -0 in every lane. A lane without an element at the end of the
// rows must keep its -0, which adding +0 would change.
func TestDotsNegativeZero(t *testing.T) {
	const rows, columns = 5, 4
	eachSet(t, func(t *testing.T, set *Set) {
		for inner := 16; inner < 50; inner++ {
			a, b := make([]float32, rows*inner), make([]float32, columns*inner)
			c, want := make([]float32, rows*columns), make([]float32, rows*columns)
			for _, x := range []struct {
				list  []float32
				value float32
			}{{a, 1e-30}, {b, -1e-30}, {c, negative}, {want, negative}} {
				for i := range x.list {
					x.list[i] = x.value
				}
			}
			set.MulDots(Dots{Rows: rows, Columns: columns, Inner: inner, C: c, CRow: columns,
				A: a, ARow: inner, B: b, BRow: inner})
			checkSame(t, fmt.Sprintf("%d products of -0", inner), c, want)
		}
	})
}

// TestLanes checks both uses of A, as stored and transposed.
func TestLanes(t *testing.T) {
	eachSet(t, func(t *testing.T, set *Set) {
		r := rand.New(rand.NewPCG(5, 6))
		const rows, columns = 7, 19
		for _, inner := range []int{0, 1, 2, 9, 40} {
			for _, transposed := range []bool{false, true} {
				p := Product{Rows: rows, Columns: columns, Inner: inner, CRow: columns + 2,
					ARow: inner + 1, ACol: 1, BRow: columns + 5}
				if transposed {
					p.ARow, p.ACol = 1, rows+3
				}
				p.A = make([]float32, (rows+3)*(inner+3))
				p.B, p.C = make([]float32, inner*p.BRow), make([]float32, rows*p.CRow)
				lopsided(r, p.A)
				lopsided(r, p.B)
				lopsided(r, p.C)
				want := append([]float32(nil), p.C...)
				for i := range rows {
					for j := range columns {
						for l := range inner {
							a, b := p.A[i*p.ARow+l*p.ACol], p.B[l*p.BRow+j]
							want[i*p.CRow+j] = exactFMA(a, b, want[i*p.CRow+j])
						}
					}
				}
				set.MulLanes(p)
				checkSame(t, "lanes", p.C, want)
			}
		}
	})
}

// TestFresh checks that a fresh product has the bytes of a product with a cleared C, or with Start
// in the rows of C, and does not change the numbers between the rows.
func TestFresh(t *testing.T) {
	eachSet(t, func(t *testing.T, set *Set) {
		for _, inner := range []int{0, 1, 40} {
			const rows, columns, stride = 7, 19, 21
			r := rand.New(rand.NewPCG(7, uint64(inner)))
			_, a := matrix(r, odd, rows, inner, inner, 0)
			_, b := matrix(r, odd, columns, inner, inner, 0)
			_, zeros := matrix(r, func(_ *rand.Rand, x []float32) { clear(x) }, rows, columns, stride, 0)
			_, c := matrix(r, wild, rows, columns, stride, 0)
			dots := Dots{Rows: rows, Columns: columns, Inner: inner, C: c, CRow: stride,
				A: a, ARow: inner, B: b, BRow: inner, Fresh: true}
			set.MulDots(dots)
			dots.C, dots.Fresh = clone(zeros), false
			set.MulDots(dots)
			checkSame(t, "dots", c, dots.C)

			lanes := Product{Rows: rows, Columns: columns, Inner: inner, C: c, CRow: stride,
				A: a, ARow: inner, ACol: 1, B: b, BRow: columns, Fresh: true}
			set.MulLanes(lanes)
			filled := lanes
			filled.C, filled.Fresh = clone(zeros), false
			set.MulLanes(filled)
			checkSame(t, "lanes", c, filled.C)

			_, lanes.Start = matrix(r, odd, 1, columns, columns, 0)
			set.MulLanes(lanes)
			filled.C = clone(zeros)
			for i := range rows {
				copy(filled.C[i*stride:], lanes.Start)
			}
			set.MulLanes(filled)
			checkSame(t, "lanes with a start", c, filled.C)
		}
	})
}
