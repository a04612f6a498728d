package kernel

import (
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
)

var (
	nan      = float32(math.NaN())
	inf      = float32(math.Inf(1))
	negative = float32(math.Copysign(0, -1)) // -0
)

const (
	guardSize  = 24         // guard values on each side, more than one register
	guardValue = -7.1234567 // no kernel computes it
)

// guarded returns a slice of n values, offset values past an aligned address, with guard values on
// both sides, and the slice with the guards.
func guarded(n, offset int) (all, inside []float32) {
	all = make([]float32, guardSize+offset+n+guardSize)
	for i := range all {
		all[i] = guardValue
	}
	return all, all[guardSize+offset:][:n:n]
}

// checkGuards fails the test if a guard value around the n values has changed.
func checkGuards(t testing.TB, what string, all []float32, n, offset int) {
	t.Helper()
	for i, v := range all {
		inside := i >= guardSize+offset && i < guardSize+offset+n
		if !inside && v != guardValue {
			t.Fatalf("%s: wrote %v at %d of %d", what, v, i-guardSize-offset, n)
		}
	}
}

// same compares bits. All NaN are equal: the payload that an operation keeps depends on the order
// of the operands in an instruction, and no code reads it.
func same(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

func checkSame(t testing.TB, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if !same(got[i], want[i]) {
			t.Fatalf("%s: [%d] of %d = %v (%#x), want %v (%#x)", what, i, len(want),
				got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
		}
	}
}

// lopsided fills x with different values, so that a swapped index shows.
func lopsided(r *rand.Rand, x []float32) {
	for i := range x {
		x[i] = float32(r.NormFloat64()) * (1 + float32(i%7))
	}
}

// odd fills x like lopsided, with special values among the others.
func odd(r *rand.Rand, x []float32) {
	specials := []float32{
		0, negative, 1, -1, 1e-40, -1e-40, 1e-45, -1e-45, 1.1754944e-38, -1.1754944e-38,
		math.MaxFloat32, -math.MaxFloat32, 1e-25, -1e-25, 3e-30, -88, 88.8, 104, -104,
	}
	lopsided(r, x)
	for i := range x {
		switch r.IntN(8) {
		case 0:
			x[i] = specials[r.IntN(len(specials))]
		case 1:
			x[i] = math.Float32frombits(r.Uint32())
		}
	}
}

// wild fills x like odd, with values so large that they hide the rest of a sum.
func wild(r *rand.Rand, x []float32) {
	odd(r, x)
	for i := range x {
		if r.IntN(40) == 0 {
			x[i] = []float32{nan, inf, -inf}[r.IntN(3)]
		}
	}
}

// fewBits fills x with values whose products and sums are often midpoints of two float32.
func fewBits(r *rand.Rand, x []float32) {
	for i := range x {
		v := math.Ldexp(1, r.IntN(24)) + math.Ldexp(float64(r.IntN(3)-1), r.IntN(24))
		x[i] = float32(math.Ldexp(v, -12-r.IntN(24)) * float64(1-2*r.IntN(2)))
	}
}

// filler fills x with test data.
type filler = func(r *rand.Rand, x []float32)

// fills lists the kinds of data for tests of equality.
var fills = []struct {
	name string
	fill filler
}{{"lopsided", lopsided}, {"odd", odd}, {"wild", wild}, {"few bits", fewBits}}

// setsOf lists the names of the sets that an architecture has.
var setsOf = map[string][]string{"amd64": {"go", "avx2", "avx512"}, "arm64": {"go", "neon"}}

// eachSet runs a test with every set of the architecture. If this machine lacks a set, its test is
// skipped, or fails if BRAID_REQUIRE_KERNELS is set.
func eachSet(t *testing.T, test func(t *testing.T, set *Set)) {
	names := setsOf[runtime.GOARCH]
	if names == nil {
		names = []string{"go"}
	}
	for _, name := range names {
		t.Run("set="+name, func(t *testing.T) {
			set, err := Named(name)
			switch {
			case err == nil:
				test(t, set)
			case os.Getenv("BRAID_REQUIRE_KERNELS") != "":
				t.Fatal(err)
			default:
				t.Skipf("skipped: %v", err)
			}
		})
	}
}
