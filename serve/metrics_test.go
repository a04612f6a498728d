package serve

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// counted is a counter's value.
func counted(t *testing.T, c prometheus.Counter) float64 {
	t.Helper()
	var got dto.Metric
	if err := c.Write(&got); err != nil {
		t.Fatal(err)
	}
	return got.Counter.GetValue()
}

// sizes are the rows of batches that the metrics counted, largest first, for batches of up to 4.
func sizes(t *testing.T, m *metrics) []float64 {
	t.Helper()
	var got dto.Metric
	if err := m.batch.Write(&got); err != nil {
		t.Fatal(err)
	}
	var list []float64
	sum, count, below := got.Histogram.GetSampleSum(), got.Histogram.GetSampleCount(), map[float64]uint64{}
	for _, b := range got.Histogram.Bucket {
		below[b.GetUpperBound()] = b.GetCumulativeCount()
	}
	for range below[4] - below[2] { // of 3 or 4 rows: told apart by the sum, where they are alike
		list = append(list, (sum-float64(below[1])-2*float64(below[2]-below[1]))/float64(below[4]-below[2]))
	}
	for range below[2] - below[1] {
		list = append(list, 2)
	}
	for range below[1] {
		list = append(list, 1)
	}
	if int(count) != len(list) {
		t.Fatalf("%d batches, of which %v have up to 4 rows", count, list)
	}
	return list
}
