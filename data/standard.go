package data

import (
	"fmt"
	"math"
	"runtime"

	"braid/internal/parallel"
)

// Standard is a mean and a standard deviation: the standardized value of x is (x - Mean) / Std.
type Standard struct {
	Mean float64 `json:"mean"`
	Std  float64 `json:"std"`
}

// Floats writes the standardized values to to.
func (s Standard) Floats(to []float32, values []uint8) {
	Bytes("", nil, s).floatsInto(to, values)
}

// Measure returns the mean and the population standard deviation of bytes. It is an error if all
// are equal.
func Measure(values []uint8) (Standard, error) { return MeasureCounts(count(values)) }

// MeasureCounts returns the result of Measure for bytes of which counts has the number of each.
func MeasureCounts(counts [256]int) (Standard, error) {
	bytes, sum := 0, 0
	for v, count := range counts {
		bytes += count
		sum += v * count
	}
	n := float64(bytes)
	mean := float64(sum) / n
	var squares float64
	for v, count := range counts {
		d := float64(v) - mean
		squares += float64(float64(count) * d * d) // not fused
	}
	s := Standard{mean, math.Sqrt(squares / n)}
	if !(s.Std > 0) {
		return s, fmt.Errorf("data: %d bytes with standard deviation %v cannot be standardized",
			bytes, s.Std)
	}
	return s, nil
}

// count returns the number of occurrences of each byte. Each goroutine uses four tables in turn:
// increments of one counter by equal neighbours, the most frequent case in images, would wait for
// each other.
func count(values []uint8) (counts [256]int) {
	tables := make([][4][256]int, runtime.GOMAXPROCS(0))
	parallel.Each(len(tables), func(i int) {
		four := &tables[i]
		share := values[len(values)*i/len(tables) : len(values)*(i+1)/len(tables)]
		for ; len(share) >= 4; share = share[4:] {
			four[0][share[0]]++
			four[1][share[1]]++
			four[2][share[2]]++
			four[3][share[3]]++
		}
		for _, v := range share {
			four[0][v]++
		}
	})
	for _, four := range tables {
		for _, table := range four {
			for v, n := range table {
				counts[v] += n
			}
		}
	}
	return counts
}
