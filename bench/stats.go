package main

import "slices"

// summary is the middle and the ends of some numbers.
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

// median is the middle number, or the mean of the two in the middle.
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

// figures are those of the runs that count.
func figures(runs []run, take figure) []float64 {
	var list []float64
	for _, r := range runs {
		if r.counts() {
			list = append(list, take(r))
		}
	}
	return list
}

// pairs divides the figures of a's runs by those of b's, the i-th by the i-th: they were made one
// soon after the other. A pair of which one run does not count is left out.
func pairs(a, b []run, take figure) []float64 {
	var ratios []float64
	for i := range min(len(a), len(b)) {
		if a[i].counts() && b[i].counts() {
			ratios = append(ratios, take(a[i])/take(b[i]))
		}
	}
	return ratios
}
