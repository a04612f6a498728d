package kernel

import (
	"math"
	"testing"
)

func TestSincos64(t *testing.T) {
	for d := -180.0; d < 180; d += 0.037 {
		sin, cos := Sincos64(d)
		wantSin, wantCos := math.Sincos(d * math.Pi / 180)
		tolerance := 1e-15 // the argument in radians is rounded
		if math.Abs(d) < 45 {
			tolerance = 3e-16
		}
		if math.Abs(sin-wantSin) > tolerance || math.Abs(cos-wantCos) > tolerance {
			t.Fatalf("%v degrees: %v, %v, want %v, %v", d, sin, cos, wantSin, wantCos)
		}
	}
	exact := [][2]float64{{0, 1}, {1, 0}, {0, -1}, {-1, 0}}
	for quarter := -9; quarter < 9; quarter++ {
		sin, cos := Sincos64(float64(90 * quarter))
		if want := exact[quarter&3]; sin != want[0] || cos != want[1] {
			t.Errorf("%d degrees: %v, %v, want %v", 90*quarter, sin, cos, want)
		}
	}
}
