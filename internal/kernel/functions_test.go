package kernel

import (
	"flag"
	"math"
	"testing"
)

var whole = flag.Bool("whole", false, "measure exp, log, tanh, sigmoid at all 2^32 values")

// maxULP is the largest error that the design allows, in units in the last place of the exact
// result.
const maxULP = 2

const smallest = 0x1p-126 // the smallest normal float32

var scalars = []struct {
	name  string
	exact func(float64) float64
	call  func(*Set) func(dst, src []float32)
	flush bool // results below the smallest normal number are zero
}{
	{"exp", math.Exp, func(s *Set) func(dst, src []float32) { return s.Exp }, true},
	{"log", math.Log, func(s *Set) func(dst, src []float32) { return s.Log }, false},
	{"log1p", math.Log1p, func(s *Set) func(dst, src []float32) { return s.Log1p }, false},
	{"tanh", math.Tanh, func(s *Set) func(dst, src []float32) { return s.Tanh }, false},
	{"sigmoid", func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
		func(s *Set) func(dst, src []float32) { return s.Sigmoid }, true},
}

// TestULP measures the error over all of float32, at every stride-th bit pattern.
func TestULP(t *testing.T) {
	stride := uint64(2_003) // prime, so that mantissas vary
	if *whole {
		stride = 1
	}
	if testing.Short() {
		stride = 50_021
	}
	eachSet(t, func(t *testing.T, set *Set) {
		for _, f := range scalars {
			worst, at := 0.0, float32(0)
			src, dst := make([]float32, 0, 4096), make([]float32, 4096)
			for bits := uint64(0); bits < 1<<32; bits += stride {
				src = append(src, math.Float32frombits(uint32(bits)))
				if len(src) < cap(src) && bits+stride < 1<<32 {
					continue
				}
				f.call(set)(dst[:len(src)], src)
				for i, x := range src {
					if e := ulps(dst[i], f.exact(float64(x)), f.flush); !(e <= worst) {
						worst, at = e, x
					}
				}
				src = src[:0]
			}
			t.Logf("%s: worst error %.3f ulp, at %g", f.name, worst, at)
			if !(worst <= maxULP) {
				t.Errorf("%s: %.3f ulp at %g, want at most %d", f.name, worst, at, maxULP)
			}
		}
	})
}

// ulps returns the distance of got from exact, in units in the last float32 place of exact.
func ulps(got float32, exact float64, flush bool) float64 {
	want := float32(exact)
	switch {
	case same(got, want):
		return 0
	case flush && math.Abs(exact) < smallest*(1+0x1p-23) && got == 0:
		return 0
	case flush && got != 0 && math.Abs(float64(got)) < smallest:
		return math.Inf(1) // a denormal that should have been flushed
	case math.IsInf(float64(want), 0) && exact < math.MaxFloat32*(1+0x1p-22):
		want = math.MaxFloat32
	}
	_, exponent := math.Frexp(float64(want))
	return math.Abs(float64(got)-exact) / math.Ldexp(1, max(exponent-24, -149))
}

func TestSpecialValues(t *testing.T) {
	one := []struct {
		name    string
		x, want float32
	}{
		{"exp", 0, 1}, {"exp", negative, 1}, {"exp", inf, inf}, {"exp", -inf, 0}, {"exp", nan, nan},
		{"exp", 88.72284, inf}, {"exp", -87.5, 0}, {"exp", -1e30, 0}, {"exp", 1e-45, 1},
		{"log", 1, 0}, {"log", 0, -inf}, {"log", negative, -inf}, {"log", inf, inf},
		{"log", -1, nan}, {"log", -inf, nan}, {"log", -1e-45, nan}, {"log", nan, nan},
		{"log", 1e-45, -103.27893},
		{"log1p", 0, 0}, {"log1p", inf, inf}, {"log1p", nan, nan}, {"log1p", 1e-45, 1e-45},
		{"log1p", 1e-9, 1e-9}, {"log1p", 1, 0.6931472}, {"log1p", 3e38, 88.59685},
		{"tanh", 0, 0}, {"tanh", negative, negative}, {"tanh", inf, 1}, {"tanh", -inf, -1},
		{"tanh", nan, nan}, {"tanh", 1e-40, 1e-40}, {"tanh", -30, -1},
		{"sigmoid", 0, 0.5}, {"sigmoid", negative, 0.5}, {"sigmoid", inf, 1},
		{"sigmoid", -inf, 0}, {"sigmoid", nan, nan}, {"sigmoid", -100, 0}, {"sigmoid", 40, 1},
	}
	eachSet(t, func(t *testing.T, set *Set) {
		for _, f := range scalars {
			for _, c := range one {
				dst := []float32{guardValue}
				if c.name != f.name {
					continue
				}
				if f.call(set)(dst, []float32{c.x}); !same(dst[0], c.want) {
					t.Errorf("%s(%g) = %g, want %g", c.name, c.x, dst[0], c.want)
				}
			}
		}
		dst := make([]float32, 7)
		set.ReLU(dst, []float32{-2, negative, 0, 3, nan, inf, -inf})
		checkSame(t, "relu", dst, []float32{0, 0, 0, 3, nan, inf, 0})
		set.ReLUBack(dst, []float32{-2, negative, 0, 3, nan, inf, 1e-45},
			[]float32{11, 12, 13, 14, 15, nan, negative})
		checkSame(t, "reluBack", dst, []float32{0, 0, 0, 14, 0, nan, negative})
		set.Add(dst[:3], []float32{1, nan, negative})
		checkSame(t, "add", dst[:3], []float32{1, nan, 0})
		set.SigmoidBack(dst[:3], []float32{0.25, 1, nan}, []float32{-2, 3, 4})
		checkSame(t, "sigmoidBack", dst[:3], []float32{-0.375, 0, nan})
		set.TanhBack(dst[:3], []float32{0.5, -1, nan}, []float32{-2, 3, 4})
		checkSame(t, "tanhBack", dst[:3], []float32{-1.5, 0, nan})
		checkActivations(t, set)
		set.Scale(dst[:3], []float32{3, negative, inf}, -0.5)
		checkSame(t, "scale", dst[:3], []float32{-1.5, 0, -inf})
		copy(dst, []float32{2, negative, nan})
		set.Blend(dst[:3], []float32{8, negative, 0}, 0.5, -0.25)
		checkSame(t, "blend", dst[:3], []float32{-1, 0, nan})
		set.Spread(dst[:6], []float32{2, 5})
		checkSame(t, "spread", dst[:6], []float32{2, 2, 2, 5, 5, 5})
	})
}

func checkActivations(t *testing.T, set *Set) {
	t.Helper()
	dst := make([]float32, 6)
	set.GELU(dst, []float32{0, negative, inf, -inf, nan, -20})
	checkSame(t, "gelu", dst, []float32{0, 0, inf, 0, nan, 0})
	set.GELUBack(dst, []float32{0, negative, inf, -inf, nan, 1e-40}, []float32{2, 4, 3, 5, 1, -2})
	checkSame(t, "geluBack", dst, []float32{1, 2, 3, 0, nan, -1})
	set.HardSigmoid(dst, []float32{-3, 3, 0, -inf, inf, nan})
	checkSame(t, "hardSigmoid", dst, []float32{0, 1, 0.5, 0, 1, nan})
	set.HardSigmoidBack(dst, []float32{-3, 3, 0, -2.9999998, 2.9999998, nan},
		[]float32{6, 6, 6, 12, 18, 6})
	checkSame(t, "hardSigmoidBack", dst, []float32{0, 0, 1, 2, 3, 0})
	set.Leak(dst, []float32{-1, 1, negative, -inf, 1e-45, -1e-45}, []float32{2, 3, 5, inf, -7, 8}, 0.5)
	checkSame(t, "leak", dst, []float32{1, 3, 5, inf, -7, 4})
	set.ELU(dst, []float32{2, -inf, inf, nan, 0, -1e-20}, 2, 3)
	checkSame(t, "elu", dst, []float32{4, -6, inf, nan, 0, -6e-20})
	set.ELUBack(dst[:4], []float32{-2, 2, 0, nan}, []float32{3, 5, 7, 1}, 4, 11)
	checkSame(t, "eluBack", dst[:4], []float32{6, 55, 77, 11})
	set.Mul(dst[:3], []float32{2, inf, negative}, []float32{-3, 0, 5})
	checkSame(t, "mul", dst[:3], []float32{-6, nan, negative})
}
