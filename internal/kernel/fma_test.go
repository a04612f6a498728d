package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// exactFMA computes x*y + z with math/big, rounded once to nearest even.
func exactFMA(x, y, z float32) float32 {
	s := float64(x)*float64(y) + float64(z)
	if math.IsNaN(s) || math.IsInf(s, 0) || s == 0 { // no rounding is left to do
		return float32(s)
	}
	// float32 products and sums span 2^-298 to 2^257.
	exact := new(big.Float).SetPrec(700).SetFloat64(float64(x))
	exact.Mul(exact, new(big.Float).SetFloat64(float64(y)))
	exact.Add(exact, new(big.Float).SetFloat64(float64(z)))
	f, _ := exact.Float32()
	return f
}

func checkFMA(t *testing.T, x, y, z float32) {
	t.Helper()
	want := exactFMA(x, y, z)
	if got := fma(x, y, z); !same(got, want) {
		t.Fatalf("fma(%x, %x, %x) = %x, want %x", x, y, z, got, want)
	}
	if got := softFMA(x, y, z); !same(got, want) {
		t.Fatalf("softFMA(%x, %x, %x) = %x, want %x", x, y, z, got, want)
	}
}

func TestFMASpecial(t *testing.T) {
	specials := []float32{
		0, negative, 1, -1, 1 + 0x1p-23, 1 - 0x1p-24, 0x1p-126, -0x1p-126, 0x1p-149, -0x1p-149,
		0x1p-127, 0x1.fffffcp-127, 0x1p-75, 0x1p-74, 0x1p-63, 0x1.000002p-63, 0x1p127, 0x1p64,
		math.MaxFloat32, -math.MaxFloat32, inf, -inf, nan, 0x1p-12 + 0x1p-35, 0x1p-12 - 0x1p-35,
	}
	for _, x := range specials {
		for _, y := range specials {
			for _, z := range specials {
				checkFMA(t, x, y, z)
			}
		}
	}
}

// TestFMAOnce checks sums near the midpoint of two float32, closer than float64 resolves, where
// rounding to float64 first gives another result.
func TestFMAOnce(t *testing.T) {
	const below, above = 0x1p-12 - 0x1p-35, 0x1p-12 + 0x1p-35
	var wrong int
	for _, scale := range []float32{1, 0x1p-100, 0x1p-125, 0x1p-126, 0x1p100} {
		for step := range 64 {
			z := (1 + float32(step)*0x1p-23) * scale
			for _, p := range [][2]float32{{below, above}, {above, above}, {-below, above},
				{-above, above}, {below, below}, {0x1p-12, 0x1p-12}} {
				y := p[1] * scale
				checkFMA(t, p[0], y, z)
				checkFMA(t, p[0], y, -z)
				if float32(float64(p[0])*float64(y)+float64(z)) != exactFMA(p[0], y, z) {
					wrong++
				}
			}
		}
	}
	if wrong < 100 {
		t.Errorf("only %d of the cases tell one rounding from two", wrong)
	}
}

// TestFMAOfProduct checks sums with a product: it is rounded before, though a compiler that fuses
// might choose it for the fused one.
func TestFMAOfProduct(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 10_000 {
		x, y, a, b := r.Float32(), r.Float32(), r.Float32(), r.Float32()
		z := float32(a * b)
		if got, want := fma(x, y, a*b), exactFMA(x, y, z); got != want {
			t.Fatalf("fma(%x, %x, %x * %x) = %x, want %x", x, y, a, b, got, want)
		}
	}
}

// sparse returns a float32 with few bits set or few bits clear: sums of such values are often
// midpoints.
func sparse(r *rand.Rand) float32 {
	first, second := r.IntN(24), r.IntN(24)
	mantissa := uint32(1)<<first | uint32(1)<<second
	switch r.IntN(3) {
	case 0:
		mantissa = ^mantissa
	case 1:
		mantissa -= uint32(r.IntN(3))
	}
	exponent := uint32(127 + r.IntN(50) - 25)
	if r.IntN(4) == 0 {
		exponent = uint32(r.IntN(256))
	}
	return math.Float32frombits(r.Uint32()&(1<<31) | exponent<<23 | mantissa&(1<<23-1))
}

// TestFMARandom makes seven comparisons in each of 100,000 rounds, or of BRAID_FMA_ROUNDS.
func TestFMARandom(t *testing.T) {
	rounds, seed := 100_000, uint64(2)
	if s := os.Getenv("BRAID_FMA_ROUNDS"); s != "" {
		var err error
		if rounds, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
		seed = rand.Uint64()
		t.Logf("%d rounds from seed %d", rounds, seed)
	}
	r := rand.New(rand.NewPCG(1, seed))
	bits := func() float32 { return math.Float32frombits(r.Uint32()) }
	for range rounds {
		checkFMA(t, bits(), bits(), bits())
		x, y := sparse(r), sparse(r)
		checkFMA(t, x, y, sparse(r))
		// z close to -x*y, so that most of the product cancels.
		z := -x * y
		z = math.Float32frombits(math.Float32bits(z) + uint32(r.IntN(5)) - 2)
		checkFMA(t, x, y, z)
		// Results about 2^-126 and below.
		small := math.Float32frombits(r.Uint32() % (3 << 23))
		checkFMA(t, x*0x1p-60, y*0x1p-66, small)
		checkFMA(t, x*0x1p-60, y*0x1p-70, -small)
		// Results about the largest float32.
		checkFMA(t, x*0x1p60, y*0x1p66, sparse(r)*0x1p126)
	}
}
