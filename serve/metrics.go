package serve

import (
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics is what the server tells of itself at /metrics.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec   // route, status
	took     *prometheus.HistogramVec // route, status
	rejected *prometheus.CounterVec   // reason
	queue    prometheus.Gauge
	queued   prometheus.Histogram
	batch    prometheus.Histogram // rows
	merged   prometheus.Histogram // requests
	compute  prometheus.Histogram
	models   *prometheus.GaugeVec   // model, version
	loads    *prometheus.CounterVec // model, result
	byModel  byModel
}

// seconds are the bounds of times from 2 us, the answer to a row, to 10 s.
var seconds = []float64{2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10}

// newMetrics makes all metrics; inside tells how many requests are read and not answered.
func newMetrics(inside func() float64) *metrics {
	sizes := prometheus.ExponentialBuckets(1, 2, 13)
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "braid_requests_total", Help: "Requests that were answered, by route and status.",
		}, []string{"route", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "braid_request_seconds", Help: "Time from a request's header to its answer, by route and status.", Buckets: seconds,
		}, []string{"route", "status"}),
		rejected: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "braid_rejected_total", Help: "Requests that were turned away, by reason.",
		}, []string{"reason"}),
		queue: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "braid_queue_length", Help: "Requests that wait for their turn to be computed.",
		}),
		queued:  histogram("braid_queue_seconds", "Time that requests waited for their turn.", seconds),
		batch:   histogram("braid_batch_rows", "Rows that were computed together.", sizes),
		merged:  histogram("braid_batch_requests", "Requests that were computed together.", sizes),
		compute: histogram("braid_compute_seconds", "Time to compute a batch.", seconds),
		models: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "braid_model_info", Help: "1 for each model that is served, with its version.",
		}, []string{"model", "version"}),
		loads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "braid_model_loads_total", Help: "Attempts to load a model, by model and result.",
		}, []string{"model", "result"}),
	}
	unanswered := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "braid_requests_inside", Help: "Requests that are read and not answered yet.",
	}, inside)
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "braid_build_info", Help: "1, with what the program was built from.",
		ConstLabels: prometheus.Labels{"version": Version(), "go": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.took, m.rejected, unanswered, m.queue, m.queued, m.batch, m.merged, m.compute, m.models, m.loads,
		build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.byModel = newByModel(m.registry, sizes)
	return m
}

// addMemory adds the memory that requests may hold, hold, and held at most.
func (m *metrics) addMemory(b *budget) {
	for name, g := range map[string]struct {
		help string
		read func() int64
	}{
		"limit": {"Memory that requests may hold together.", func() int64 { return b.most }},
		"held":  {"Memory that requests hold.", b.held},
		"peak":  {"Memory that requests held at most.", b.mostHeld},
	} {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "braid_requests_memory_" + name + "_bytes", Help: g.help,
		}, func() float64 { return float64(g.read()) }))
	}
}

// addDropped adds the count of log lines that were dropped.
func (m *metrics) addDropped(dropped func() uint64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "braid_log_lines_dropped_total",
		Help: "Lines of the log that were dropped because nobody read them in time.",
	}, func() float64 { return float64(dropped()) }))
}

func histogram(name, help string, buckets []float64) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
}

// answered counts a request.
func (m *metrics) answered(route string, status int, took time.Duration) {
	labels := []string{route, strconv.Itoa(status)}
	m.requests.WithLabelValues(labels...).Inc()
	m.took.WithLabelValues(labels...).Observe(took.Seconds())
}

// computed counts a batch.
func (m *metrics) computed(rows, requests int, took time.Duration) {
	m.batch.Observe(float64(rows))
	m.merged.Observe(float64(requests))
	m.compute.Observe(took.Seconds())
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Version is the program's version, as the go command recorded it.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
