package serve

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// byModel are the metrics with the label model. Its values are names of served models only, so that
// requests for other names add no series.
type byModel struct {
	requests *prometheus.CounterVec   // by model and status
	took     *prometheus.HistogramVec // by model
	rows     *prometheus.CounterVec   // by model
	batch    *prometheus.HistogramVec // by model
	compute  *prometheus.HistogramVec // by model
}

func newByModel(f factory) byModel {
	return byModel{
		requests: f.counters("braid_model_requests_total",
			"Requests for rows that named a model which is served, by model and status.",
			"model", "status"),
		took: f.histograms("braid_model_request_seconds",
			"Time from a request's header to its answer, by model, whatever the status.",
			durations, "model"),
		rows: f.counters("braid_model_rows_total", "Rows that were answered, by model.", "model"),
		batch: f.histograms("braid_model_batch_rows",
			"Rows that were computed together, by model.", batchSizes, "model"),
		compute: f.histograms("braid_model_compute_seconds",
			"Time to compute a batch, by model.", durations, "model"),
	}
}

// modelMetrics are the metrics of one model. What its batches count, they count in the server's
// metrics as well.
type modelMetrics struct {
	*metrics
	requests       *prometheus.CounterVec // by status
	took           prometheus.Observer
	rows           prometheus.Counter
	batch, compute prometheus.Observer
}

// of returns the metrics of a served model.
func (m *metrics) of(model string) *modelMetrics {
	label, all := prometheus.Labels{"model": model}, &m.byModel
	return &modelMetrics{
		metrics: m, requests: all.requests.MustCurryWith(label),
		took: all.took.With(label), rows: all.rows.With(label),
		batch: all.batch.With(label), compute: all.compute.With(label),
	}
}

// answered counts a request, and its rows if it succeeded.
func (m *modelMetrics) answered(status, rows int, took time.Duration) {
	m.requests.WithLabelValues(strconv.Itoa(status)).Inc()
	m.took.Observe(took.Seconds())
	if status == http.StatusOK {
		m.rows.Add(float64(rows))
	}
}

// computed counts a batch.
func (m *modelMetrics) computed(rows, requests int, took time.Duration) {
	m.metrics.computed(rows, requests, took)
	m.batch.Observe(float64(rows))
	m.compute.Observe(took.Seconds())
}
