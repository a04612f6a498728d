package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestLSTM compares a step of the cell, forward and backward, with the formulas in float64.
func TestLSTM(t *testing.T) {
	const n = 19
	const tolerance = 2e-6
	logistic := func(x float32) float64 { return 1 / (1 + math.Exp(-float64(x))) }
	eachSet(t, func(t *testing.T, set *Set) {
		r := rand.New(rand.NewPCG(3, 4))
		gates, before := make([]float32, 4*n), make([]float32, n)
		lopsided(r, gates)
		lopsided(r, before)
		raw := clone(gates)
		cells, squashed, hidden := make([]float32, n), make([]float32, n), make([]float32, n)
		set.LSTM(LSTMCell{Gates: gates, Before: before, Cells: cells, Squashed: squashed, Hidden: hidden})
		dHidden, dCells := make([]float32, n), make([]float32, n)
		lopsided(r, dHidden)
		lopsided(r, dCells)
		dCellsAfter := clone(dCells)
		slopes := clone(gates)
		set.LSTMBack(LSTMBack{
			Gates: slopes, Before: before, Squashed: squashed, DHidden: dHidden, DCells: dCells,
		})
		near := func(what string, e int, got float32, want float64) {
			if math.Abs(float64(got)-want) > tolerance*(1+math.Abs(want)) {
				t.Errorf("%s of cell %d is %v, want %v", what, e, got, want)
			}
		}
		for e := range n {
			i, f, o := logistic(raw[e]), logistic(raw[n+e]), logistic(raw[3*n+e])
			g := math.Tanh(float64(raw[2*n+e]))
			c := f*float64(before[e]) + i*g
			s := math.Tanh(c)
			near("input gate", e, gates[e], i)
			near("forget gate", e, gates[n+e], f)
			near("candidate", e, gates[2*n+e], g)
			near("output gate", e, gates[3*n+e], o)
			near("state", e, cells[e], c)
			near("tanh of the state", e, squashed[e], s)
			near("hidden", e, hidden[e], o*s)
			dh := float64(dHidden[e])
			dc := float64(dCellsAfter[e]) + dh*o*(1-s*s)
			near("slope of the input gate", e, slopes[e], dc*g*i*(1-i))
			near("slope of the forget gate", e, slopes[n+e], dc*float64(before[e])*f*(1-f))
			near("slope of the candidate", e, slopes[2*n+e], dc*i*(1-g*g))
			near("slope of the output gate", e, slopes[3*n+e], dh*s*o*(1-o))
			near("slope of the state before", e, dCells[e], dc*f)
		}
	})
}

// TestLSTMOfSets compares the cell of every set with the reference.
func TestLSTMOfSets(t *testing.T) {
	eachSet(t, func(t *testing.T, set *Set) {
		for _, kind := range fills {
			for _, n := range lengths() {
				r := rand.New(rand.NewPCG(uint64(n), 17))
				sizes := []int{4 * n, n, n, n, n}
				all, got, want := make([][]float32, 5), make([][]float32, 5), make([][]float32, 5)
				check := func(what string) {
					t.Helper()
					for i := range got {
						what := fmt.Sprintf("%s, %s data, n=%d, slice %d", what, kind.name, n, i)
						checkSame(t, what, got[i], want[i])
						checkGuards(t, what, all[i], sizes[i], i%4)
					}
				}
				fill := func() {
					for i, size := range sizes {
						all[i], got[i] = guarded(size, i%4)
						kind.fill(r, got[i])
						want[i] = clone(got[i])
					}
				}
				forward := func(x [][]float32) LSTMCell {
					return LSTMCell{Gates: x[0], Before: x[1], Cells: x[2], Squashed: x[3], Hidden: x[4]}
				}
				fill()
				lstm(forward(want))
				set.LSTM(forward(got))
				check("LSTM")
				back := func(x [][]float32) LSTMBack {
					return LSTMBack{Gates: x[0], Before: x[1], Squashed: x[2], DHidden: x[3], DCells: x[4]}
				}
				fill()
				lstmBack(back(want))
				set.LSTMBack(back(got))
				check("LSTMBack")
			}
		}
	})
}
