package feature

import (
	"errors"
	"math"
	"slices"
)

// Scale is a robust scaling: the scaled value of x is z / sqrt(1 + (z/3)²) with
// z = (x - Median) / Spread. It lies between -3 and 3, so that no outlier outweighs the rest.
type Scale struct {
	Median float64 `json:"median"`
	// Spread is the interquartile range of the training rows; if that is 0, their standard deviation;
	// if that is 0 too, 1.
	Spread float64 `json:"spread"`
	Min    float64 `json:"min"` // the range of the training rows
	Max    float64 `json:"max"`
}

// learnScale returns the scaling of values, which it sorts.
func learnScale(values []float64) Scale {
	if len(values) == 0 {
		return Scale{Spread: 1}
	}
	slices.Sort(values)
	s := Scale{Median: quantile(values, 0.5), Min: values[0], Max: values[len(values)-1]}
	if s.Spread = quantile(values, 0.75) - quantile(values, 0.25); !(s.Spread > 0) {
		s.Spread = deviation(values)
	}
	if !(s.Spread > 0) || math.IsInf(s.Spread, 0) {
		s.Spread = 1
	}
	return s
}

// quantile returns a quantile of sorted values, interpolated linearly between neighbours.
func quantile(sorted []float64, q float64) float64 {
	at := float64(q * float64(len(sorted)-1))
	i := int(at)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	part := at - float64(i)
	return float64(sorted[i]*(1-part)) + float64(sorted[i+1]*part)
}

// deviation returns the population standard deviation of values.
func deviation(values []float64) float64 {
	n, mean := float64(len(values)), 0.0
	for _, v := range values {
		mean += v / n
	}
	var sum float64
	for _, v := range values {
		sum += float64((v - mean) * (v - mean))
	}
	return math.Sqrt(sum / n)
}

// far is a z from which on the scaled value is 3 in float32; the square of a much larger one would
// overflow.
const far = 1e6

// z returns the scaled value before it is squashed.
func (s Scale) z(x float64) float64 { return (x - s.Median) / s.Spread }

// squash maps z to the numbers between -3 and 3.
func squash(z float64) float64 {
	switch {
	case z > far:
		return 3
	case z < -far:
		return -3
	}
	return z / math.Sqrt(1+float64((z/3)*(z/3)))
}

// note returns OutOfRange if training had no x as large or as small.
func (s Scale) note(x float64) Note {
	if x < s.Min || x > s.Max {
		return OutOfRange
	}
	return 0
}

func (s Scale) check() error {
	if !(s.Spread > 0) || math.IsInf(s.Spread, 0) {
		return errors.New("the spread is not above 0")
	}
	return nil
}
