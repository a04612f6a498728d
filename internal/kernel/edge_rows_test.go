//go:build linux || darwin

package kernel

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"testing"
	"unsafe"
)

// rowKernels runs each kernel over rows, or planes, of width numbers. take returns different
// memory for each index.
var rowKernels = map[string]func(s *Set, take func(i, n int) []float32, width int){
	"Softmax": func(s *Set, take func(i, n int) []float32, width int) {
		s.Softmax(Softmax{Rows: 2, Width: width, Y: take(0, 2*width), YRow: width,
			X: take(1, 2*width), XRow: width, Max: take(2, 2), Rest: take(3, 2)})
	},
	"SoftmaxBack": func(s *Set, take func(i, n int) []float32, width int) {
		s.SoftmaxBack(SoftmaxBack{Rows: 2, Width: width, D: take(0, 2*width), DRow: width,
			Y: take(1, 2*width), YRow: width})
	},
	"ArgMax": func(s *Set, take func(i, n int) []float32, width int) {
		index := unsafe.Slice((*int32)(unsafe.Pointer(&take(0, 2)[0])), 2)
		s.ArgMax(ArgMax{Rows: 2, Width: width, Index: index, X: take(1, 2*width), XRow: width})
	},
	"MulRows": func(s *Set, take func(i, n int) []float32, width int) {
		s.MulRows(RowProducts{Rows: 2, Width: width, Y: take(0, 2*width), YRow: width,
			X: take(1, 2*width), XRow: width, W: take(2, 2*width), WRow: width})
	},
	"ColumnSums": func(s *Set, take func(i, n int) []float32, width int) {
		p := ColumnSums{Rows: 2, Width: width, X: take(0, 2*width), XRow: width,
			Center: take(1, width), Sum: take(2, width), Product: take(3, width)}
		s.ColumnSums(p)
		p.D, p.DRow = take(4, 2*width), width
		s.ColumnSums(p)
		p.Center, p.Moments = nil, take(5, 4)
		s.ColumnSums(p)
	},
	"Affine": func(s *Set, take func(i, n int) []float32, width int) {
		p := Affine{Rows: 2, Width: width, Y: take(0, 2*width), YRow: width, X: take(1, 2*width),
			XRow: width, Center: take(2, width), Scale: take(3, width), Shift: take(4, width)}
		s.Affine(p)
		p.D, p.DRow, p.Slope = take(5, 2*width), width, take(6, width)
		s.Affine(p)
		p.Fresh = true
		s.Affine(p)
	},
	"RowNorm": func(s *Set, take func(i, n int) []float32, width int) {
		p := RowNorm{Rows: 2, Width: width, X: take(0, 2*width), XRow: width, Gamma: take(1, width),
			Moments: take(2, 4), Y: take(3, 2*width), YRow: width, Beta: take(4, width),
			D: take(5, 2*width), DRow: width, Grad: take(6, 2*width), GradRow: width}
		s.RowNorm(p)
		s.RowNormBack(p)
	},
	"MaxWindow": func(s *Set, take func(i, n int) []float32, width int) {
		p := MaxWindow{Rows: 2, Width: width, Lines: 2, Taps: 2, XRow: width, Line: 3 * width,
			X: take(0, 6*width), Y: take(1, 2*width), YRow: width, D: take(2, 2*width), DRow: width,
			Grad: take(3, 6*width)}
		s.MaxWindow(p)
		s.MaxBack(p)
	},
	"Lookup": func(s *Set, take func(i, n int) []float32, width int) {
		p := Lookup{Width: width, IDs: []int32{1, 0, 1}, Table: take(0, 2*width), TableRow: width,
			X: take(1, 3*width), XRow: width, Rows: 2}
		s.LookUp(p)
		s.AddUp(p)
	},
	"LSTM": func(s *Set, take func(i, n int) []float32, width int) {
		gates, before, squashed := take(0, 4*width), take(1, width), take(3, width)
		s.LSTM(LSTMCell{Gates: gates, Before: before, Cells: take(2, width), Squashed: squashed,
			Hidden: take(4, width)})
		s.LSTMBack(LSTMBack{Gates: gates, Before: before, Squashed: squashed,
			DHidden: take(5, width), DCells: take(6, width)})
	},
	"Adam": func(s *Set, take func(i, n int) []float32, width int) {
		s.Adam(AdamBlock{Rows: 2, Width: width, W: take(0, 2*width), G: take(1, 2*width),
			M: take(2, 2*width), V: take(3, 2*width), WRow: width, GRow: width}, adamStep)
	},
	"Finite": func(s *Set, take func(i, n int) []float32, width int) { s.Finite(take(0, width)) },
}

// TestRowsAtEdges is TestOperandsAtEdges for the kernels over rows and for Bytes.
func TestRowsAtEdges(t *testing.T) {
	eachSet(t, func(t *testing.T, set *Set) {
		if set.Name == "go" {
			return // Go checks bounds itself
		}
		var arenas []arena
		for range 7 {
			arenas = append(arenas, newArena(t, 1))
		}
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		what := ""
		defer func() {
			if problem := recover(); problem != nil {
				t.Errorf("%s: %v", what, problem)
			}
		}()
		for _, end := range []bool{false, true} {
			r := rand.New(rand.NewPCG(1, 2))
			take := func(i, n int) []float32 { return arenas[i].take(r, n, end) }
			for width := 1; width < 70; width++ {
				for name, run := range rowKernels {
					what = fmt.Sprintf("%s of width %d, end %v", name, width, end)
					run(set, take, width)
				}
				what = fmt.Sprintf("Bytes of width %d, end %v", width, end)
				from := unsafe.Slice((*uint8)(unsafe.Pointer(&arenas[1][0])), 4*len(arenas[1]))
				if end {
					from = from[len(from)-2*width:]
				}
				set.Bytes(Gathered{Width: width, Y: take(0, 2*width), YRow: width,
					X: from[:2*width], XRow: width, Order: []int32{1, 0}, Scale: 2, Shift: 1})
			}
		}
	})
}
