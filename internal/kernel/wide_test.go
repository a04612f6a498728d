package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestWide compares the products in float64 with the plain ones at sizes of several blocks, where
// some rows have numbers of sizes that are left to the plain products.
func TestWide(t *testing.T) {
	sizes := func(r *rand.Rand, x []float32) {
		fewBits(r, x)
		factors := []float32{1, 0x1p-60, 0x1p-75, 0x1p-90, 0x1p-110, 0x1p60, 0x1p80, 0x1p100, 0}
		factor := factors[r.IntN(len(factors))]
		for i := range x {
			x[i] *= factor
		}
	}
	for n := range 60 {
		fill := []filler{fewBits, sizes, odd, wild}[n%4]
		rows, columns, inner := 4+n*7%30, 8+n*13%140, 32+n*29%120
		compareDots(t, &reference, rows, columns, inner, fill)
		compareLanes(t, &reference, rows, columns, inner, fill)
		p, all, offset := indirectOf(fill, rows, columns, 1+n%5, inner)
		for _, p.Fresh = range []bool{false, true} {
			before := clone(p.C)
			wideIndirect(p)
			got := clone(p.C)
			copy(p.C, before)
			indirect(p)
			what := fmt.Sprintf("%d x %d x %d, fresh %v", rows, columns, inner, p.Fresh)
			checkSame(t, what, got, p.C)
			checkGuards(t, what, all, len(p.C), offset)
		}
	}
}

// TestWideLimits checks both limits of exact: a sum that cancels to less than the smallest denormal
// before it decides about a midpoint, and one that leaves the range of float32, to which the next
// product would lead back.
func TestWideLimits(t *testing.T) {
	const rows, columns = 4, 8
	check := func(a, b []float32, c float32) {
		p := Product{Rows: rows, Columns: columns, Inner: len(a), CRow: columns, A: a, ACol: 1,
			BRow: columns, C: make([]float32, rows*columns)}
		want := c
		for l, v := range b {
			want = exactFMA(a[l], v, want)
			for range columns {
				p.B = append(p.B, v)
			}
		}
		for i := range p.C {
			p.C[i] = c
		}
		wideLanes(p)
		for _, got := range p.C {
			if !same(got, want) {
				t.Errorf("%x + %x * %x is %x, want %x", c, a, b, got, want)
				break
			}
		}
	}
	for size := float32(0x1p-110); size < 0x1p-95; size *= 2 {
		// The first product is 1 + 2^-22 + 2^-46, the second 1 + 2^-24, the midpoint above 1.
		a, b := []float32{1 + 0x1p-23, 97. / 64}, []float32{1 + 0x1p-23, 172961. / (1 << 18)}
		check(a, []float32{b[0] * size, b[1] * size}, -(1+0x1p-22)*size)
	}
	for size := float32(0x1p95); size < 0x1p110; size *= 2 {
		check([]float32{1, -1}, []float32{size, size}, math.MaxFloat32)
	}
}
