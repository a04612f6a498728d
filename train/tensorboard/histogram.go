package tensorboard

import "math"

// buckets is the number of equal parts of a histogram's range, as TensorBoard shows.
const buckets = 30

// histogram returns a HistogramProto of the finite values.
func histogram(values []float32) message {
	low, high := math.Inf(1), math.Inf(-1)
	var num, sum, squares float64
	for _, v := range values {
		if v := float64(v); !math.IsNaN(v) && !math.IsInf(v, 0) {
			low, high = min(low, v), max(high, v)
			num++
			sum += v
			squares += float64(v * v)
		}
	}
	limits, counts := []float64{high}, []float64{num}
	switch {
	case num == 0:
		low, high, limits, counts = 0, 0, nil, nil
	case low < high:
		limits, counts = make([]float64, buckets), make([]float64, buckets)
		for i := range limits {
			limits[i] = low + (high-low)*float64(i+1)/buckets
		}
		limits[buckets-1] = high
		for _, v := range values {
			if v := float64(v); !math.IsNaN(v) && !math.IsInf(v, 0) {
				counts[min(int((v-low)/(high-low)*buckets), buckets-1)]++
			}
		}
	}
	var h message
	h.double(1, low)
	h.double(2, high)
	h.double(3, num)
	h.double(4, sum)
	h.double(5, squares)
	h.doubles(6, limits)
	h.doubles(7, counts)
	return h
}
