package layer

import (
	"math"
	"testing"
)

// NaN is the largest number, wherever it is in a window.
func TestRaise(t *testing.T) {
	nan := float32(math.NaN())
	y := []float32{1, 1, nan, nan, -3}
	raise(y, []float32{2, 0, 5, nan, nan})
	if y[0] != 2 || y[1] != 1 || y[2] == y[2] || y[3] == y[3] || y[4] == y[4] {
		t.Errorf("got %v, want [2 1 NaN NaN NaN]", y)
	}
}
