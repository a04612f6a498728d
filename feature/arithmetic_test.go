package feature

import (
	"math"
	"testing"
)

// TestArithmetic compares with package math. Both are accurate to a few units of the last place of
// float64, sines near multiples of a half turn to 1e-15.
func TestArithmetic(t *testing.T) {
	for i := range 2000 {
		x := math.Pow(10, float64(i-1000)/40) // 1e-25 to 1e25
		if got, want := log1p(x), math.Log1p(x); math.Abs(got-want) > 4e-16*want {
			t.Fatalf("log1p(%v) = %v, want %v", x, got, want)
		}
		turns := float64(i)/381 - 2.5
		if got, want := sinTurn(turns), math.Sin(2*math.Pi*turns); math.Abs(got-want) > 4e-15 {
			t.Fatalf("sinTurn(%v) = %v, want %v", turns, got, want)
		}
		if got, want := cosTurn(turns), math.Cos(2*math.Pi*turns); math.Abs(got-want) > 4e-15 {
			t.Fatalf("cosTurn(%v) = %v, want %v", turns, got, want)
		}
	}
	if log1p(0) != 0 || log1p(1) != math.Ln2 || sinTurn(0) != 0 {
		t.Errorf("got %v, %v, %v, want 0, ln 2, 0", log1p(0), log1p(1), sinTurn(0))
	}
}

func TestScale(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   Scale
	}{
		{nil, Scale{Spread: 1}},
		{[]float64{7}, Scale{7, 1, 7, 7}},
		{[]float64{100, 2, 8, 1, 4}, Scale{4, 6, 1, 100}},
		{[]float64{5, 5, 9, 5, 5}, Scale{5, 1.6, 5, 9}}, // no interquartile range: the deviation
		{[]float64{3, 3, 3}, Scale{3, 1, 3, 3}},
		{[]float64{4, 1}, Scale{2.5, 1.5, 1, 4}},
		{[]float64{-1.7e308, 1.7e308}, Scale{0, 1.7e308, -1.7e308, 1.7e308}},
	} {
		got := learnScale(c.values)
		if math.Abs(got.Spread-c.want.Spread) <= 1e-15*c.want.Spread {
			got.Spread = c.want.Spread
		}
		if got != c.want {
			t.Errorf("%v: got %+v, want %+v", c.values, got, c.want)
		}
	}
	for z, want := range map[float64]float64{
		0: 0, 3: 3 / math.Sqrt2, -4: -2.4, 1e5: 3, 1e200: 3, math.Inf(-1): -3,
	} {
		if got := squash(z); math.Abs(got-want) > 2e-9 {
			t.Errorf("squash(%v) = %v, want %v", z, got, want)
		}
	}
}

func TestEmbeddingWidth(t *testing.T) {
	for size := range 1<<20 + 1 {
		want := min(32, int(math.Round(1.6*math.Pow(float64(size), 0.56))))
		if got := embeddingWidth(size); got != want {
			t.Fatalf("a vocabulary of %d has width %d, want %d", size, got, want)
		}
	}
}
