package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

var adamStep = AdamStep{
	Beta1: 0.9, Rest1: 0.1, Beta2: 0.999, Rest2: 0.001, Rate: 0.003, Epsilon: 1e-7,
}

func TestAdam(t *testing.T) {
	const tolerance = 4e-7 // a few roundings, each half a unit of 2^-23
	s := adamStep
	eachSet(t, func(t *testing.T, set *Set) {
		r := rand.New(rand.NewPCG(7, 8))
		const n = 37
		w, g, m, v := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
		for _, x := range [][]float32{w, g, m, v} {
			lopsided(r, x)
		}
		for i := range v {
			v[i] *= v[i]
		}
		w0, m0, v0 := clone(w), clone(m), clone(v)
		set.Adam(AdamBlock{Rows: 1, Width: len(w), W: w, G: g, M: m, V: v}, s)
		near := func(what string, got float32, want, size float64) {
			if math.Abs(float64(got)-want) > tolerance*size {
				t.Errorf("%s = %g, want %g", what, got, want)
			}
		}
		for i := range n {
			d := float64(g[i])
			first := float64(s.Beta1)*float64(m0[i]) + float64(s.Rest1)*d
			second := float64(s.Beta2)*float64(v0[i]) + float64(s.Rest2)*d*d
			near("m", m[i], first, math.Abs(float64(m0[i]))+math.Abs(d))
			near("v", v[i], second, second)
			step := float64(s.Rate) * float64(m[i]) / (math.Sqrt(float64(v[i])) + float64(s.Epsilon))
			near("w", w[i], float64(w0[i])-step, math.Abs(float64(w0[i]))+math.Abs(step))
		}
	})
}

// TestAdamOfSets compares Adam of every set with the reference, on blocks inside larger weights.
func TestAdamOfSets(t *testing.T) {
	eachSet(t, func(t *testing.T, set *Set) {
		for _, kind := range fills {
			for _, width := range lengths() {
				rows := 1 + width%3
				r := rand.New(rand.NewPCG(uint64(width), 11))
				strides := []int{width + 3, width + 1, width + 3, width + 3}
				var all, got, want [4][]float32
				for i := range got {
					all[i], got[i] = matrix(r, kind.fill, rows, width, strides[i], i)
					want[i] = clone(got[i])
				}
				block := func(x [4][]float32) AdamBlock {
					return AdamBlock{
						Rows: rows, Width: width, W: x[0], G: x[1], M: x[2], V: x[3], WRow: strides[0],
						GRow: strides[1],
					}
				}
				adam(block(want), adamStep)
				set.Adam(block(got), adamStep)
				for i := range got {
					what := fmt.Sprintf("Adam, %s data, %d x %d, slice %d", kind.name, rows, width, i)
					checkSame(t, what, got[i], want[i])
					checkGuards(t, what, all[i], len(got[i]), i)
				}
			}
		}
	})
}

func clone(x []float32) []float32 { return append([]float32(nil), x...) }

// TestAdamFlush checks that exactly the moments below the smallest normal number become +0.
func TestAdamFlush(t *testing.T) {
	s := adamStep
	s.Beta1, s.Beta2 = 0.5, 0.5
	m := []float32{1.9 * smallest, -1.9 * smallest, 2 * smallest, -2 * smallest, negative, 1e-45}
	v := []float32{1.9 * smallest, 2 * smallest, 2.1 * smallest, 1e-44, 0, 3}
	w, g := []float32{1, 2, 3, 4, 5, 6}, make([]float32, 6)
	eachSet(t, func(t *testing.T, set *Set) {
		m, v, w := clone(m), clone(v), clone(w)
		set.Adam(AdamBlock{Rows: 1, Width: len(w), W: w, G: g, M: m, V: v}, s)
		checkSame(t, "m", m, []float32{0, 0, smallest, -smallest, 0, 0})
		checkSame(t, "v", v, []float32{0, smallest, 1.05 * smallest, 0, 0, 1.5})
	})
}
