package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestMaxWindow(t *testing.T) {
	p := MaxWindow{ // two positions of 2 x 2 taps in lines of 5 pixels, one pixel apart
		Rows: 2, Width: 2, Lines: 2, Taps: 2, XRow: 2, Line: 10, YRow: 2,
		X: []float32{
			1, nan, 4, 2, -1, 2, 9, 9, 9, 9,
			3, 5, 4, 3, negative, 1, 9, 9, 9, 9,
		},
		D: []float32{10, 20, 30, 40}, DRow: 2,
	}
	eachSet(t, func(t *testing.T, set *Set) {
		p := p
		p.Y, p.Grad = make([]float32, 4), make([]float32, 20)
		set.MaxWindow(p)
		checkSame(t, "largest", p.Y, []float32{4, nan, 4, 3})
		p.Grad[2] = 1
		set.MaxBack(p)
		want := make([]float32, 20)
		want[2], want[13] = 1+10+30, 40 // the first 4; nothing for NaN
		checkSame(t, "gradient", p.Grad, want)
	})
	p = MaxWindow{Rows: 1, Width: 1, Lines: 1, Taps: 2, Y: []float32{9}}
	eachSet(t, func(t *testing.T, set *Set) {
		for _, x := range [][]float32{{0, negative}, {negative, 0}, {-inf, -inf}, {inf, nan}} {
			p.X = x
			set.MaxWindow(p)
			want := x[0]
			if x[1] != x[1] {
				want = x[1]
			}
			checkSame(t, fmt.Sprint("largest of ", x), p.Y, []float32{want})
		}
	})
	eachMatrix(t, func(
		t *testing.T, set *Set, rows, width int, kind string, r *rand.Rand, fill filler,
	) {
		taps := [][2]int{{1, 1}, {1, 3}, {3, 1}, {2, 2}, {3, 4}}[(rows+width)%5]
		offset := (rows + width) % 4
		p := MaxWindow{Rows: rows, Width: width, Lines: taps[0], Taps: taps[1],
			XRow: width * (1 + rows%3), YRow: width + width%3, DRow: width + width%2}
		p.Line = max(rows, 1)*p.XRow + taps[1]*width
		size := 0
		if rows > 0 {
			size = p.last() + 1
		}
		_, p.X = matrix(r, fill, 1, size, size, offset)
		for i := range p.X { // many equal numbers
			if r.IntN(3) > 0 {
				p.X[i] = float32(r.IntN(3))
			}
		}
		_, p.D = matrix(r, fill, rows, width, p.DRow, 3-offset)
		allY, y := matrix(r, fill, rows, width, p.YRow, offset)
		allGrad, grad := matrix(r, fill, 1, size, size, offset)
		q := p
		q.Y, q.Grad = clone(y), clone(grad)
		maxWindow(q)
		maxBack(q)
		p.Y, p.Grad = y, grad
		set.MaxWindow(p)
		set.MaxBack(p)
		what := fmt.Sprintf("MaxWindow of %v taps, %s data, %d x %d", taps, kind, rows, width)
		checkSame(t, what, y, q.Y)
		checkSame(t, what+", gradient", grad, q.Grad)
		checkGuards(t, what, allY, len(y), offset)
		checkGuards(t, what, allGrad, size, offset)
	})
}
