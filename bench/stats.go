package main

import (
	"math"
	"slices"
)

// summary holds the median and the extremes of a list of numbers.
type summary struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	Count  int     `json:"count"`
}

func summarize(values []float64) summary {
	if len(values) == 0 {
		return summary{}
	}
	return summary{median(values), slices.Min(values), slices.Max(values), len(values)}
}

// median returns the middle number, or the mean of the two middle numbers.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// figure reads one number from a run.
type figure func(run) float64

// reading returns the figure of a reading.
func reading(name string) figure { return func(r run) float64 { return r.Readings[name] } }

// figures returns the figure of each run that counts.
func figures(runs []run, take figure) []float64 {
	var list []float64
	for _, r := range runs {
		if r.counts() {
			list = append(list, take(r))
		}
	}
	return list
}

// pairs divides the figure of each run of a by that of the run of b in the same round. It leaves
// out rounds in which a run does not count.
func pairs(a, b []run, take figure) []float64 {
	var ratios []float64
	for i := range min(len(a), len(b)) {
		if a[i].counts() && b[i].counts() {
			ratios = append(ratios, take(a[i])/take(b[i]))
		}
	}
	return ratios
}

// meanAndDeviation returns the mean and the standard deviation of a sample.
func meanAndDeviation(values []float64) (mean, deviation float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		deviation += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(deviation / float64(len(values)-1))
}
