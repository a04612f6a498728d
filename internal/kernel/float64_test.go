package kernel_test

import (
	"math"
	"testing"

	"braid/internal/kernel"
	"braid/internal/random"
)

// Log64 agrees with package math to the last digits. The bits are those that amd64 and arm64 give.
func TestLog64(t *testing.T) {
	draw := random.New(9, "ln")
	worst := 0.0
	for i := range uint64(200_000) {
		bits := draw.Bits(i)
		x := math.Ldexp(1+float64(bits>>12)/(1<<52), -int(bits%24)) // from 2^-23 to 2
		if i%2 == 0 {
			x = 1 - x*1e-7
		}
		want := math.Log(x)
		worst = max(worst, math.Abs(kernel.Log64(x)-want)/math.Abs(want))
	}
	if !(worst <= 0x1p-52) {
		t.Errorf("Log64 is off by %v of the logarithm, want at most 2^-52", worst)
	}
	for _, c := range []struct {
		x    float64
		bits uint64
	}{
		{1, 0}, {.5, 0xbfe62e42fefa39ef}, {1e-7, 0xc0301e3b843eaa73}, {1 - 1e-7, 0xbe7ad7f2b1049b9f},
		{.1, 0xc0026bb1bbb55515}, {.9, 0xbfbaf8e8210a415c}, {1. / 3, 0xbff193ea7aad030b},
	} {
		if got := math.Float64bits(kernel.Log64(c.x)); got != c.bits {
			t.Errorf("Log64(%v) has the bits %#x, want %#x", c.x, got, c.bits)
		}
	}
	if x := math.NaN(); !math.IsNaN(kernel.Log64(x)) {
		t.Errorf("Log64(NaN) is %v", kernel.Log64(x))
	}
}

// Exp64 agrees with package math to the last digits. The bits are those that amd64 gives.
func TestExp64(t *testing.T) {
	draw := random.New(9, "exp")
	worst := 0.0
	for i := range uint64(200_000) {
		bits := draw.Bits(i)
		x := (float64(bits>>12)/(1<<52)*2 - 1) * math.Ldexp(700, -int(bits%16))
		want := math.Exp(x)
		worst = max(worst, math.Abs(kernel.Exp64(x)-want)/want)
	}
	if !(worst <= 0x1p-51) {
		t.Errorf("Exp64 is off by %v of the result, want at most 2^-51", worst)
	}
	for x, want := range map[float64]uint64{0: 0x3ff0000000000000, 1: 0x4005bf0a8b14576a,
		-3.5: 0x3f9eec1018e4ff66, 11.25: 0x40f2c4feb75b2ab0, 700: 0x7f0d945df4f8ec8e,
		1e9:  math.Float64bits(kernel.Exp64(700)),
		-1e9: math.Float64bits(kernel.Exp64(-700))} {
		if got := math.Float64bits(kernel.Exp64(x)); got != want {
			t.Errorf("Exp64(%v) has the bits %#x, want %#x", x, got, want)
		}
	}
	if x := math.NaN(); !math.IsNaN(kernel.Exp64(x)) {
		t.Errorf("Exp64(NaN) is %v", kernel.Exp64(x))
	}
}

// Pow64 agrees with package math to 15 digits.
func TestPow64(t *testing.T) {
	for _, x := range []float64{0, 1e-9, 0.3, 0.96, 1, 1.7, 1e12} {
		for _, y := range []float64{-3, -0.5, 0, 0.1, 0.5, 1, 1.3, 2, 7.25} {
			got, want := kernel.Pow64(x, y), math.Pow(x, y)
			if got != want && !(math.Abs(got-want) <= 1e-14*want*max(1, math.Abs(y*math.Log(x)))) {
				t.Errorf("Pow64(%v, %v) is %v, want %v", x, y, got, want)
			}
		}
	}
	const want = 0x3fee58989ed5a2f8 // on every processor
	if got := math.Float64bits(kernel.Pow64(0.96, 1.3)); got != want {
		t.Errorf("Pow64(0.96, 1.3) has the bits %#x, want %#x", got, uint64(want))
	}
}
