package serve

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// byModel are the metrics with the label model. Its values are the names of served models, so that
// requests for other names add none.
type byModel struct {
	requests *prometheus.CounterVec   // model, status
	took     *prometheus.HistogramVec // model
	rows     *prometheus.CounterVec   // model
	batch    *prometheus.HistogramVec // model
	compute  *prometheus.HistogramVec // model
}

func newByModel(registry *prometheus.Registry, sizes []float64) byModel {
	histogram := func(name, help string, buckets []float64) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(
			prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, []string{"model"})
	}
	m := byModel{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "braid_model_requests_total",
			Help: "Requests for rows that named a model which is served, by model and status.",
		}, []string{"model", "status"}),
		took: histogram("braid_model_request_seconds",
			"Time from a request's header to its answer, by model, whatever the status.", seconds),
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "braid_model_rows_total", Help: "Rows that were answered, by model.",
		}, []string{"model"}),
		batch: histogram("braid_model_batch_rows",
			"Rows that were computed together, by model.", sizes),
		compute: histogram("braid_model_compute_seconds",
			"Time to compute a batch, by model.", seconds),
	}
	registry.MustRegister(m.requests, m.took, m.rows, m.batch, m.compute)
	return m
}

// modelMetrics are the metrics that a model's requests and batches count in.
type modelMetrics struct {
	*metrics
	requests       *prometheus.CounterVec // status
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

// answered counts a request and its rows, which are answered if the status says so.
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
