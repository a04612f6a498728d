package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// matrix returns rows of width numbers with a stride, with guard values between and around the
// rows.
func matrix(r *rand.Rand, fill filler, rows, width, stride, offset int) (all, inside []float32) {
	all, inside = guarded(max(rows-1, 0)*stride+width, offset)
	for i := range inside {
		inside[i] = guardValue
	}
	for i := range rows {
		fill(r, inside[i*stride:][:width])
	}
	return all, inside
}

// TestProductsOfSets compares both products of every set with the reference: every tail of every
// tile in rows, columns and inner, strides larger than the width, misaligned, A as stored and
// transposed.
func TestProductsOfSets(t *testing.T) {
	inners := []int{0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 70}
	eachSet(t, func(t *testing.T, set *Set) {
		for rows := range 12 {
			for columns := range 12 {
				for i, inner := range inners {
					compareDots(t, set, rows, columns, inner, fills[(rows+columns+i)%len(fills)].fill)
				}
			}
		}
		compareDots(t, set, 64, 25, 792, lopsided)
		compareDots(t, set, 5, 7, 4099, odd)
		for rows := range 12 {
			for i, columns := range append(lengths()[:71], 80, 81, 95, 96, 97, 112, 113, 160, 161, 792) {
				for j, inner := range []int{0, 1, 2, 5, 17} {
					compareLanes(t, set, rows, columns, inner, fills[(rows+i+j)%len(fills)].fill)
				}
			}
		}
		for _, rows := range []int{12, 17, 25} { // tall tiles, which are narrow
			for columns := range 18 {
				for j, inner := range []int{0, 1, 2, 5, 17} {
					compareLanes(t, set, rows, columns, inner, fills[(rows+columns+j)%len(fills)].fill)
				}
			}
		}
		compareLanes(t, set, 25, 792, 64, lopsided)
	})
}

func compareDots(t *testing.T, set *Set, rows, columns, inner int, fill filler) {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(rows), uint64(columns*1000+inner)))
	offset := (rows + columns + inner) % 4
	_, a := matrix(r, fill, rows, inner, inner+rows%3, offset)
	_, b := matrix(r, fill, columns, inner, inner+columns%2, 3-offset)
	all, c := matrix(r, fill, rows, columns, columns+inner%3, offset)
	p := Dots{
		Rows: rows, Columns: columns, Inner: inner, C: c, CRow: columns + inner%3,
		A: a, ARow: inner + rows%3, B: b, BRow: inner + columns%2,
	}
	before := clone(c)
	for _, p.Fresh = range []bool{false, true} {
		copy(c, before)
		q := p
		q.C = clone(before)
		mulDots(q)
		set.MulDots(p)
		what := fmt.Sprintf("MulDots %d x %d x %d, fresh %v", rows, columns, inner, p.Fresh)
		checkSame(t, what, c, q.C)
		checkGuards(t, what, all, len(c), offset)
	}
}

func compareLanes(t *testing.T, set *Set, rows, columns, inner int, fill filler) {
	t.Helper()
	for _, transposed := range []bool{false, true} {
		r := rand.New(rand.NewPCG(uint64(rows), uint64(columns*1000+inner)))
		offset := (rows + columns + inner) % 4
		p := Product{
			Rows: rows, Columns: columns, Inner: inner, CRow: columns + inner%3, BRow: columns + rows%2,
		}
		if transposed {
			p.ARow, p.ACol = 1, rows+columns%2
			_, p.A = matrix(r, fill, inner, rows, p.ACol, offset)
		} else {
			p.ARow, p.ACol = inner+columns%3, 1
			_, p.A = matrix(r, fill, rows, inner, p.ARow, offset)
		}
		_, p.B = matrix(r, fill, inner, columns, p.BRow, 3-offset)
		all, c := matrix(r, fill, rows, columns, p.CRow, offset)
		p.C = c
		before := clone(c)
		_, first := matrix(r, fill, 1, columns, columns, offset)
		for form, start := range [][]float32{nil, nil, first} {
			p.Start = start
			p.Fresh = form > 0
			copy(c, before)
			q := p
			q.C = clone(before)
			mulLanes(q)
			set.MulLanes(p)
			what := fmt.Sprintf("MulLanes %d x %d x %d, transposed %v, form %d",
				rows, columns, inner, transposed, form)
			checkSame(t, what, c, q.C)
			checkGuards(t, what, all, len(c), offset)
		}
	}
}
