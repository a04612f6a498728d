package metric

import (
	"math"
	"testing"

	"braid/internal/random"
)

// ln agrees with package math to the last digits. The bits are those that amd64 and arm64 give.
func TestLn(t *testing.T) {
	draw := random.New(9, "ln")
	worst := 0.0
	for i := range uint64(200_000) {
		bits := draw.Bits(i)
		x := math.Ldexp(1+float64(bits>>12)/(1<<52), -int(bits%24)) // from 2^-23 to 2
		if i%2 == 0 {
			x = 1 - x*least
		}
		want := math.Log(x)
		worst = max(worst, math.Abs(ln(x)-want)/math.Abs(want))
	}
	if !(worst <= 0x1p-52) {
		t.Errorf("ln is off by %v of the logarithm, want at most 2^-52", worst)
	}
	for _, c := range []struct {
		x    float64
		bits uint64
	}{
		{1, 0}, {.5, 0xbfe62e42fefa39ef}, {least, 0xc0301e3b843eaa73}, {1 - least, 0xbe7ad7f2b1049b9f},
		{.1, 0xc0026bb1bbb55515}, {.9, 0xbfbaf8e8210a415c}, {1. / 3, 0xbff193ea7aad030b},
	} {
		if got := math.Float64bits(ln(c.x)); got != c.bits {
			t.Errorf("ln(%v) has the bits %#x, want %#x", c.x, got, c.bits)
		}
	}
	if x := math.NaN(); !math.IsNaN(ln(x)) {
		t.Errorf("ln(NaN) is %v", ln(x))
	}
}
