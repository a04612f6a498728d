package op

import (
	"math"
	"testing"

	"braid/internal/kernel"
)

// GELU and its slope are compared with the formula in float64, and have the same bytes on all sets
// of kernels.
func TestGELU(t *testing.T) {
	defer kernel.Use(kernel.Default())
	var z []float32
	for v := float32(-14.5); v < 14.5; v += 0.01 {
		z = append(z, v)
	}
	var first []float32
	for _, set := range kernel.Sets() {
		kernel.Use(set)
		y, slopes := geluOf(z)
		for i, v := range z {
			x := float64(v)
			normal := math.Erfc(-x/math.Sqrt2) / 2
			slope := normal + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
			if math.Abs(float64(y[i])-x*normal) > 1e-6*math.Abs(x*normal)*max(1, x*x/16)+1e-37 {
				t.Errorf("%s: gelu(%v) = %v, want %v", set.Name, v, y[i], x*normal)
			}
			if math.Abs(float64(slopes[i])-slope) > 4e-7 {
				t.Errorf("%s: the slope at %v = %v, want %v", set.Name, v, slopes[i], slope)
			}
		}
		if first == nil {
			first = append(y, slopes...)
		}
		for i, v := range append(y, slopes...) {
			if math.Float32bits(v) != math.Float32bits(first[i]) {
				t.Fatalf("%s: number %d = %v, on the first set %v", set.Name, i, v, first[i])
			}
		}
	}
}

// The values and slopes of numbers so small or large that their products are not normal numbers.
func TestGELUEnds(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	y, slopes := geluOf([]float32{0, 1e-40, -1e-35, inf, -inf, nan})
	for i, want := range []float32{0.5, 0.5, 0.5, 1, 0} {
		if slopes[i] != want {
			t.Errorf("slope %d = %v, want %v", i, slopes[i], want)
		}
	}
	if y[0] != 0 || y[3] != inf || y[4] != 0 || y[5] == y[5] || slopes[5] == slopes[5] {
		t.Errorf("got %v and slopes %v, want 0, …, +Inf, 0 and NaN", y, slopes)
	}
}

// geluOf returns the values and the slopes.
func geluOf(z []float32) (y, slopes []float32) {
	y, slopes = make([]float32, len(z)), make([]float32, len(z))
	gelu(y, z, nil)
	for i := range slopes {
		slopes[i] = 1
	}
	geluBack(slopes, y, z, nil)
	return y, slopes
}
