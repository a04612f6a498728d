package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSoftmax(t *testing.T) {
	tests := []struct {
		name      string
		src, want []float32
	}{
		{"empty", nil, nil},
		{"one", []float32{-3}, []float32{1}},
		{"far apart", []float32{1e4, -1e4, 1e4}, []float32{0.5, 0, 0.5}},
		{"both huge", []float32{1e4, 1e4 - 1}, []float32{0.7310586, 0.26894143}},
		{"masked", []float32{-inf, 2, -inf, 2}, []float32{0, 0.5, 0, 0.5}},
		{"all masked", []float32{-inf, -inf}, []float32{nan, nan}},
		{"NaN first", []float32{nan, 1, 2}, []float32{nan, nan, nan}},
		{"NaN last", []float32{1, 2, nan}, []float32{nan, nan, nan}},
		{"Inf", []float32{inf, 1}, []float32{nan, nan}},
		{"lopsided", []float32{1, 2, 4}, []float32{0.042010065, 0.1141952, 0.8437947}},
		{"flushed", []float32{0, 0, -87}, []float32{0.5, 0.5, 0}},
	}
	const tolerance = 3e-7 // two roundings of exp, one of the sum, one of the quotient
	eachSet(t, func(t *testing.T, set *Set) {
		for _, c := range tests {
			dst := make([]float32, len(c.src))
			set.Softmax(softmaxOf(dst, c.src))
			for i, want := range c.want {
				off := math.Abs(float64(dst[i] - want))
				if !same(dst[i], want) && !(off <= tolerance*float64(want)) {
					t.Errorf("%s: [%d] = %g, want %g", c.name, i, dst[i], want)
				}
			}
		}
	})
}

func softmaxOf(y, x []float32) Softmax {
	return Softmax{
		Rows: 1, Width: len(x), Y: y, X: x, Max: make([]float32, 1), Rest: make([]float32, 1),
	}
}

// TestSoftmaxOrder compares the sum with 16 lanes written out independently of the kernel.
func TestSoftmaxOrder(t *testing.T) {
	src := make([]float32, 67)
	for i := range src {
		src[i] = float32(i*i%37) / 5
	}
	e := make([]float32, len(src))
	var ones []float32
	for i := range src {
		src[i] -= 36.0 / 5 // the largest
		ones = append(ones, 1)
	}
	expAll(e, src)
	first := slices.Index(e, 1)
	e[first]--
	total := 1 + plainDot(e, ones)
	e[first]++
	eachSet(t, func(t *testing.T, set *Set) {
		dst := make([]float32, len(src))
		set.Softmax(softmaxOf(dst, src))
		for i := range dst {
			if want := e[i] / total; dst[i] != want {
				t.Fatalf("[%d] = %x, want %x", i, dst[i], want)
			}
		}
	})
}

func TestSoftmaxBack(t *testing.T) {
	eachSet(t, func(t *testing.T, set *Set) {
		d, y := []float32{4, 8, 16, -1, 3, 4, 7}, []float32{0.5, 0.25, 0.25, -1, -1, 1, 0.5, 2}
		set.SoftmaxBack(SoftmaxBack{Rows: 2, Width: 3, D: d, DRow: 4, Y: y, YRow: 5})
		checkSame(t, "gradient", d, []float32{ // the sums are 8 and 19
			0.5 * (4 - 8), 0, 0.25 * (16 - 8), -1, 3 - 19, 0.5 * (4 - 19), 2 * (7 - 19)})
	})
	eachMatrix(t, func(
		t *testing.T, set *Set, rows, width int, kind string, r *rand.Rand, fill filler,
	) {
		offset := (rows + width) % 4
		p := SoftmaxBack{Rows: rows, Width: width, DRow: width + rows%3, YRow: width + width%2}
		_, p.Y = matrix(r, fill, rows, width, p.YRow, 3-offset)
		all, d := matrix(r, fill, rows, width, p.DRow, offset)
		q := p
		q.D = clone(d)
		softmaxBack(q)
		p.D = d
		set.SoftmaxBack(p)
		what := fmt.Sprintf("SoftmaxBack, %s data, %d x %d", kind, rows, width)
		checkSame(t, what, d, q.D)
		checkGuards(t, what, all, len(d), offset)
	})
}

// TestSumsKeepNegativeZero checks sums whose products are so small that they round to -0: lanes
// that the end of a row does not reach must not turn it into 0.
func TestSumsKeepNegativeZero(t *testing.T) {
	eachSet(t, func(t *testing.T, set *Set) {
		for width := 33; width < 49; width++ {
			// Two numbers of each lane have the sum 0 and products that are -0, the others are -0.
			x, s := make([]float32, width), make([]float32, width)
			ones, grad := make([]float32, width), make([]float32, width)
			for i := range x {
				x[i], s[i], ones[i], grad[i] = 1e-30, negative, 1, negative
				switch {
				case i < 16:
					x[i], s[i] = -1e-30, 1e-30
				case i < 32:
					s[i] = -1e-30
				}
			}
			got, want := clone(s), clone(s)
			softmaxBack(SoftmaxBack{Rows: 1, Width: width, D: want, Y: x})
			set.SoftmaxBack(SoftmaxBack{Rows: 1, Width: width, D: got, Y: x})
			checkSame(t, fmt.Sprintf("SoftmaxBack of width %d", width), got, want)
			checkSame(t, "-0 - -0", want[32:33], []float32{0})

			p := RowNorm{Rows: 1, Width: width, X: x, Gamma: s, Moments: []float32{0, 1}, D: ones}
			got, want = clone(grad), clone(grad)
			p.Grad = want
			rowNormBack(p)
			p.Grad = got
			set.RowNormBack(p)
			checkSame(t, fmt.Sprintf("RowNormBack of width %d", width), got, want)
			checkSame(t, "-0 + (-0 - 1e-30 -0)", want[32:33], []float32{0})
		}
	})
}
