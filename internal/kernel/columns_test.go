package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestColumnSums(t *testing.T) {
	x, d := []float32{1, 2, 3, 4, 5, 7}, []float32{10, 20, 30, 40, 50, 60}
	for _, c := range []struct {
		name         string
		p            ColumnSums
		sum, product []float32
	}{
		{"squares", ColumnSums{Center: []float32{1, 3}}, []float32{106, 204}, []float32{1020, 2018}},
		{"products", ColumnSums{Center: []float32{1, 3}, D: d, DRow: 2},
			[]float32{190, 320}, []float32{1000 + 60 + 200, 2000 - 20 + 40 + 240}},
		{"products, by row", ColumnSums{Moments: []float32{1, 2, 0, 10, 4, -1}, D: d, DRow: 2},
			[]float32{190, 320}, []float32{1000 + 900 - 50, 2000 + 40 + 1600 - 180}},
	} {
		eachSet(t, func(t *testing.T, set *Set) {
			p := c.p
			p.Rows, p.Width, p.X, p.XRow = 3, 2, x, 2
			p.Sum, p.Product = []float32{100, 200}, []float32{1000, 2000}
			set.ColumnSums(p)
			checkSame(t, c.name+", sums", p.Sum, c.sum)
			checkSame(t, c.name+", products", p.Product, c.product)
		})
	}
	eachMatrix(t, func(
		t *testing.T, set *Set, rows, width int, kind string, r *rand.Rand, fill filler,
	) {
		for form := range 3 {
			offset := (rows + width) % 4
			p := ColumnSums{Rows: rows, Width: width, XRow: width + rows%3, DRow: width + width%2}
			_, p.X = matrix(r, fill, rows, width, p.XRow, offset)
			_, p.Center = matrix(r, fill, 1, width, width, 3-offset)
			if form > 0 {
				_, p.D = matrix(r, fill, rows, width, p.DRow, 1)
			}
			if form == 2 {
				p.Center = nil
				_, p.Moments = matrix(r, fill, rows, 2, 2, offset)
			}
			allSum, sum := matrix(r, fill, 1, width, width, offset)
			allProduct, product := matrix(r, fill, 1, width, width, 3-offset)
			q := p
			q.Sum, q.Product = clone(sum), clone(product)
			columnSums(q)
			p.Sum, p.Product = sum, product
			set.ColumnSums(p)
			what := fmt.Sprintf("ColumnSums, form %d, %s data, %d x %d", form, kind, rows, width)
			checkSame(t, what+", sums", sum, q.Sum)
			checkSame(t, what+", products", product, q.Product)
			checkGuards(t, what, allSum, width, offset)
			checkGuards(t, what, allProduct, width, 3-offset)
		}
	})
}

func TestAffine(t *testing.T) {
	p := Affine{Rows: 2, Width: 3, YRow: 3, X: []float32{1, 2, 3, 4, 5, 6}, XRow: 3,
		Center: []float32{1, 1, 2}, Scale: []float32{10, 20, 30}, Shift: []float32{0.5, 1, 2}}
	eachSet(t, func(t *testing.T, set *Set) {
		p := p
		p.Y = make([]float32, 6)
		set.Affine(p)
		checkSame(t, "affine", p.Y, []float32{0.5, 21, 32, 30.5, 81, 122})
		p.D, p.DRow, p.Slope = []float32{1, 2, 3, 4, 5, 6}, 3, []float32{100, 200, 400}
		set.Affine(p)
		checkSame(t, "affine, added", p.Y, []float32{101, 442, 1264, 461, 1162, 2644})
		p.D, p.Fresh = p.Y, true // [101 442 1264; 461 1162 2644]
		p.Slope = []float32{1, 2, 1}
		set.Affine(p)
		checkSame(t, "affine, in place", p.Y, []float32{101.5, 905, 1296, 491.5, 2405, 2766})
	})
	eachMatrix(t, func(
		t *testing.T, set *Set, rows, width int, kind string, r *rand.Rand, fill filler,
	) {
		for form := range 4 { // without D, added, overwriting, in place
			offset := (rows + width) % 4
			p := Affine{Rows: rows, Width: width, XRow: width + rows%3, YRow: width + width%3,
				DRow: width + width%2}
			_, p.X = matrix(r, fill, rows, width, p.XRow, offset)
			_, p.Center = matrix(r, fill, 1, width, width, 3-offset)
			_, p.Scale = matrix(r, fill, 1, width, width, 1)
			_, p.Shift = matrix(r, fill, 1, width, width, 2)
			if form > 0 {
				_, p.D = matrix(r, fill, rows, width, p.DRow, 1)
				_, p.Slope = matrix(r, fill, 1, width, width, offset)
			}
			all, y := matrix(r, fill, rows, width, p.YRow, offset)
			q := p
			q.Y, p.Y, p.Fresh, q.Fresh = clone(y), y, form > 1, form > 1
			if form == 3 {
				p.D, p.DRow, q.D, q.DRow = p.Y, p.YRow, q.Y, q.YRow
			}
			affine(q)
			set.Affine(p)
			what := fmt.Sprintf("Affine, form %d, %s data, %d x %d", form, kind, rows, width)
			checkSame(t, what, y, q.Y)
			checkGuards(t, what, all, len(y), offset)
		}
	})
}

func TestRowNorm(t *testing.T) {
	eachSet(t, func(t *testing.T, set *Set) {
		p := RowNorm{Rows: 2, Width: 3, X: []float32{1, 2, 6, 9, 0, 4, 5, 9}, XRow: 4, YRow: 3,
			Y: make([]float32, 6), Gamma: []float32{2, 3, 4}, Beta: []float32{10, 20, 30},
			Moments: make([]float32, 4), Epsilon: 34.0 / 3} // the variance is 14/3
		set.RowNorm(p)
		checkSame(t, "moments", p.Moments, []float32{3, 0.25, 3, 0.25})
		checkSame(t, "normalized", p.Y, []float32{9, 19.25, 33, 8.5, 20.75, 32})
		p.Moments = []float32{3, 0.25, 2, -0.5}
		p.D, p.DRow, p.Grad, p.GradRow = []float32{3, 1, 3, 0, 1, 3}, 3, []float32{1, 2, 3, 4, 5, 6}, 3
		set.RowNormBack(p)
		// Row 0 has s = 6 3 12, whose mean is 7, n = -.5 -.25 .75, and the mean of s n is 1.75. Row 1
		// has s = 0 3 12, whose mean is 5, n = 1 -1 -1.5, and the mean of s n is -7.
		checkSame(t, "gradient", p.Grad, []float32{
			1 + 0.25*(6-7+0.875), 2 + 0.25*(3-7+0.4375), 3 + 0.25*(12-7-1.3125),
			4 - 0.5*(0-5+7), 5 - 0.5*(3-5-7), 6 - 0.5*(12-5-10.5)})
	})
	eachMatrix(t, func(
		t *testing.T, set *Set, rows, width int, kind string, r *rand.Rand, fill filler,
	) {
		offset := (rows + width) % 4
		p := RowNorm{Rows: rows, Width: width, XRow: width + rows%3, YRow: width + width%3,
			DRow: width + width%2, GradRow: width + 1, Epsilon: 0.01}
		_, p.X = matrix(r, fill, rows, width, p.XRow, offset)
		_, p.Gamma = matrix(r, fill, 1, width, width, 3-offset)
		_, p.Beta = matrix(r, fill, 1, width, width, 1)
		_, p.D = matrix(r, fill, rows, width, p.DRow, 2)
		allY, y := matrix(r, fill, rows, width, p.YRow, offset)
		allGrad, grad := matrix(r, fill, rows, width, p.GradRow, offset)
		allMoments, moments := matrix(r, fill, rows, 2, 2, 3-offset)
		q := p
		q.Y, q.Grad, q.Moments = clone(y), clone(grad), clone(moments)
		rowNorm(q)
		p.Y, p.Grad, p.Moments = y, grad, moments
		set.RowNorm(p)
		what := fmt.Sprintf("RowNorm, %s data, %d x %d", kind, rows, width)
		checkSame(t, what, y, q.Y)
		checkSame(t, what+", moments", moments, q.Moments)
		fill(r, p.Moments)
		copy(q.Moments, p.Moments)
		rowNormBack(q)
		set.RowNormBack(p)
		checkSame(t, what+", gradient", grad, q.Grad)
		checkGuards(t, what, allY, len(y), offset)
		checkGuards(t, what, allGrad, len(grad), offset)
		checkGuards(t, what, allMoments, len(moments), 3-offset)
	})
}
