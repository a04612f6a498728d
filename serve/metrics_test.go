package serve

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// counted returns a counter's value.
func counted(t *testing.T, c prometheus.Counter) float64 {
	t.Helper()
	var got dto.Metric
	if err := c.Write(&got); err != nil {
		t.Fatal(err)
	}
	return got.Counter.GetValue()
}

// countedBatches returns how many rows the counted batches have, largest first, if none has more
// than 4.
func countedBatches(t *testing.T, m *modelMetrics) []float64 {
	t.Helper()
	var got dto.Metric
	if err := m.metrics.batch.Write(&got); err != nil {
		t.Fatal(err)
	}
	var list []float64
	sum, count := got.Histogram.GetSampleSum(), got.Histogram.GetSampleCount()
	below := map[float64]uint64{}
	for _, b := range got.Histogram.Bucket {
		below[b.GetUpperBound()] = b.GetCumulativeCount()
	}
	large := below[4] - below[2] // batches of 3 or 4 rows, if all are alike: the sum says which
	for range large {
		rows := sum - float64(below[1]) - 2*float64(below[2]-below[1])
		list = append(list, rows/float64(large))
	}
	for range below[2] - below[1] {
		list = append(list, 2)
	}
	for range below[1] {
		list = append(list, 1)
	}
	if int(count) != len(list) {
		t.Fatalf("%d batches, those of up to 4 rows have %v", count, list)
	}
	return list
}

// Each served model has its counts of requests, rows, failures, and computed batches. Requests for
// other names make no series.
func TestModelMetrics(t *testing.T) {
	r := start(t, func(c *Config) {
		c.Models = []ModelPath{{Name: "a", Path: c.Models[0].Path}, {Name: "b", Path: c.Models[0].Path}}
	})
	good := oneRow(t, 3, "odd number", "")
	rows := strings.ReplaceAll(images(3), "prime", "odd")
	ask := operation{method: "POST", path: "/ask"}.good(t)
	for _, c := range []struct {
		path   string
		body   []byte
		status int
	}{
		{"/v2/models/a/infer", good, 200},
		{"/v2/models/a/infer", []byte(rows), 200},
		{"/v2/models/a/infer", []byte("{"), 400},
		{"/v2/models/b/infer", good, 200},
		{"/v2/models/b/infer", make([]byte, 9<<20), 413},
		{"/ask?model=b", ask, 200},
		{"/ask", ask, 200}, // a
		{"/ask?model=c", ask, 404},
		{"/v2/models/c/infer", good, 404},
	} {
		if got := r.call(t, "POST", c.path, c.body, "Content-Type", asJSON); got.status != c.status {
			t.Fatalf("%s: status %d, want %d: %s", c.path, got.status, c.status, got.body)
		}
	}
	text := string(r.call(t, "GET", "/metrics", nil).body)
	for _, want := range []string{
		`braid_model_requests_total{model="a",status="200"} 3`,
		`braid_model_requests_total{model="a",status="400"} 1`,
		`braid_model_requests_total{model="b",status="200"} 2`,
		`braid_model_requests_total{model="b",status="413"} 1`,
		`braid_model_request_seconds_count{model="a"} 4`,
		`braid_model_request_seconds_count{model="b"} 3`,
		`braid_model_rows_total{model="a"} 5`,
		`braid_model_rows_total{model="b"} 2`,
		`braid_model_batch_rows_sum{model="a"} 5`,
		`braid_model_batch_rows_count{model="a"} 3`,
		`braid_model_compute_seconds_count{model="b"} 2`,
		`braid_batch_rows_sum 7`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if strings.Contains(text, `model="c"`) {
		t.Error("a model that is not served has metrics")
	}
}
