package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// lengths returns lengths with every tail of every register, and some long ones.
func lengths() []int {
	var list []int
	for n := range 71 {
		list = append(list, n)
	}
	return append(list, 255, 792, 1024, 4099)
}

// vectorKernels has the kernels over slices.
var vectorKernels = map[string]func(s *Set, dst, x, y []float32){
	"Exp":         func(s *Set, dst, x, _ []float32) { s.Exp(dst, x) },
	"Log":         func(s *Set, dst, x, _ []float32) { s.Log(dst, x) },
	"Tanh":        func(s *Set, dst, x, _ []float32) { s.Tanh(dst, x) },
	"Sigmoid":     func(s *Set, dst, x, _ []float32) { s.Sigmoid(dst, x) },
	"ReLU":        func(s *Set, dst, x, _ []float32) { s.ReLU(dst, x) },
	"ReLUBack":    func(s *Set, dst, x, y []float32) { s.ReLUBack(dst, x, y) },
	"Add":         func(s *Set, dst, x, _ []float32) { s.Add(dst, x) },
	"Log1p":       func(s *Set, dst, x, _ []float32) { s.Log1p(dst, x) },
	"SigmoidBack": func(s *Set, dst, x, y []float32) { s.SigmoidBack(dst, x, y) },
	"TanhBack":    func(s *Set, dst, x, y []float32) { s.TanhBack(dst, x, y) },
	"GELU":        func(s *Set, dst, x, _ []float32) { s.GELU(dst, x) },
	"GELUBack":    func(s *Set, dst, x, y []float32) { s.GELUBack(dst, x, y) },
	"HardSigmoid": func(s *Set, dst, x, _ []float32) { s.HardSigmoid(dst, x) },
	"Leak":        func(s *Set, dst, x, y []float32) { s.Leak(dst, x, y, 0.3) },
	"ELU":         func(s *Set, dst, x, _ []float32) { s.ELU(dst, x, 1.1, 1.7) },
	"ELUBack":     func(s *Set, dst, x, y []float32) { s.ELUBack(dst, x, y, 1.9, 1.1) },
	"Mul":         func(s *Set, dst, x, y []float32) { s.Mul(dst, x, y) },
	"Scale":       func(s *Set, dst, x, _ []float32) { s.Scale(dst, x, -1.37) },
	"Blend":       func(s *Set, dst, x, _ []float32) { s.Blend(dst, x, 0.98, -0.37) },
	"Spread one":  func(s *Set, dst, x, _ []float32) { s.Spread(dst, x[:min(1, len(x))]) },
	"Spread":      func(s *Set, dst, x, _ []float32) { s.Spread(dst, x[:(len(x)+2)/3]) },

	"HardSigmoidBack": func(s *Set, dst, x, y []float32) { s.HardSigmoidBack(dst, x, y) },
}

// TestVectorKernels compares every kernel over slices, of every set, with the reference: each
// length, each misalignment, each kind of data, with guard values around the output.
func TestVectorKernels(t *testing.T) {
	eachSet(t, func(t *testing.T, set *Set) {
		for name, run := range vectorKernels {
			for _, kind := range fills {
				for _, n := range lengths() {
					for offset := range 4 {
						r := rand.New(rand.NewPCG(uint64(n), uint64(offset)))
						allX, x := guarded(n, offset)
						allY, y := guarded(n, 3-offset)
						allDst, dst := guarded(n, offset)
						kind.fill(r, x)
						kind.fill(r, y)
						kind.fill(r, dst)
						want := clone(dst)
						run(&reference, want, clone(x), clone(y))
						run(set, dst, x, y)
						what := fmt.Sprintf("%s, %s data, n=%d, offset=%d", name, kind.name, n, offset)
						checkSame(t, what, dst, want)
						checkGuards(t, what, allDst, n, offset)
						checkGuards(t, what, allX, n, offset)
						checkGuards(t, what, allY, n, 3-offset)
					}
				}
			}
		}
	})
}

// TestVectorKernelsInPlace compares kernels whose output is their input.
func TestVectorKernelsInPlace(t *testing.T) {
	eachSet(t, func(t *testing.T, set *Set) {
		for name, run := range map[string]func(s *Set) func(dst, src []float32){
			"Exp":     func(s *Set) func(dst, src []float32) { return s.Exp },
			"Tanh":    func(s *Set) func(dst, src []float32) { return s.Tanh },
			"Sigmoid": func(s *Set) func(dst, src []float32) { return s.Sigmoid },
			"ReLU":    func(s *Set) func(dst, src []float32) { return s.ReLU },
			"Log":     func(s *Set) func(dst, src []float32) { return s.Log },
			"GELU":    func(s *Set) func(dst, src []float32) { return s.GELU },
			"Blend": func(s *Set) func(dst, src []float32) {
				return func(dst, src []float32) {
					copy(dst, src)
					s.Blend(dst, dst, 1, -0.37)
				}
			},
			"Leak": func(s *Set) func(dst, src []float32) {
				return func(dst, src []float32) { s.Leak(dst, src, src, 0.3) }
			},
		} {
			for _, n := range lengths() {
				x := make([]float32, n)
				odd(rand.New(rand.NewPCG(uint64(n), 5)), x)
				want := make([]float32, n)
				run(&reference)(want, x)
				run(set)(x, x)
				checkSame(t, fmt.Sprintf("%s in place, n=%d", name, n), x, want)
			}
		}
	})
}

// TestFinite checks that Finite sees one bad number at any index, and none outside the slice.
func TestFinite(t *testing.T) {
	eachSet(t, func(t *testing.T, set *Set) {
		for _, n := range lengths() {
			all, x := guarded(n, n%4)
			odd(rand.New(rand.NewPCG(uint64(n), 5)), x)
			for i, v := range x {
				if v-v != 0 {
					x[i] = 0
				}
			}
			all[guardSize+n%4-1], all[guardSize+n%4+n] = nan, inf
			if !set.Finite(x) {
				t.Fatalf("Finite of %d finite numbers is false", n)
			}
			if got := FirstNonFinite(x); got != -1 {
				t.Fatalf("FirstNonFinite of %d finite numbers is %d", n, got)
			}
			for i := 0; i < n; i += 1 + n/100 {
				before := x[i]
				x[i] = []float32{nan, inf, -inf}[i%3]
				if set.Finite(x) {
					t.Fatalf("Finite does not see %v at %d of %d", x[i], i, n)
				}
				if got := FirstNonFinite(x); got != i {
					t.Fatalf("FirstNonFinite of %v at %d of %d is %d", x[i], i, n, got)
				}
				x[i] = before
			}
		}
	})
}
