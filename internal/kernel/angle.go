package kernel

import "math"

// Sincos64 returns sine and cosine of an angle in degrees. It uses single operations of float64:
// math.Sincos has other code, and so other last bits, on some machines. The error is below 3e-16,
// and multiples of 90 degrees are exact.
func Sincos64(degrees float64) (sin, cos float64) {
	quarters := math.Round(degrees / 90)
	x := float64((degrees - float64(quarters*90)) * (math.Pi / 180)) // in [-π/4, π/4]
	square := float64(x * x)
	sin = float64(x * series(square, sinSeries))
	cos = series(square, cosSeries)
	switch int64(quarters) & 3 {
	case 1:
		return cos, -sin
	case 2:
		return -sin, -cos
	case 3:
		return -cos, sin
	}
	return sin, cos
}

// Taylor's series of sin(x)/x and cos(x) in x², the last coefficient first. The first term that is
// left out is below 1e-17 at π/4.
var (
	sinSeries = []float64{
		1.0 / 355687428096000, -1.0 / 1307674368000, 1.0 / 6227020800, -1.0 / 39916800,
		1.0 / 362880, -1.0 / 5040, 1.0 / 120, -1.0 / 6, 1,
	}
	cosSeries = []float64{
		1.0 / 20922789888000, -1.0 / 87178291200, 1.0 / 479001600, -1.0 / 3628800, 1.0 / 40320,
		-1.0 / 720, 1.0 / 24, -1.0 / 2, 1,
	}
)

// series returns the polynomial with the given coefficients. The conversions prevent fusing a
// product with the sum.
func series(x float64, coefficients []float64) float64 {
	var sum float64
	for _, c := range coefficients {
		sum = float64(sum*x) + c
	}
	return sum
}
